/** The canary on a real engine: an auditor on Dawn with SwiftShader, at a real coordinator, among kernels that behave and that do not. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { ROOT } from "../../../server/root.ts";
import type { JobStatus } from "../../../shared/api.ts";
import { packageOf, startServer } from "../http/server.ts";

const TIMEOUT = 600_000;
const OUT =
  "@group(0) @binding(0) var<storage, read_write> counts: array<u32>;\n@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) ";

/** A job of 9 units of 16 workgroups of 64 invocations whose kernel does `body` with `counts` and `id`. */
function job(name: string, body: string, elements = 1024): Record<string, string> {
  return { ...packageOf(9, elements, { name, passes: [{ workgroups: [16] }] }), "kernel.wgsl": `${OUT}{ ${body} }\n` };
}

/** The same of floats that are compared within a tolerance. */
function near(name: string, body: string, elements: number): Record<string, string> {
  const files = job(name, body, elements);
  const output = [{ binding: "counts", dtype: "f32", shape: [elements], compare: { rtol: 0.00001 } }];
  const manifest = { ...JSON.parse(files["job.json"] ?? ""), output };
  return { "job.json": JSON.stringify(manifest), "kernel.wgsl": (files["kernel.wgsl"] ?? "").replace("array<u32>", "array<f32>") };
}

const JOBS = {
  pure: job("pure", "var x = id.x; for (var i = 0u; i < 20000u; i++) { x = x * 1664525u + 1013904223u; } counts[id.x] = x;"),
  reads: job("reads", "for (var i = 0u; i < 3u; i++) { counts[id.x] = counts[id.x] * 3u + id.x; }"),
  agrees: job("agrees", "counts[id.x] = id.x; counts[1024] = 7u;", 1025),
  chain: job("chain", "counts[id.x / 64u + 1u] = counts[id.x / 64u] + 1u;", 17),
  // Whoever writes last, all of them write nearly the same.
  near: near("near", "counts[id.x % 4u] = 1.0 + f32(id.x / 4u % 32u) * 0.0000002;", 4),
  nan: near("nan", "counts[id.x] = bitcast<f32>(0x7fc00000u | (id.x & 1u));", 1024),
  racy: job("racy", "counts[id.x % 4u] = id.x;", 4),
};

async function endless(): Promise<Record<string, string>> {
  const folder = join(ROOT, "tests", "fixtures", "jobs", "endless");
  return {
    "job.json": await readFile(join(folder, "job.json"), "utf8"),
    "kernel.wgsl": await readFile(join(folder, "kernel.wgsl"), "utf8"),
  };
}

it(
  "what does not end is refused, what differs from itself is paused, the others run with what they are worth, whatever came before them",
  async () => {
    const server = await startServer();
    const home = await mkdtemp(join(tmpdir(), "idlewave-canary-"));
    const args = ["audit", "--software", "--json", "--url", server.url, "--home", home];
    const env = { ...process.env, IDLEWAVE_TOKEN: server.token };
    const auditor = spawn(process.execPath, [join(ROOT, "scripts", "idlewave.mjs"), ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    auditor.stderr?.on("data", (part) => {
      said += String(part);
    });
    onTestFinished(async () => {
      const ended = new Promise((resolve) => auditor.once("close", resolve));
      auditor.kill("SIGTERM");
      await ended;
      await server.close();
      await rm(home, { recursive: true, force: true });
    });
    const metrics = async () => await (await server.get("/metrics", server.token)).text();
    while (!/^idlewave_auditing 1$/m.test(await metrics())) await delay(200);

    const submitted = { endless: await server.submit(await endless()) } as Record<keyof typeof JOBS | "endless", number>;
    for (const [name, files] of Object.entries(JOBS) as [keyof typeof JOBS, Record<string, string>][])
      submitted[name] = await server.submit(files);
    const status = async (id: number) => (await (await server.get(`/api/jobs/${id}`, server.token)).json()) as JobStatus;
    const ended: Partial<Record<keyof typeof submitted, JobStatus>> = {};
    for (const [name, id] of Object.entries(submitted) as [keyof typeof submitted, number][]) {
      let found = await status(id);
      for (; found.state === "canary"; found = await status(id)) await delay(200);
      ended[name] = found;
    }
    const told = (name: keyof typeof submitted) => [ended[name]?.state, ended[name]?.canary?.verdict];
    expect(told("endless"), said).toEqual(["failed", "refused"]);
    expect(ended.endless?.reason).toContain("It does not end.");
    expect(told("racy"), said).toEqual(["paused", "opaque"]);
    expect(ended.racy?.reason).toContain("Volunteers would not agree");
    expect([told("pure"), told("reads"), told("agrees"), told("chain")], said).toEqual([
      ["running", "T"],
      ["running", "R"],
      ["running", "E"],
      // Every workgroup reads what the one before it wrote: in another order it gives something else.
      ["paused", "opaque"],
    ]);
    expect([told("near")[0], told("nan")[0]], said).toEqual(["running", "paused"]);
    expect(ended.nan?.reason).toContain("NaN or an infinity");
    // 0.0000062 at most, of the 0.00001 that it may differ by.
    expect(ended.near?.canary?.taken).toBeGreaterThan(0);
    expect(ended.near?.canary?.taken).toBeLessThan(0.7);
    expect(ended.near?.verification).toMatchObject({ taken: null, compare: "counts within 0.00001 of the larger" });
    expect(ended.near?.verification.limits).toMatch(/Runs on the coordinator's own GPU took [\d.]+ % of it\./);
    // By its time beside the benchmark's, and not by the owner's 432 GFLOP a unit.
    expect(ended.pure?.creditPerUnit).toBeGreaterThan(0);
    expect(ended.pure?.creditPerUnit).toBeLessThan(0.5);
    // Nobody but its owner meets what did not pass.
    const open = (await (await server.get("/api/jobs")).json()) as { jobs: JobStatus[] };
    expect(open.jobs.map(({ name }) => name).sort()).toEqual(["agrees", "near", "pure", "reads"]);
  },
  TIMEOUT,
);
