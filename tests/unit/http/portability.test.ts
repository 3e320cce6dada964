/** Which vendors' GPUs disagree on a kernel: volunteers of several declared kinds, one of which computes otherwise. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { JobStatus } from "../../../shared/api.ts";
import { unitsOf } from "../../../shared/ids.ts";
import type { Host } from "../../../shared/messages.ts";
import type { PortabilityReport } from "../../../shared/portability.ts";
import { idlewave } from "../cli/run.ts";
import { bytesOf, HOST, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { hornerOf, MACHINES, type Machine } from "../machines.ts";
import { answer } from "./answers.ts";
import { packageOf, startServer, type TestServer } from "./server.ts";

const FOLDER = join(import.meta.dirname, "../../fixtures/jobs/horner");
const WORK_MS = 30_000;
const { plain, fusing } = MACHINES;
/** Keeps 12 bits of each step, as hardware does that computes less exactly than WGSL asks for. */
const coarse: Machine = { round: (exact) => Math.fround(Number(exact.toPrecision(4))), isFusing: false };

const kind = (vendor: string, architecture: string, browser = "chromium", os = "linux"): Host => ({
  ...HOST,
  vendor,
  architecture,
  browser,
  os,
});
const NVIDIA = kind("nvidia", "ampere");
const INTEL = kind("intel", "xe");
const ARM = kind("arm", "valhall", "chromium", "android");

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

function horner(units: number): Promise<number> {
  const manifest = { ...JSON.parse(readFileSync(join(FOLDER, "job.json"), "utf8")), units: { count: units } };
  return server.submit({ "job.json": JSON.stringify(manifest), "kernel.wgsl": readFileSync(join(FOLDER, "kernel.wgsl"), "utf8") });
}

const reportOf = async (job: number, token?: string) =>
  (await (await server.get(`/api/jobs/${job}/portability`, token)).json()) as PortabilityReport;

const vendorOf = ({ kinds }: PortabilityReport, place: number) => kinds[place]?.vendor || kinds[place]?.kind;
const differences = (report: PortabilityReport) =>
  report.pairs
    .flatMap(({ differed }) => differed)
    .map(({ right, deviating, units, hosts }) => [vendorOf(report, right), vendorOf(report, deviating), units, hosts])
    .sort();

/** Results are compared after they were acknowledged. */
async function until(job: number, holds: (status: JobStatus) => boolean): Promise<void> {
  await vi.waitFor(async () => expect(await server.status(job)).toSatisfy(holds), { timeout: WORK_MS });
}

describe("a job whose volunteers have GPUs of several kinds", { timeout: 2 * WORK_MS }, () => {
  let job: number;
  beforeAll(async () => {
    job = await horner(4);
    for (let unit = 0; unit < 4; unit++) {
      const odd = unit < 3 ? hornerOf(coarse, unit) : hornerOf(plain, unit, (value) => 2 * value);
      await answer(server.url, job, { [unit]: odd }, unit < 3 ? ARM : NVIDIA);
      await answer(server.url, job, { [unit]: hornerOf(plain, unit) }, NVIDIA);
      await until(job, ({ reason }) => reason.includes("2 different answers"));
      await answer(server.url, job, { [unit]: hornerOf(fusing, unit) }, INTEL);
      await until(job, ({ units }) => units.final === unit + 1);
    }
  }, 4 * WORK_MS);

  it("says which of them differ, in how many units and by how many volunteers, and which agree, with how much of the tolerance", async () => {
    const report = await reportOf(job);
    expect(report.kinds.map(({ vendor, hosts }) => [vendor, hosts]).sort()).toEqual([
      ["arm", 3],
      ["intel", 4],
      ["nvidia", 5],
    ]);
    expect(differences(report)).toEqual([
      ["intel", "arm", 3, 3],
      ["intel", "nvidia", 1, 1],
      ["nvidia", "arm", 3, 3],
      ["nvidia", "nvidia", 1, 1],
    ]);
    const agreeing = report.pairs.find(({ alike }) => alike > 0);
    expect(agreeing).toMatchObject({ same: 0, alike: 4, undecided: 0 });
    expect(agreeing?.taken).toBeGreaterThan(0);
    expect(agreeing?.taken).toBeLessThanOrEqual(1);
  });

  it("says to its owner alone in which units, where, and what each has there", async () => {
    const everybody = await reportOf(job);
    expect(everybody.pairs.flatMap(({ differed }) => differed).flatMap(({ examples }) => examples)).toEqual([]);
    const report = await reportOf(job, server.token);
    const arm = report.pairs
      .flatMap(({ differed }) => differed)
      .find(({ deviating, right }) => vendorOf(report, deviating) === "arm" && vendorOf(report, right) === "nvidia");
    expect(arm?.examples.map(({ unit }) => unit)).toEqual([0, 1, 2]);
    const [first] = arm?.examples ?? [];
    // The first that is beyond the tolerance, not the first that differs.
    const [mine, theirs] = [hornerOf(plain, 0), hornerOf(coarse, 0)].map((bytes) => new Float32Array(bytes.slice(8).buffer)) as [
      Float32Array,
      Float32Array,
    ];
    const place = mine.findIndex(
      (value, at) => Math.abs(value - (theirs[at] as number)) > 1e-6 * Math.max(Math.abs(value), Math.abs(theirs[at] as number)),
    );
    expect(first).toMatchObject({ audited: false, byte: 8 + 4 * place, right: String(mine[place]), deviating: String(theirs[place]) });
  });

  it("says so at a terminal, and how little one volunteer of many says", async () => {
    const env = { IDLEWAVE_URL: server.url, IDLEWAVE_TOKEN: server.token };
    const { code, stdout } = await idlewave(["portability", String(job)], env);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "arm valhall, chromium, android were wrong in 3 units, beside nvidia ampere, chromium, linux: 3 volunteers of 3, not one card's fault",
    );
    expect(stdout).toMatch(
      /nvidia ampere, chromium, linux was wrong in 1 unit, beside intel xe, chromium, linux: 1 volunteer of 5, one card's fault or a lie/,
    );
    expect(stdout).toMatch(/unit 0: .+, f32, is .+, and .+ is right, by the volunteers' votes/);
    const json = await idlewave(["portability", String(job), "--json"], env);
    expect(JSON.parse(json.stdout)).toEqual(await reportOf(job, server.token));
  });
});

describe("kinds of few volunteers", { timeout: 2 * WORK_MS }, () => {
  it("are told of by their vendor, or all together, or not at all", async () => {
    const job = await server.submit(packageOf(6));
    const other = kind("nvidia", "turing");
    const pairs: [Host, Host][] = [
      [NVIDIA, kind("amd", "rdna-3")],
      [NVIDIA, other],
    ];
    const compare = async (unit: number, [one, two]: [Host, Host]) => {
      for (const host of [one, two]) await answer(server.url, job, { [unit]: bytesOf(unit) }, host);
    };
    await compare(0, pairs[0] as [Host, Host]);
    expect(await reportOf(job)).toMatchObject({ kinds: [], pairs: [], untold: 1 });
    await compare(1, pairs[1] as [Host, Host]);
    // Two that are nvidia's of one kind and one of another are three of its vendor; amd's one is still nobody.
    expect(await reportOf(job)).toMatchObject({ kinds: [{ kind: "vendor", vendor: "nvidia", architecture: "", hosts: 3 }], untold: 1 });
    await compare(2, [kind("apple", "metal-3"), kind("qualcomm", "adreno-7xx")]);
    const report = await reportOf(job);
    expect(report.untold).toBe(0);
    expect(report.kinds.map(({ kind, vendor, hosts }) => [kind, vendor, hosts]).sort()).toEqual([
      ["others", "", 3],
      ["vendor", "nvidia", 3],
    ]);
    expect(JSON.stringify(report)).not.toContain("apple");
  });
});

describe("a liar", { timeout: 2 * WORK_MS }, () => {
  it("whom the auditor has proven wrong is no witness of its vendor, from before and from after", async () => {
    const job = await server.submit(packageOf(1));
    const auditor = new Volunteer(server.url);
    expect(await auditor.hello({ audit: server.token, host: kind("google", "swiftshader") })).toMatchObject({ ok: true });
    const liars = [new Volunteer(server.url), new Volunteer(server.url)];
    for (const liar of liars) {
      expect(await liar.hello({ host: ARM })).toMatchObject({ ok: true });
      const { token, runs } = await liar.claim(1, job);
      await liar.send({ type: "submit", token, results: [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(7))) });
    }
    const { token, runs } = await auditor.claim(4, job);
    await auditor.send({ type: "submit", token, results: [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(unit))) });
    expect((await server.status(job)).verification).toMatchObject({ audited: 1 });
    const report = await reportOf(job, server.token);
    expect(report).toMatchObject({ proven: 2, kinds: [], pairs: [] });
    expect(await server.get("/api/jobs/99/portability")).toMatchObject({ status: 404 });
    auditor.leave();
    for (const liar of liars) liar.leave();
  });
});
