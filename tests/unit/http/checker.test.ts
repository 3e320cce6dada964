/** Results that a job's own checker judges, over HTTP: who gets their bytes, what follows, and what the job's page says. */
import { expect, it, onTestFinished } from "vitest";
import { type CanaryFinding, type CanaryRun, NOTHING_FOUND } from "../../../shared/canary.ts";
import type { CheckTask } from "../../../shared/checks.ts";
import { unitsOf } from "../../../shared/ids.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { packageOf, startServer, type TestServer } from "./server.ts";

const KERNEL = `@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@group(0) @binding(1) var<storage, read_write> verdict: u32;
@compute @workgroup_size(1) fn main() { counts[0] = 1u; }
@compute @workgroup_size(1) fn check() { verdict = counts[0]; }
`;
const JUDGED = {
  passes: [{ entryPoint: "main", workgroups: [1] }],
  verify: { tier: "checker", checker: { entryPoint: "check", workgroups: [1], verdict: "verdict" } },
};
const FOUND: CanaryFinding = {
  ...{ ...NOTHING_FOUND, units: [0], unitMicros: 2000, benchmarkMicros: 500 },
  checker: { micros: 10, tried: 48, missed: 3 },
};
const files = (units: number) => ({ ...packageOf(units, 1, JUDGED), "kernel.wgsl": KERNEL });

/** A coordinator with an auditor, and a job of so many units that the auditor has measured. */
async function judged(units: number, finding = FOUND): Promise<{ server: TestServer; job: number }> {
  const server = await startServer();
  onTestFinished(() => server.close());
  expect(await new Volunteer(server.url).hello({ audit: server.token })).toMatchObject({ ok: true });
  const job = await server.submit(files(units));
  const { run } = (await (await server.post("/api/canary", { features: [], limits: {} }, server.token)).json()) as { run: CanaryRun };
  expect((await server.post(`/api/canary/${job}/report`, { run: run.run, finding }, server.token)).status).toBe(204);
  return { server, job };
}

async function ask(server: TestServer): Promise<CheckTask | null> {
  return ((await (await server.post("/api/checks", { features: [], limits: {} }, server.token)).json()) as { task: CheckTask | null }).task;
}

const tell = (server: TestServer, job: number, body: unknown) => server.post(`/api/checks/${job}/report`, body, server.token);

it("the auditor alone is given a result's bytes, and what it says of them is final, or another's to compute", async () => {
  const { server, job } = await judged(60);
  const volunteer = await new Volunteer(server.url).join();
  const { token, runs } = await volunteer.claim(4, job);
  const units = [...unitsOf(runs)];
  await volunteer.send({ type: "submit", token, results: units.map((unit) => resultOf(unit, bytesOf(unit + 1))) });
  const task = await ask(server);
  if (!task) throw new Error("nothing to judge");
  expect(task).toMatchObject({ job, how: "checker" });
  expect(task.units).toEqual(units.map((unit) => ({ unit, slices: [], bytes: 0 })));
  const [first = 0, second = 0] = units;
  const path = `/api/checks/${job}/${task.task}/${second}`;
  const response = await server.get(path, server.token);
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array(bytesOf(second + 1)));
  expect(response.headers.get("content-security-policy")).toBe("sandbox");
  const made = (await (await server.post("/api/tokens", { name: "owner" }, server.token)).json()) as { token: string };
  expect([(await server.get(path)).status, (await server.get(path, made.token)).status]).toEqual([401, 403]);
  for (const other of [
    `/api/checks/${job}/${"0".repeat(32)}/${second}`,
    `/api/checks/${job}/${task.task}/59`,
    `/api/checks/99/${task.task}/0`,
  ])
    expect((await server.get(other, server.token)).status).toBe(404);

  expect((await tell(server, job, { task: task.task, unit: first, accepted: false })).status).toBe(204);
  expect((await tell(server, job, { task: task.task, unit: second, accepted: true })).status).toBe(204);
  expect((await server.get(path, server.token)).status).toBe(404);
  const status = await server.status(job);
  // One unit in fifty is computed whole as well.
  expect([0, 1]).toContain(status.units.final);
  const other = await new Volunteer(server.url).join();
  for (let isAnswered = false; !isAnswered; ) {
    const given = await other.claim(16, job);
    const taken = [...unitsOf(given.runs)];
    await other.send({ type: "submit", token: given.token, results: taken.map((unit) => resultOf(unit, bytesOf(7))) });
    isAnswered = taken.some((unit) => unit === first);
  }
  const again = await ask(server);
  expect(again?.units.map(({ unit }) => unit)).toContain(first);
  await tell(server, job, { task: again?.task, unit: first, accepted: true });
  const ended = await server.status(job);
  if (ended.units.final === 2) {
    expect(ended).toMatchObject({ replicas: { refused: 1 }, verification: { checker: { price: 0.005, judged: 2 } } });
    const unit = (await (await server.get(`/api/jobs/${job}/units/${first}`)).json()) as { rule: string };
    expect(unit.rule).toBe("checker");
  }
});

it("the job's page says what the checker costs and what it does not look at, and its quote counts it", async () => {
  const { server, job } = await judged(60);
  expect(await server.status(job)).toMatchObject({
    verification: {
      ...{ tier: "checker", quorum: 1, checker: { price: 0.005, judged: 0 } },
      limits:
        "The coordinator runs the owner's checker over each result, for 0.005 of an execution, and computes 2 % of the units again: a result is right as far as the checker tells. Of 48 right results in which one bit was changed it accepted 3: what it does not look at is believed.",
    },
    quote: { executions: expect.closeTo(60 * 1.025) },
    canary: { checker: { missed: 3 } },
  });
});

it("a checker that the canary does not believe, or that nobody tried, leaves its job to a quorum, and the page says why", async () => {
  const { checker: _, ...rest } = FOUND;
  const { server, job } = await judged(6, { ...rest, unchecked: "It accepts noise as the result of unit 0." });
  expect(await server.status(job)).toMatchObject({
    verification: {
      ...{ tier: "checker", quorum: 2, checker: { price: null } },
      limits: expect.stringContaining(
        "judged by its checker; now they are not, and volunteers must agree: its checker cannot be believed: It accepts noise",
      ),
    },
    quote: { executions: expect.closeTo(6 * 2.05) },
  });
  expect(await ask(server)).toBeNull();
  const alone = await startServer();
  onTestFinished(() => alone.close());
  expect(await alone.status(await alone.submit(files(6)))).toMatchObject({
    verification: { quorum: 2, limits: expect.stringContaining("no auditor has tried its checker") },
  });
});

it("what was accepted is final after a restart, and what was not is judged then", async () => {
  const { server, job } = await judged(60);
  const volunteer = await new Volunteer(server.url).join();
  const { token, runs } = await volunteer.claim(4, job);
  const units = [...unitsOf(runs)];
  await volunteer.send({ type: "submit", token, results: units.map((unit) => resultOf(unit, bytesOf(1))) });
  const task = await ask(server);
  await tell(server, job, { task: task?.task, unit: units[0], accepted: true });
  const { final } = (await server.status(job)).units;
  await server.close(true);
  const again = await startServer({}, server.folder, server.token);
  onTestFinished(() => again.close());
  expect(await new Volunteer(again.url).hello({ audit: again.token })).toMatchObject({ ok: true });
  expect(await again.status(job)).toMatchObject({
    units: { final },
    verification: { quorum: 1, checker: { price: 0.005, judged: final } },
  });
  const anew = await ask(again);
  expect(anew?.units).toHaveLength(units.length - 1);
});
