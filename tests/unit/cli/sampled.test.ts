/** The tier sampled with all its parts: a coordinator, its auditor and a donor on Dawn with SwiftShader, and one who lies. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { ROOT } from "../../../server/root.ts";
import type { JobStatus } from "../../../shared/api.ts";
import { unitsOf } from "../../../shared/ids.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { packageOf, startServer } from "../http/server.ts";

const TIMEOUT = 600_000;
const SLICES = 2048;
const UNITS = 60;
/** Slices in which the liar's units are wrong. */
const CORRUPT = SLICES / 10;

const KERNEL = `@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@group(0) @binding(1) var<uniform> unit: u32;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u) {
  var x = id.x + unit * 7919u;
  for (var i = 0u; i < 400u; i++) { x = x * 1664525u + 1013904223u; }
  counts[id.x] = x;
}
`;

function right(unit: number): number[] {
  return Array.from({ length: SLICES }, (_, slice) => {
    let x = slice + unit * 7919;
    for (let i = 0; i < 400; i++) x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x >>> 0;
  });
}

function job(changes: Record<string, unknown> = {}): Record<string, string> {
  const manifest = {
    bindings: { unit: { set: { "": "$unit.index" } } },
    passes: [{ workgroups: [SLICES] }],
    verify: { tier: "sampled" },
    ...changes,
  };
  return { ...packageOf(UNITS, SLICES, manifest), "kernel.wgsl": KERNEL };
}

function start(...args: string[]): () => Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, "scripts", "idlewave.mjs"), ...args], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  onTestFinished(stop);
  return stop;
}

it(
  "units are computed once, a lie in a tenth of the slices is found out, and executions stay near one",
  async () => {
    const server = await startServer({ allowSoftware: true });
    const folder = await mkdtemp(join(tmpdir(), "idlewave-sampled-"));
    onTestFinished(async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    });
    const common = ["--url", server.url, "--software", "--json"];
    start("audit", ...common, "--token", server.token, "--home", join(folder, "auditor"));
    const metrics = async () => await (await server.get("/metrics", server.token)).text();
    while (!/^idlewave_auditing 1$/m.test(await metrics())) await delay(200);
    const id = await server.submit(job());
    const until = async (holds: (status: JobStatus) => boolean) => {
      const status = async () => (await (await server.get(`/api/jobs/${id}`, server.token)).json()) as JobStatus;
      for (let now = await status(); !holds(now); now = await status()) await delay(200);
      return await status();
    };
    const measured = await until(({ state }) => state !== "canary");
    expect(measured).toMatchObject({
      state: "running",
      canary: { verdict: "T" },
      verification: { tier: "sampled", quorum: 1, slices: { of: SLICES, run: 96, checked: 0 } },
    });

    const liar = await new Volunteer(server.url).join();
    const claimed = await liar.claim(2, id);
    const lied = [...unitsOf(claimed.runs)];
    const lies = lied.map((unit) => {
      const values = right(unit);
      for (let slice = 0; slice < CORRUPT; slice++) values[(slice * 10) % SLICES] = 1;
      return { unit, bytes: bytesOf(...values) };
    });
    await liar.send({ type: "submit", token: claimed.token, results: lies.map(({ unit, bytes }) => resultOf(unit, bytes)) });
    for (const { unit, bytes } of lies) await liar.send({ type: "bytes", token: claimed.token, unit, bytes });

    start("donate", ...common, "--home", join(folder, "donor"));
    const done = await until(({ state }) => state === "done");
    expect(done).toMatchObject({ units: { final: UNITS, failed: 0 }, replicas: { refused: lied.length } });
    // What the auditor computed whole is a replica: the lies, and about one unit in fifty.
    expect(done.verification.slices?.checked).toBeGreaterThan(UNITS / 2);
    expect(done.executionsPerUnit).toBeLessThan(1.35);
    for (const unit of [...lied, 0, UNITS - 1]) {
      const bytes = new Uint8Array(await (await server.get(`/api/jobs/${id}/units/${unit}/bytes`)).arrayBuffer());
      expect(Buffer.compare(bytes, bytesOf(...right(unit)))).toBe(0);
    }
  },
  TIMEOUT,
);
