/** A job whose results are compared within a tolerance, from its package to its units, by machines that differ as WGSL allows. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Unit } from "../../../shared/unit.ts";
import { resultOf, Volunteer } from "../gateway/volunteer.ts";
import { hornerOf, MACHINES, type Machine } from "../machines.ts";
import { answer } from "./answers.ts";
import { startServer, type TestServer } from "./server.ts";

const FOLDER = join(import.meta.dirname, "../../fixtures/jobs/horner");
const WORK_MS = 20_000;
const { plain, fusing, upward, flushing } = MACHINES;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** `compare` undefined: as the fixture has it; null: nothing is said. */
function packageOf(compare?: unknown, units = 1, verify?: unknown): Record<string, string> {
  const manifest = JSON.parse(readFileSync(join(FOLDER, "job.json"), "utf8"));
  if (compare !== undefined) manifest.output[0].compare = compare ?? undefined;
  const changes = { units: { count: units }, ...(verify ? { verify } : {}) };
  return { "job.json": JSON.stringify({ ...manifest, ...changes }), "kernel.wgsl": readFileSync(join(FOLDER, "kernel.wgsl"), "utf8") };
}

const unitOf = async (job: number, unit = 0) => (await (await server.get(`/api/jobs/${job}/units/${unit}`)).json()) as Unit;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Waits until the unit has ended: results are compared after they were acknowledged. */
async function ended(job: number, unit = 0): Promise<Unit> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await unitOf(job, unit);
    if (found.state !== "open") return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`unit ${unit} of job ${job} goes on: ${JSON.stringify(await server.status(job))}`);
}

describe("machines that round, fuse and flush differently", { timeout: WORK_MS }, () => {
  it("give other bytes, and agree within the tolerance: two answers a unit, and both are paid", async () => {
    // One more, for what its page of units forgets when all have ended is looked at here.
    const job = await server.submit(packageOf(undefined, 5));
    const pairs: [Machine, Machine][] = [
      [plain, fusing],
      [upward, flushing],
      [flushing, plain],
      [fusing, upward],
    ];
    for (const [unit, machines] of pairs.entries()) {
      const [one, other] = machines.map((machine) => hornerOf(machine, unit)) as [Uint8Array, Uint8Array];
      expect(sha256(one)).not.toBe(sha256(other));
      await answer(server.url, job, { [unit]: one });
      await answer(server.url, job, { [unit]: other });
      const found = await ended(job, unit);
      expect(found).toMatchObject({ state: "final", rule: "quorum", digest: sha256(one) });
      expect(found.replicas.map(({ outcome, credit }) => [outcome, credit])).toEqual([
        ["final", 1],
        ["final", 1],
      ]);
      const bytes = await (await server.get(`/api/jobs/${job}/units/${unit}/bytes`)).arrayBuffer();
      expect(new Uint8Array(bytes)).toEqual(new Uint8Array(one));
    }
    const status = await server.status(job);
    expect(status).toMatchObject({ units: { final: 4 }, executionsPerUnit: 2, replicas: { refused: 0 } });
    expect(status.verification.compare).toBe("values within 0.000001 of the larger");
    expect(status.verification.limits).toContain("room to cheat in");
  });

  it("do not agree where the job compares byte for byte", async () => {
    const job = await server.submit(packageOf("exact"));
    for (const machine of [plain, fusing, upward]) await answer(server.url, job, { 0: hornerOf(machine, 0) });
    expect(await unitOf(job)).toMatchObject({ state: "open" });
    expect((await server.status(job)).verification.compare).toBe("exact");
    expect((await server.status(job)).reason).toContain("3 volunteers gave 3 different answers for unit 0");
  });

  it("leave a cheat beyond the tolerance alone, and one whose numbers are not finite", async () => {
    const job = await server.submit(packageOf());
    const lies = [
      hornerOf(plain, 0, (value, index) => (index === 100 ? value * 1.00001 : value)),
      hornerOf(plain, 0, (value, index) => (index === 100 ? Number.NaN : value)),
    ];
    for (const lie of lies) await answer(server.url, job, { 0: lie });
    await answer(server.url, job, { 0: hornerOf(flushing, 0) });
    expect(await unitOf(job)).toMatchObject({ state: "open" });
    await answer(server.url, job, { 0: hornerOf(upward, 0) });
    const found = await ended(job);
    expect(found.digest).toBe(sha256(hornerOf(flushing, 0)));
    expect(found.replicas.map(({ outcome }) => outcome)).toEqual(["refused", "refused", "final", "final"]);
  });

  it("agree after the coordinator was stopped between their answers", async () => {
    const job = await server.submit(packageOf());
    await answer(server.url, job, { 0: hornerOf(plain, 0) });
    await server.close(true);
    server = await startServer({}, server.folder, server.token);
    await answer(server.url, job, { 0: hornerOf(fusing, 0) });
    expect(await ended(job)).toMatchObject({ state: "final", digest: sha256(hornerOf(plain, 0)) });
  });
});

describe("results that are too long to ride along", { timeout: WORK_MS }, () => {
  it("are compared once both were brought, as a file each", async () => {
    const elements = 32 * 1024;
    const kernel = `@group(0) @binding(0) var<storage, read_write> values: array<f32, ${elements}>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { values[id.x] = sqrt(f32(id.x)); }`;
    const manifest = JSON.parse(packageOf()["job.json"] ?? "");
    const output = [{ binding: "values", dtype: "f32", shape: [elements], compare: { ulps: 4, outliers: 0.001 } }];
    const changed = { ...manifest, bindings: undefined, passes: [{ workgroups: [elements / 64] }], output };
    const job = await server.submit({ "job.json": JSON.stringify({ ...changed, units: { count: 1 } }), "kernel.wgsl": kernel });
    const framed = (change: (index: number) => number) => {
      const words = new Uint32Array(Float32Array.from({ length: elements }, (_, index) => Math.sqrt(index)).buffer);
      for (let index = 1; index < elements; index++) words[index] = (words[index] ?? 0) + change(index);
      const bytes = new Uint8Array(8 + words.byteLength);
      new DataView(bytes.buffer).setUint32(0, words.byteLength, true);
      bytes.set(new Uint8Array(words.buffer), 8);
      return bytes;
    };
    // Up to 4 ulps off, and 32 of 32,768 numbers further.
    const told = [
      framed(() => 0),
      framed((index) => (index % 1024 === 3 ? 1000 : index % 5)),
      framed((index) => (index % 512 === 1 ? 1000 : 0)),
    ];
    const verdicts = [];
    for (const bytes of [told[0], told[2], told[1]] as Uint8Array<ArrayBuffer>[]) {
      const volunteer = await new Volunteer(server.url).join();
      const { token } = await volunteer.claim(1, job);
      const reply = await volunteer.send({ type: "submit", token, results: [resultOf(0, bytes, false)] });
      verdicts.push(reply.type === "answer" ? reply.verdicts[0] : reply.type);
      const headers = { "idlewave-token": Buffer.from(token).toString("base64url"), "content-type": "application/octet-stream" };
      expect((await fetch(`${server.url}/api/results?unit=0`, { method: "PUT", body: bytes, headers })).status).toBe(204);
      volunteer.leave();
      // The next one is asked when this one was compared.
      if (verdicts.length === 2)
        await expect.poll(async () => (await server.status(job)).reason, { timeout: WORK_MS }).toContain("2 different answers");
    }
    expect(verdicts).toEqual(["wanted", "wanted", "wanted"]);
    const found = await ended(job);
    expect(found).toMatchObject({ state: "final", digest: sha256(told[0] as Uint8Array) });
    expect(found.replicas.map(({ outcome }) => outcome)).toEqual(["final", "refused", "final"]);
  });
});

describe("a package with a tolerance", () => {
  const checked = async (compare: unknown, verify?: unknown) => {
    const response = await server.post("/api/check", formOf(packageOf(compare, 1, verify)), server.token);
    return (await response.json()) as { faults: { field: string; wrong: string }[]; warnings: string[] };
  };
  const formOf = (files: Record<string, string>) => {
    const form = new FormData();
    for (const [path, content] of Object.entries(files)) form.append(path, new Blob([content]), "ignored");
    return form;
  };

  it.each<[string, unknown, unknown, string, string]>([
    ["that allows nothing", {}, undefined, "output[0].compare", "allows no difference"],
    ["that allows nothing in numbers", { atol: 0, rtol: 0 }, undefined, "output[0].compare", "allows no difference"],
    ["of two kinds", { ulps: 4, rtol: 0.001 }, undefined, "output[0].compare", "ulps beside"],
    ["that allows everything", { rtol: 3 }, undefined, "output[0].compare.rtol", "It is 3"],
    ["with many outliers", { rtol: 0.1, outliers: 0.5 }, undefined, "output[0].compare.outliers", "It is 0.5"],
    ["of another spelling", { rtoll: 0.001 }, undefined, "output[0].compare.rtoll", "unknown"],
    ["of another word", "roughly", undefined, "output[0].compare", "roughly"],
    ["in the tier sampled", { rtol: 0.001 }, { tier: "sampled" }, "output[0].compare", "slice by slice"],
  ])("%s is refused", async (_, compare, verify, field, words) => {
    const { faults } = await checked(compare, verify);
    const fault = faults.find((each) => each.field === field);
    expect(fault?.wrong, JSON.stringify(faults)).toContain(words);
  });

  it("has results of 8 MiB a unit at most, in all outputs that are compared within it together", async () => {
    const MIB = 1024 * 1024;
    const kernel = ["a", "b"]
      .map((name, at) => `@group(0) @binding(${at}) var<storage, read_write> ${name}: array<f32>;`)
      .concat(
        "@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { a[id.x] = sqrt(f32(id.x)); b[id.x] = a[id.x]; }",
      )
      .join("\n");
    const faultsOf = async (bytes: number, compare: unknown = { rtol: 0.001 }) => {
      const shapes = [["a", 4 * MIB, { rtol: 0.001 }] as const, ["b", bytes, compare] as const];
      const output = shapes.map(([binding, length, how]) => ({ binding, dtype: "f32", shape: [length / 4], compare: how }));
      const manifest = { ...JSON.parse(packageOf()["job.json"] ?? ""), bindings: undefined, passes: [{ workgroups: [1024] }], output };
      const files = { "job.json": JSON.stringify(manifest), "kernel.wgsl": kernel };
      const { faults } = (await (await server.post("/api/check", formOf(files), server.token)).json()) as { faults: { wrong: string }[] };
      return faults.map(({ wrong }) => wrong);
    };
    expect(await faultsOf(4 * MIB)).toEqual([]);
    expect(await faultsOf(4 * MIB + 4)).toEqual([`The outputs that are compared within a tolerance have ${8 * MIB + 4} bytes a unit.`]);
    expect(await faultsOf(4 * MIB + 4, "exact")).toEqual([]);
  });

  it("is what the warning about floats asks for, and silences", async () => {
    expect((await checked(null)).warnings.join()).toContain('"compare": {"rtol": 0.00001}');
    for (const said of [{ rtol: 0.001 }, "exact"]) expect((await checked(said)).warnings.join()).not.toContain("compared byte for byte");
    expect((await checked(null, { compare: { ulps: 4 } })).warnings.join()).not.toContain("compared byte for byte");
  });

  it("for all outputs at once, which one of them may say otherwise of", async () => {
    const job = await server.submit(packageOf("exact", 1, { compare: { ulps: 2 } }));
    expect((await server.status(job)).verification.compare).toBe("exact");
    const other = await server.submit(packageOf(null, 1, { compare: { ulps: 2, nonFinite: "allow", outliers: 0.01 } }));
    const words = "values within 2 ulps, but for 1 % of elements, NaN and infinities allowed";
    expect((await server.status(other)).verification.compare).toBe(words);
  });
});
