import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sums } from "../../shaders/benchmark/reference.mjs";
import { concatBytes } from "../../shared/bytes.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { unframe } from "../../shared/result.ts";
import * as bitonic from "../fixtures/foreign/bitonic/expected.ts";
import * as boids from "../fixtures/foreign/boids/expected.ts";
import * as collatz from "../fixtures/foreign/collatz/expected.ts";
import * as histogram from "../fixtures/foreign/histogram/expected.ts";
import * as life from "../fixtures/foreign/life/expected.ts";
import * as matmul from "../fixtures/foreign/matmul/expected.ts";
import * as prefixSum from "../fixtures/foreign/prefix-sum/expected.ts";
import * as transform from "../fixtures/foreign/transform/expected.ts";
import { commandsWith, runCommands } from "../readme.ts";
import { admitted, FOREIGN, GALLERY, planFiles, unitInputs } from "./kernels.packages.ts";
import { completions, countPrimes, iterations, type PointReference, readBoards, readReference } from "./kernels.references.ts";
import { kernelScene } from "./kernels.scene.ts";

const scene = kernelScene();

/** Output bytes of the units, one output after the other. */
async function outputs(plan: JobPlan, units: readonly number[]): Promise<Uint8Array[]> {
  const given = { plan, units: await unitInputs(plan, units, scene.blobs), files: await planFiles(plan, scene.blobs) };
  const results = (await scene.page.evaluate(`api.compute(${JSON.stringify(given)})`)) as { bytes: number[] }[];
  return results.map(({ bytes }) => concatBytes(unframe(plan, new Uint8Array(bytes))));
}

const range = (length: number) => Array.from({ length }, (_, i) => i);
const words = (bytes: Uint8Array) => [...new Uint32Array(bytes.slice().buffer)];
const floats = (bytes: Uint8Array) => [...new Float32Array(bytes.slice().buffer)];

describe("a compute shader found elsewhere runs by its job.json alone", () => {
  it.each([
    ["life", 2, life.expected],
    ["collatz", 3, collatz.expected],
    ["bitonic", 3, bitonic.expected],
    ["prefix-sum", 3, prefixSum.expected],
    ["histogram", 3, histogram.expected],
    ["matmul", 3, matmul.expected],
    ["transform", 3, transform.expected],
  ] as const)("%s gives the bytes that the CPU gives", async (name, units, expected) => {
    const plan = await admitted(join(FOREIGN, name), scene.judges, scene.blobs);
    expect(plan.units.count).toBe(units);
    const got = await outputs(plan, range(units));
    for (const unit of range(units)) expect([...(got[unit] as Uint8Array)]).toEqual([...expected(unit)]);
  });

  it("boids fly where the CPU lets them fly, within what f32 leaves open", async () => {
    const plan = await admitted(join(FOREIGN, "boids"), scene.judges, scene.blobs);
    const got = await outputs(plan, [0, 1, 2]);
    for (const unit of [0, 1, 2]) {
      const want = floats(boids.expected(unit));
      const have = floats(got[unit] as Uint8Array);
      expect(have.length).toBe(want.length);
      for (const [i, value] of have.entries()) expect(Math.abs(value - (want[i] as number))).toBeLessThan(boids.tolerance);
    }
  });

  it("half asks for shader-f16 and is laid out in two bytes a number", async () => {
    const plan = await admitted(join(FOREIGN, "half"), scene.judges, scene.blobs);
    expect(plan.requires.features).toEqual(["shader-f16"]);
    const params = plan.buffers.find(({ name }) => name === "params");
    expect(params?.byteLength).toBe(24);
    expect(params?.writes.map(({ offset, as }) => [offset, as])).toEqual([0, 8, 10, 12, 16, 18, 20, 22].map((offset) => [offset, "f16"]));
    expect(plan.buffers.find(({ name }) => name === "y")?.init).toEqual({ kind: "fill", word: 0x34003400 });
  });
});

describe("the gallery", () => {
  it("counts queens: each board as a search on the CPU does, all of them OEIS A000170", async () => {
    const plan = await admitted(join(GALLERY, "n-queens"), scene.judges, scene.blobs);
    const boards = await readBoards();
    expect(plan.units.count).toBe(boards.length);
    const sums = (await outputs(plan, range(boards.length))).map((bytes) => words(bytes).reduce((a, b) => a + b));
    for (const unit of [0, 77, 155]) expect(sums[unit]).toBe(completions(14, boards[unit] as number[]));
    expect(String(sums.reduce((a, b) => a + b))).toBe((await readReference<{ value: string }>("n-queens")).value);
  });

  it("counts primes: each million as a sieve on the CPU does, all of them OEIS A006880", async () => {
    const plan = await admitted(join(GALLERY, "prime-count"), scene.judges, scene.blobs);
    const sums = (await outputs(plan, range(plan.units.count))).map((bytes) => words(bytes).reduce((a, b) => a + b));
    expect(sums).toEqual(countPrimes(100, 1_000_000));
    expect(String(sums.reduce((a, b) => a + b))).toBe((await readReference<{ value: string }>("prime-count")).value);
  });

  it("counts the primes of the README's job of one's own, OEIS A091099", async () => {
    const place = await mkdtemp(join(tmpdir(), "idlewave-own-"));
    const { code, said } = await runCommands(commandsWith("cp -R shaders/prime-count"), place);
    expect(code, said).toBe(0);
    const own = join(place, "net", "my-primes");
    const plan = await admitted(own, scene.judges, scene.blobs);
    const sums = (await outputs(plan, range(plan.units.count))).map((bytes) => words(bytes).reduce((a, b) => a + b));
    const { value } = JSON.parse(await readFile(join(own, "reference.json"), "utf8")) as { value: string };
    await rm(place, { recursive: true });
    expect(String(sums.reduce((a, b) => a + b))).toBe(value);
  });

  it("runs the benchmark to the answer that integers give, whole and in slices", async () => {
    const plan = await admitted(join(GALLERY, "benchmark"), scene.judges, scene.blobs);
    const [first, last] = [0, 1124];
    const got = await outputs(plan, [first, last]);
    for (const [i, unit] of [first, last].entries()) expect(words(got[i] as Uint8Array)).toEqual([...sums(unit)]);
    const given = { plan, units: [{ index: last }] };
    const sliced = (await scene.page.evaluate(`api.atTarget(${JSON.stringify(given)}, 4000)`)) as { bytes: number[]; submits: unknown[] };
    expect(words(concatBytes(unframe(plan, new Uint8Array(sliced.bytes))))).toEqual([...sums(last)]);
    expect(sliced.submits.length).toBeGreaterThan(1);
  });

  it("draws the sea star as BigInt draws it, point by point", async () => {
    const plan = await admitted(join(GALLERY, "deep-mandelbrot"), scene.judges, scene.blobs);
    const { pixels } = await readReference<PointReference>("deep-mandelbrot");
    const units = [0, 18, 149, 179, 180, 200, 361, 379];
    const tiles = (await outputs(plan, units)).map(words);
    for (const [i, unit] of units.entries()) {
      const points = pixels.filter(([of]) => of === unit);
      expect(points.length).toBe(4);
      for (const [, element, count] of points) expect(tiles[i]?.[element]).toBe(count);
      const [, element] = points[0] as [number, number, number];
      const [column, row] = [32 * (unit % 19) + (element % 32), 32 * Math.floor(unit / 19) + Math.floor(element / 32)];
      expect(tiles[i]?.[element]).toBe(iterations(column, row));
      // Every square shows something.
      expect(new Set(tiles[i]).size).toBeGreaterThan(20);
    }
  });
});
