/** A new job while an auditor is here: over HTTP, as the auditor, its owner and everybody else see it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type CanaryFinding, type CanaryRun, NOTHING_FOUND } from "../../../shared/canary.ts";
import { BENCHMARK_GFLOP, creditOf } from "../../../shared/credit.ts";
import { idlewave } from "../cli/run.ts";
import { Volunteer } from "../gateway/volunteer.ts";
import { packageOf, startServer, type TestServer } from "./server.ts";

const FOUND: CanaryFinding = { ...NOTHING_FOUND, verdict: "T", why: "", units: [0, 2, 5], unitMicros: 2000, benchmarkMicros: 500 };

/** A coordinator with an auditor. */
async function audited(): Promise<TestServer> {
  const server = await startServer();
  onTestFinished(() => server.close());
  expect(await new Volunteer(server.url).hello({ audit: server.token })).toMatchObject({ ok: true });
  return server;
}

async function ask(server: TestServer, token = server.token): Promise<CanaryRun | null> {
  const response = await server.post("/api/canary", { features: [], limits: {} }, token);
  return ((await response.json()) as { run: CanaryRun | null }).run;
}

const own = async (server: TestServer, job: number) =>
  (await (await server.get(`/api/jobs/${job}`, server.token)).json()) as Record<string, unknown>;

it("it is its owner's alone until it was measured, its blobs are the auditor's to fetch, and then it has the credit of its time", async () => {
  const server = await audited();
  const job = await server.submit(packageOf(6));
  expect(await own(server, job)).toMatchObject({ state: "canary", reason: "it waits for the auditor to measure it" });
  expect((await server.get(`/api/jobs/${job}`)).status).toBe(404);
  const run = await ask(server);
  expect(run).toMatchObject({ job, limitMs: 600_000 });
  expect((await server.get(`/blobs/${run?.plan}`)).status).toBe(200);
  expect(await own(server, job)).toMatchObject({ reason: "the auditor measures it before volunteers meet it" });
  expect(await ask(server)).toBeNull();
  expect((await server.post(`/api/jobs/${job}/resume`, undefined, server.token)).status).toBe(409);
  expect((await server.post(`/api/canary/${job}/alive`, { run: run?.run }, server.token)).status).toBe(204);
  expect((await server.post(`/api/canary/${job}/report`, { run: run?.run, finding: FOUND }, server.token)).status).toBe(204);
  const credit = creditOf(4 * BENCHMARK_GFLOP);
  expect(await server.status(job)).toMatchObject({
    state: "running",
    reason: "",
    creditPerUnit: credit,
    canary: { verdict: "T", unitMicros: 2000 },
  });
  expect((await server.post(`/api/canary/${job}/report`, { run: run?.run, finding: FOUND }, server.token)).status).toBe(409);
});

it("what was found, and what waits, is there after a restart", async () => {
  const server = await audited();
  const [first, second] = [await server.submit(packageOf(6)), await server.submit(packageOf(6))];
  const run = await ask(server);
  await server.post(`/api/canary/${first}/report`, { run: run?.run, finding: FOUND }, server.token);
  const { token } = server;
  await server.close(true);
  const again = await startServer({}, server.folder, token);
  onTestFinished(() => again.close());
  expect(await again.status(first)).toMatchObject({ state: "running", canary: { verdict: "T", units: [0, 2, 5] } });
  expect(await own(again, second)).toMatchObject({ state: "canary" });
  expect(await ask(again)).toMatchObject({ job: second });
});

it("nobody but the auditor and administrators may measure, and what they say is checked", async () => {
  const server = await audited();
  const job = await server.submit(packageOf(6));
  const made = (await (await server.post("/api/tokens", { name: "owner" }, server.token)).json()) as { token: string };
  expect((await server.post("/api/canary", { features: [], limits: {} })).status).toBe(401);
  expect((await server.post("/api/canary", { features: [], limits: {} }, made.token)).status).toBe(403);
  const run = await ask(server);
  for (const finding of [
    { ...FOUND, verdict: "Z" },
    { ...FOUND, why: "a\u202eb" },
    { ...FOUND, unitMicros: -1 },
    { ...FOUND, more: 1 },
  ]) {
    expect((await server.post(`/api/canary/${job}/report`, { run: run?.run, finding }, server.token)).status).toBe(400);
  }
  expect((await server.post(`/api/canary/${job}/report`, { run: "0".repeat(32), finding: FOUND }, server.token)).status).toBe(409);
  expect((await server.post("/api/canary/999/alive", { run: run?.run }, server.token)).status).toBe(404);
});

it("jobs run at once where the operator has switched it off", async () => {
  const server = await startServer({ canaryMinutes: 0 });
  onTestFinished(() => server.close());
  await new Volunteer(server.url).hello({ audit: server.token });
  expect(await server.status(await server.submit(packageOf(6)))).toMatchObject({ state: "running" });
});

it("an owner is asked once it was measured, sees what it would take, and what it may take is kept and may be raised", async () => {
  const server = await audited();
  const measure = async (query: string) => {
    const job = await server.submit(packageOf(6, 1, { maxGpuHours: 5 }), query);
    expect(await own(server, job)).not.toHaveProperty("quote");
    const run = await ask(server);
    await server.post(`/api/canary/${job}/report`, { run: run?.run, finding: FOUND }, server.token);
    return job;
  };
  const asked = await measure("?start=ask");
  const quote = {
    hosts: 0,
    finishSeconds: null,
    executions: expect.closeTo(6 * 2.05),
    gpuHours: expect.closeTo((6 * 2.05 * 0.002) / 3600, 9),
  };
  expect(await own(server, asked)).toMatchObject({
    state: "paused",
    maxGpuHours: 5,
    gpuHours: 0,
    quote,
    reason: expect.stringContaining("its owner is asked"),
  });
  expect((await server.post(`/api/jobs/${asked}/resume`, undefined, server.token)).status).toBe(200);
  const short = await measure("?maxGpuHours=0.000001");
  expect(await own(server, short)).toMatchObject({ state: "paused", reason: expect.stringContaining("may take 0.000001") });
  const cap = (body: unknown, token?: string) => server.post(`/api/jobs/${short}/cap`, body, token);
  expect((await cap({ maxGpuHours: 2 })).status).toBe(401);
  expect((await cap({ maxGpuHours: -2 }, server.token)).status).toBe(400);
  expect(await (await cap({ maxGpuHours: 2 }, server.token)).json()).toMatchObject({ maxGpuHours: 2 });
  expect(await own(server, await measure(""))).toMatchObject({ state: "running" });
  expect(await (await server.get("/api/network")).json()).toMatchObject({ measures: true });
});

it("where nobody can be asked the command line wants to be told before", async () => {
  const server = await audited();
  const dir = await mkdtemp(join(tmpdir(), "idlewave-ask-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(packageOf(6))) await writeFile(join(dir, name), content);
  const env = { IDLEWAVE_URL: server.url, IDLEWAVE_TOKEN: server.token };
  const refused = await idlewave(["submit", dir, "--json"], env);
  expect([refused.code, refused.stdout]).toEqual([2, expect.stringContaining("--max-gpu-hours")]);
  for (const flags of [["--yes"], ["--max-gpu-hours", "3"], ["--draft"]]) {
    expect((await idlewave(["submit", dir, "--json", ...flags], env)).code).toBe(0);
  }
  expect((await idlewave(["submit", dir, "--max-gpu-hours", "none"], env)).code).toBe(2);
  const { stdout } = await idlewave(["status", "2", "--json"], env);
  expect(JSON.parse(stdout)).toMatchObject({ state: "canary", maxGpuHours: 3 });
  await idlewave(["cancel", "2"], env);
  expect((await idlewave(["resume", "3", "--max-gpu-hours", "7"], env)).code).toBe(0);
  expect(await own(server, 3)).toMatchObject({ state: "canary", maxGpuHours: 7 });
});
