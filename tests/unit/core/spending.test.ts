import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AUDITOR } from "../../../server/core/cluster.ts";
import type { JobSpec } from "../../../server/core/events.ts";
import { MICROS_PER_HOUR, quoteOf } from "../../../server/core/quote.ts";
import { NOTHING_FOUND } from "../../../shared/canary.ts";
import { BENCHMARK_GFLOP } from "../../../shared/credit.ts";
import type { JobId, PoolId } from "../../../shared/ids.ts";
import { AUDITOR_ACCOUNT } from "./audited.ts";
import { account, JOB, jobSpec, World } from "./world.ts";

const MEASURED = 2 as JobId;

/** A world in which the auditor found that a unit takes three times the benchmark's time, 3 ms. */
function measured(spec: Partial<JobSpec>, gflops: (number | undefined)[] = []): World {
  const world = new World({ units: 1 });
  world.send({ type: "job-verb", job: JOB, verb: "cancel" });
  world.join(AUDITOR_ACCOUNT, AUDITOR);
  for (const [id, speed] of gflops.entries()) {
    const facts = {
      host: (50 + id) as ReturnType<World["join"]>,
      account: account(id + 1),
      cluster: `account:${id + 1}`,
      features: [],
      limits: {},
    };
    const record = { passed: 0, proven: 0, convictedAt: 0 };
    world.send({ type: "host-joined", facts: { ...facts, ...(speed === undefined ? {} : { gflops: speed }) }, record });
  }
  world.addJob(jobSpec({ id: MEASURED, units: 1000, ...spec }), "draft");
  world.send({ type: "job-verb", job: MEASURED, verb: "start" });
  const { reply } = world.send({ type: "canary-claim", random: "ab".repeat(16), features: [], limits: {} });
  if (reply.type !== "canary" || !reply.run) throw new Error("nothing to measure");
  const finding = { ...NOTHING_FOUND, verdict: "T", why: "", unitMicros: 3000, benchmarkMicros: 1000 } as const;
  world.send({ type: "canary-report", job: MEASURED, run: reply.run.id, finding: { ...finding, units: [] } });
  return world;
}

const quote = (world: World) => quoteOf(world.state, world.job(MEASURED));

describe("a quote", () => {
  const executions = 1000 * 2.05;
  const gflop = 3 * BENCHMARK_GFLOP;

  it("is the left units' executions on the mean of the hosts that are here, and a date when all of them do it", () => {
    const found = quote(measured({}, [1000, 3000]));
    expect(found).toMatchObject({ hosts: 2 });
    expect(found?.executions).toBeCloseTo(executions);
    expect((found?.gpuHours ?? 0) * 3600).toBeCloseTo((executions * gflop) / 2000, 6);
    expect(found?.finishSeconds).toBeCloseTo((executions * gflop) / 4000, 6);
  });

  it("takes those who do not tell their speed for as fast as the mean, or the auditor where nobody tells it", () => {
    expect(quote(measured({}, [1000, undefined]))?.finishSeconds).toBeCloseTo((executions * gflop) / 2000, 6);
    expect(quote(measured({}, [undefined, undefined]))?.finishSeconds).toBeCloseTo((executions * 0.003) / 2, 6);
  });

  it("is on the members of its pool where it has one, and on whoever serves none where not", () => {
    const pool = 1 as PoolId;
    const world = measured({}, [1000]);
    world.send({ type: "pool-opened", pool });
    world.serve(7, pool);
    expect(quote(world)?.hosts).toBe(1);
    const { state } = world;
    const job = { ...world.job(MEASURED), spec: { ...world.job(MEASURED).spec, pool } };
    expect(quoteOf(state, job)?.hosts).toBe(1);
    expect(quoteOf(state, { ...job, spec: { ...job.spec, pool: 2 as PoolId } })?.hosts).toBe(0);
  });

  it("says that nobody is here: hosts that cannot run it, and the auditor, are nobody", () => {
    const found = quote(measured({}));
    expect(found).toMatchObject({ hosts: 0, finishSeconds: null });
    expect((found?.gpuHours ?? 0) * 3600).toBeCloseTo(executions * 0.003, 6);
  });

  it("is none of a job whose time is not known", () => {
    expect(quoteOf(new World().state, new World().job())).toBeNull();
  });
});

describe("a job that may take so many GPU-hours", () => {
  const hours = (value: number) => ({ maxGpuMicros: value * MICROS_PER_HOUR });

  it("pauses before volunteers meet it where its quote is above them, and runs where it is not", () => {
    expect(measured(hours(0.0001)).job(MEASURED).state).toBe("paused");
    expect(measured(hours(1)).job(MEASURED).state).toBe("running");
  });

  it("waits for its owner's word where that was asked for, and runs with it", () => {
    const world = measured({ asks: true });
    expect(world.job(MEASURED).state).toBe("paused");
    world.send({ type: "job-verb", job: MEASURED, verb: "resume" });
    expect(world.job(MEASURED).state).toBe("running");
  });

  it("pauses when it has taken them, is not resumed, and goes on when it may take more; a restart changes nothing of it", () => {
    const world = new World({ units: 40, maxGpuMicros: 10_000_000 });
    const host = world.join(1);
    world.now += 60_000;
    for (let batch = 0; world.job().state === "running"; batch++) {
      expect(batch).toBeLessThan(20);
      const assignment = world.assignment(host, 2);
      world.now += 10_000;
      world.submit(assignment, { gpuMicros: 1_500_000 });
    }
    expect(world.job().gpuMicros).toBeGreaterThanOrEqual(10_000_000);
    expect(world.job().gpuMicros).toBeLessThan(14_000_000);
    const resume = () => world.send({ type: "job-verb", job: JOB, verb: "resume" }).reply;
    expect(resume()).toMatchObject({ type: "error", code: "wrong-state" });
    world.restart();
    expect(resume()).toMatchObject({ type: "error", code: "wrong-state" });
    world.send({ type: "job-cap", job: JOB, maxGpuMicros: 20_000_000 });
    expect(resume()).toEqual({ type: "done" });
    world.send({ type: "job-cap", job: JOB, maxGpuMicros: 1 });
    expect(world.job().state).toBe("paused");
    world.send({ type: "job-cap", job: JOB, maxGpuMicros: null });
    expect(resume()).toEqual({ type: "done" });
    world.send({ type: "job-verb", job: JOB, verb: "cancel" });
    expect(world.send({ type: "job-cap", job: JOB, maxGpuMicros: 5 }).reply).toMatchObject({ type: "error", code: "wrong-state" });
    expect(world.send({ type: "job-cap", job: 9 as JobId, maxGpuMicros: 5 }).reply).toMatchObject({ type: "error", code: "not-found" });
  });

  it("never runs with all of it taken, and has taken what its replicas told, whoever answers, over restarts", () => {
    const Step = fc.record({ who: fc.integer({ min: 1, max: 4 }), micros: fc.nat(3_000_000), again: fc.boolean(), restart: fc.boolean() });
    fc.assert(
      fc.property(fc.array(Step, { maxLength: 25 }), fc.nat(20_000_000), (steps, most) => {
        const world = new World({ units: 40, maxGpuMicros: most });
        for (const { who, micros, again, restart } of steps) {
          const reply = world.claim(world.join(who), 3);
          if (reply.type === "assigned") {
            world.now += 10_000;
            for (let time = 0; time < (again ? 2 : 1); time++) world.submit(reply.assignment, { gpuMicros: micros });
          }
          if (restart) world.restart();
          expect(world.job().gpuMicros).toBe(world.ledger.tally(JOB).gpuMicros);
          // One that was added with nothing to take runs until the first answer.
          if (world.job().gpuMicros > 0) expect(world.job().state === "running" && world.job().gpuMicros >= most).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("the GPU time that counts", () => {
  it("is that of every answer, once: what came too late, and what was one too many of its network, too", () => {
    const world = new World({ units: 1, quorum: 2, maxReplicas: 6 });
    const late = world.assignment(world.join(1), 1);
    world.tick(3_600_000);
    world.tick(3_600_000);
    for (const id of [2, 3]) world.submit(world.assignment(world.join(id)), { gpuMicros: 0 });
    expect(world.job().state).toBe("done");
    for (const again of [1, 2]) {
      expect(world.submit(late, { gpuMicros: 5_000_000 }), `${again}`).toEqual(["late"]);
      expect(world.job().gpuMicros).toBe(5_000_000);
    }
    const crowded = new World({ units: 1, quorum: 5, maxReplicas: 6 });
    const ofOneNetwork = [1, 2, 3].map((id) => crowded.assignment(crowded.join(id)));
    crowded.now += 60_000;
    const verdicts = ofOneNetwork.map((assignment) => crowded.submit(assignment, { gpuMicros: 1_000_000, cluster: "net:a" })[0]);
    expect(verdicts).toEqual(["recorded", "recorded", "refused"]);
    crowded.submit(ofOneNetwork[2] as never, { gpuMicros: 1_000_000, cluster: "net:a" });
    expect(crowded.job().gpuMicros).toBe(3_000_000);
  });

  it("is the auditor's too, whole units and the slices that it checks, and pauses the job where they reach the cap", () => {
    const check = { how: "slices", slices: 1000, why: "" } as const;
    const world = new World({ units: 40, check, unitMicros: 1_000_000, maxGpuMicros: 1_000_000 });
    const auditor = world.join(AUDITOR_ACCOUNT, AUDITOR);
    world.work(world.join(1), { gpuMicros: 0 });
    expect(world.job()).toMatchObject({ state: "running", gpuMicros: 0 });
    const drawn = world.check(() => null);
    // A newcomer's: 256 of 1,000 slices, so that four of them are more than a unit.
    const slices = [...drawn.values()].reduce((sum, each) => sum + each.length, 0);
    expect(slices).toBeGreaterThan(1000);
    expect(world.job()).toMatchObject({ state: "paused", gpuMicros: slices * 1000 });
    expect(world.ledger.tally(JOB).gpuMicros).toBe(slices * 1000);
    world.send({ type: "job-cap", job: JOB, maxGpuMicros: null });
    world.send({ type: "job-verb", job: JOB, verb: "resume" });
    const before = world.job().gpuMicros;
    const whole = world.assignment(auditor);
    world.now += 60_000;
    const answered = world.submit(whole, { gpuMicros: 7, cluster: AUDITOR });
    expect(world.job().gpuMicros).toBe(before + 7 * answered.length);
  });
});
