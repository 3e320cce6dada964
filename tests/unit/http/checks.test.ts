/** Slices that the auditor ran again, over HTTP: what is drawn, what is compared, and what a restart keeps. */
import { createHash, randomBytes } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { type CanaryFinding, type CanaryRun, NOTHING_FOUND } from "../../../shared/canary.ts";
import type { CheckTask } from "../../../shared/checks.ts";
import { unitsOf } from "../../../shared/ids.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { formOf, packageOf, startServer, type TestServer } from "./server.ts";

const SLICES = 200;
const FOUND: CanaryFinding = {
  ...{ ...NOTHING_FOUND, verdict: "T", why: "", units: [0], unitMicros: 2000, benchmarkMicros: 500 },
  slices: [[SLICES, 4]],
};
const SAMPLED = { verify: { tier: "sampled" } };
/** Without its workgroups' number nothing here depends on the kernel. */
const files = (units: number, changes: Record<string, unknown> = {}) => packageOf(units, SLICES, { ...SAMPLED, ...changes });
const right = (unit: number) => Array.from({ length: SLICES }, (_, slice) => unit * 1000 + slice);

/** A coordinator with an auditor, and a job of so many units that the auditor has measured. */
async function sampled(units: number, finding = FOUND): Promise<{ server: TestServer; job: number }> {
  const server = await startServer();
  onTestFinished(() => server.close());
  expect(await new Volunteer(server.url).hello({ audit: server.token })).toMatchObject({ ok: true });
  const job = await server.submit(files(units));
  const { run } = (await (await server.post("/api/canary", { features: [], limits: {} }, server.token)).json()) as { run: CanaryRun };
  expect((await server.post(`/api/canary/${job}/report`, { run: run.run, finding }, server.token)).status).toBe(204);
  return { server, job };
}

async function ask(server: TestServer): Promise<CheckTask | null> {
  const response = await server.post("/api/checks", { features: [], limits: {} }, server.token);
  expect(response.status).toBe(200);
  return ((await response.json()) as { task: CheckTask | null }).task;
}

/** What the slices wrote, had they been run: each one word behind the output's length. */
function told({ task }: CheckTask, { unit, slices }: CheckTask["units"][number], words = right(unit)): Record<string, unknown> {
  const ranges: number[] = [];
  for (const slice of slices) {
    const at = 8 + 4 * slice;
    if (ranges.at(-2) !== undefined && (ranges.at(-2) as number) + (ranges.at(-1) as number) === at)
      ranges.push((ranges.pop() as number) + 4);
    else ranges.push(at, 4);
  }
  const bytes = Buffer.concat(slices.map((slice) => Buffer.from(Uint32Array.of(words[slice] as number).buffer)));
  return { task, unit, ranges, digest: createHash("sha256").update(bytes).digest("hex") };
}

const report = (server: TestServer, job: number, body: unknown, token: string | undefined = server.token) =>
  server.post(`/api/checks/${job}/report`, body, token);

it("what is right is final, what differs is the auditor's, and neither is given to somebody else", async () => {
  const { server, job } = await sampled(60);
  expect(await server.status(job)).toMatchObject({
    state: "running",
    verification: {
      tier: "sampled",
      quorum: 1,
      limits: expect.stringContaining("96 of the 200 slices"),
      slices: { of: 200, run: 96, checked: 0 },
    },
    quote: { executions: expect.closeTo(60 * (1 + 96 / 200 + 0.02)) },
  });
  expect(await server.status(job)).not.toHaveProperty("canary.slices");
  const volunteer = await new Volunteer(server.url).join();
  const units: number[] = [];
  for (const most of [4, 16]) {
    const { token, runs } = await volunteer.claim(most, job);
    const results = [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(...right(unit))));
    await volunteer.send({ type: "submit", token, results });
    units.push(...unitsOf(runs));
  }
  expect(units.length).toBeGreaterThan(8);
  // It is new, so all 200 are drawn; about one unit in fifty is computed whole.
  const task = await ask(server);
  const [first, second, third] = task?.units ?? [];
  if (!task || !first || !second || !third) throw new Error("too little to check");
  expect(first).toMatchObject({ slices: right(0), bytes: 800 });
  expect((await report(server, job, told(task, first))).status).toBe(204);
  expect(await server.status(job)).toMatchObject({ units: { final: 1 }, verification: { slices: { checked: 1 } }, executionsPerUnit: 2 });
  const wrong = right(second.unit);
  wrong[7] = 0;
  await report(server, job, told(task, second, wrong));
  // Fewer bytes than its slices write say nothing of the others.
  await report(server, job, { ...told(task, { ...third, slices: third.slices.slice(1) }), task: task.task });
  expect(await server.status(job)).toMatchObject({ units: { final: 1 }, verification: { audited: 0 } });
  const unit = (await (await server.get(`/api/jobs/${job}/units/${first.unit}`)).json()) as { rule: string };
  expect(["slices", "not-kept"]).toContain(unit.rule);
  expect((await server.status(job)).verification.held).toBe(units.length - 1);
  const other = await new Volunteer(server.url).join();
  // Of what is left only what nobody has begun is given out.
  const answer = await other.send({ type: "claim", units: 6, gpuMillis: 1000, job });
  if (answer.type !== "assignment") throw new Error(`no assignment but ${answer.type}`);
  for (const given of unitsOf(answer.runs)) expect(units).not.toContain(given);
});

it("nobody but the auditor may ask or tell, and what is told is checked", async () => {
  const { server, job } = await sampled(6);
  const made = (await (await server.post("/api/tokens", { name: "owner" }, server.token)).json()) as { token: string };
  expect((await server.post("/api/checks", { features: [], limits: {} })).status).toBe(401);
  expect((await server.post("/api/checks", { features: [], limits: {} }, made.token)).status).toBe(403);
  const body = { task: randomBytes(16).toString("hex"), why: "It did not end." };
  expect((await report(server, job, body, made.token)).status).toBe(403);
  expect((await report(server, job, body)).status).toBe(409);
  expect((await report(server, 99, body)).status).toBe(404);
  for (const bad of [
    { ...body, why: "" },
    { ...body, why: "a\u202eb" },
    { task: body.task, unit: 0 },
    { ...body, unit: 0 },
    { ...told({ task: body.task } as CheckTask, { unit: 0, slices: [0], bytes: 4 }), unit: -1 },
  ])
    expect((await report(server, job, bad)).status).toBe(400);
});

it("a job whose slices could not be run three times in a row has its quorum, and says why", async () => {
  const { server, job } = await sampled(6);
  const volunteer = await new Volunteer(server.url).join();
  const { token, runs } = await volunteer.claim(6, job);
  await volunteer.send({ type: "submit", token, results: [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(...right(unit)))) });
  for (let times = 0; times < 3; times++) {
    const task = await ask(server);
    expect((await report(server, job, { task: task?.task, why: "They did not end in time." })).status).toBe(204);
  }
  expect(await ask(server)).toBeNull();
  expect(await server.status(job)).toMatchObject({
    verification: { quorum: 2, limits: expect.stringContaining("slices of it could not be run on the auditor's GPU") },
  });
});

it("what was checked is final after a restart, and what was not is drawn anew", async () => {
  const { server, job } = await sampled(6);
  const volunteer = await new Volunteer(server.url).join();
  const { token, runs } = await volunteer.claim(6, job);
  const results = [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(...right(unit))));
  await volunteer.send({ type: "submit", token, results });
  const task = await ask(server);
  const [first, ...others] = task?.units ?? [];
  if (!task || !first) throw new Error("nothing to check");
  await report(server, job, told(task, first));
  await server.close(true);
  const again = await startServer({}, server.folder, server.token);
  onTestFinished(() => again.close());
  expect(await new Volunteer(again.url).hello({ audit: again.token })).toMatchObject({ ok: true });
  expect(await again.status(job)).toMatchObject({ units: { final: 1 }, executionsPerUnit: 2, verification: { slices: { checked: 1 } } });
  expect((await report(again, job, told(task, first))).status).toBe(409);
  const anew = await ask(again);
  // Which units are computed whole is drawn anew too.
  for (const { unit } of anew?.units ?? []) expect(others.map((each) => each.unit)).toContain(unit);
  for (const each of anew?.units ?? []) expect((await report(again, job, told(anew as CheckTask, each))).status).toBe(204);
  expect((await again.status(job)).units.final).toBe(1 + (anew?.units.length ?? 0));
});

it("a job whose slices cannot be told apart has its quorum, and says why", async () => {
  const { slices: _, ...rest } = FOUND;
  const { server, job } = await sampled(6, { ...rest, verdict: "E", unsampled: "Some of its slices write the same bytes." });
  expect(await server.status(job)).toMatchObject({
    verification: {
      tier: "sampled",
      quorum: 2,
      limits: expect.stringContaining("Some of its slices write the same bytes"),
      slices: { of: 0 },
    },
    quote: { executions: expect.closeTo(6 * 2.05) },
  });
  expect(await ask(server)).toBeNull();
});

it("without an auditor it has its quorum, and says so", async () => {
  const server = await startServer();
  onTestFinished(() => server.close());
  const job = await server.submit(files(6));
  expect(await server.status(job)).toMatchObject({
    state: "running",
    verification: { tier: "sampled", quorum: 2, limits: expect.stringContaining("no auditor has measured what its slices write") },
  });
  const audited = await server.submit(files(6, { verify: { tier: "audited", quorum: 3 } }));
  expect(await server.status(audited)).toMatchObject({
    verification: { tier: "audited", quorum: 3, limits: expect.stringContaining("no auditor that can run it is here") },
  });
});

it("a pool's job is neither sampled nor audited", async () => {
  const server = await startServer();
  onTestFinished(() => server.close());
  const pool = (await (await server.post("/api/pools", { name: "A class" }, server.token)).json()) as { id: number };
  for (const tier of ["sampled", "audited"]) {
    const response = await server.post("/api/jobs", formOf(files(6, { pool: pool.id, verify: { tier } })), server.token);
    const { faults } = (await response.json()) as { faults: unknown[] };
    expect([response.status, faults]).toMatchObject([422, [{ field: "verify.tier", wrong: expect.stringContaining("of a pool") }]]);
  }
});
