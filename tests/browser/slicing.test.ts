/** Slicing changes no byte: random kernels, and every kernel of the fixtures and the gallery, whole and in slices. */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Position } from "../../client/engine/seam.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { generator } from "../chaos/random.ts";
import { sliced } from "./engine.plans.ts";
import { admitted, FOREIGN, GALLERY, planFiles, unitInputs } from "./kernels.packages.ts";
import { kernelScene } from "./kernels.scene.ts";
import { growPlan } from "./slicing.kernels.ts";
import { randomSlices } from "./slicing.partitions.ts";

const scene = kernelScene();

/** Result bytes of one unit: whole dispatches, or these slices, all in the queue at once. */
async function run(plan: JobPlan, unit: number, slices?: Position[]): Promise<string> {
  const given = { plan, units: await unitInputs(plan, [unit], scene.blobs), files: await planFiles(plan, scene.blobs) };
  const call = slices ? `api.slices(${JSON.stringify(given)}, ${JSON.stringify(slices)})` : `api.compute(${JSON.stringify(given)})`;
  const [result] = (await scene.page.evaluate(call)) as { bytes: number[] }[];
  return Buffer.from(result?.bytes ?? []).toString("hex");
}

describe("random kernels", () => {
  const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
  it.each(SEEDS)("give the bytes of the whole run in any slices, in any order (seed %i)", async (seed) => {
    const random = generator(seed);
    const original = growPlan(random);
    const plan = sliced(original);
    const unit = random(1000);
    const whole = await run(original, unit);
    expect(await run(plan, unit), original.kernel).toBe(whole);
    for (let i = 0; i < 2; i++) {
      const slices = randomSlices(plan, random);
      expect((await run(plan, unit, slices)) === whole, `${JSON.stringify(slices)}\n${plan.kernel}`).toBe(true);
    }
  });
});

describe("kernels found elsewhere and the gallery's", async () => {
  const folders = (await Promise.all([FOREIGN, GALLERY].map(subfolders))).flat();
  // SwiftShader has no shader-f16.
  it.each(folders.filter((path) => !path.endsWith("/half")))("%s", async (path) => {
    const plan = await admitted(path, scene.judges, scene.blobs);
    expect(plan.slicing).toHaveProperty("group");
    const random = generator(1);
    for (const unit of [0, plan.units.count - 1]) {
      const whole = await run(plan, unit);
      expect((await run(await originalOf(plan, path), unit)) === whole, "rewritten against original").toBe(true);
      for (let i = 0; i < 3; i++) expect((await run(plan, unit, randomSlices(plan, random))) === whole, "sliced against whole").toBe(true);
    }
  });
});

describe("slices that are run alone, of kernels found elsewhere and the gallery's", async () => {
  const folders = (await Promise.all([FOREIGN, GALLERY].map(subfolders))).flat();
  /** Of one dispatch, whose slices write bytes of their own. */
  const sampled: string[] = [];

  it.each(folders.filter((path) => !path.endsWith("/half")))(
    "%s: what some write is the whole's, where all of it can be told",
    async (path) => {
      const plan = await admitted(path, scene.judges, scene.blobs);
      const units = await unitInputs(plan, [0, plan.units.count - 1], scene.blobs);
      const given = { plan, units, files: await planFiles(plan, scene.blobs) };
      const random = generator(2);
      const some = Array.from({ length: 9 }, () => random(2048));
      const found = (await scene.page.evaluate(`api.sampled(${JSON.stringify(given)}, ${JSON.stringify(some)})`)) as {
        verdict: string | null;
        slices?: [number, number][];
        isExact?: boolean;
        wrote?: (number | null)[];
        whole?: number[];
      };
      if (!found.slices) return;
      sampled.push(basename(path));
      expect([found.verdict, found.isExact]).toEqual(["T", true]);
      const outputs = plan.outputs.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
      expect(found.slices.reduce((bytes, [times, each]) => bytes + times * each, 0)).toBeLessThanOrEqual(outputs);
      const written = found.wrote?.flatMap((byte, at) => (byte === null ? [] : [[at, byte]])) ?? [];
      expect(written.length).toBeGreaterThan(0);
      for (const [at = 0, byte] of written) expect(byte, `byte ${at}`).toBe(found.whole?.[at]);
    },
  );

  it("the gallery's are among them", () => {
    expect(sampled).toEqual(expect.arrayContaining(["deep-mandelbrot", "n-queens", "prime-count"]));
  });
});

async function subfolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
}

/** The plan with the kernel as its owner wrote it. */
async function originalOf(plan: JobPlan, path: string): Promise<JobPlan> {
  const passes = plan.passes.map((pass) => ({ ...pass, entryPoint: pass.entryPoint.replace(/^sliced_entry_/, "") }));
  return { ...plan, kernel: await readFile(join(path, "kernel.wgsl"), "utf8"), passes, slicing: { whole: "It is the owner's text." } };
}
