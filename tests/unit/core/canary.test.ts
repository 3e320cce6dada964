import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AUDITOR_GRACE_MS } from "../../../server/core/audit.ts";
import { MAX_BROKEN } from "../../../server/core/canary.ts";
import { AUDITOR } from "../../../server/core/cluster.ts";
import type { Reply } from "../../../server/core/effects.ts";
import type { JobSpec } from "../../../server/core/events.ts";
import { TRIAL_MS, TRIAL_VOLUNTEERS } from "../../../server/core/trial.ts";
import { CANARY_SILENCE_MS, type CanaryFinding, NOTHING_FOUND } from "../../../shared/canary.ts";
import { BENCHMARK_GFLOP, creditOf, MAX_GFLOP_PER_UNIT } from "../../../shared/credit.ts";
import type { JobId } from "../../../shared/ids.ts";
import { AUDITOR_ACCOUNT } from "./audited.ts";
import { JOB, jobSpec, World } from "./world.ts";

const FIRST = 2 as JobId;
const SECOND = 3 as JobId;
const FOUND: CanaryFinding = { ...NOTHING_FOUND, verdict: "T", why: "", units: [0, 3, 7], unitMicros: 3000, benchmarkMicros: 1000 };

/** A world with an auditor and drafts that are started one after the other. */
function measured(...specs: Partial<JobSpec>[]): World {
  const world = new World({ units: 1 });
  world.send({ type: "job-verb", job: JOB, verb: "cancel" });
  world.join(AUDITOR_ACCOUNT, AUDITOR);
  for (const [index, spec] of specs.entries()) start(world, (FIRST + index) as JobId, spec);
  return world;
}

function start(world: World, id: JobId, spec: Partial<JobSpec> = {}): void {
  world.addJob(jobSpec({ id, ...spec }), "draft");
  world.send({ type: "job-verb", job: id, verb: "start" });
}

let runs = 0;
function ask(world: World, features: string[] = [], limits: Record<string, number> = {}): Extract<Reply, { type: "canary" }>["run"] {
  const random = (++runs).toString(16).padStart(32, "0");
  const { reply } = world.send({ type: "canary-claim", random, features, limits });
  if (reply.type !== "canary") throw new Error(JSON.stringify(reply));
  return reply.run;
}

function asked(world: World): { job: JobId; id: string } {
  const run = ask(world);
  if (!run) throw new Error("nothing to measure");
  return run;
}

const report = (world: World, { job, id }: { job: JobId; id: string }, finding: CanaryFinding = FOUND) =>
  world.send({ type: "canary-report", job, run: id, finding });
const reasonOf = (effects: ReturnType<World["send"]>["effects"]) =>
  effects.flatMap((effect) => (effect.type === "store" && effect.op.type === "job-state" ? [effect.op.reason] : [])).join();

describe("a job that is started", () => {
  it("runs at once where no auditor is, or where none can run it", () => {
    const world = new World({ units: 1 });
    start(world, FIRST);
    expect(world.job(FIRST).state).toBe("running");
    // One that comes later leaves it alone.
    world.join(AUDITOR_ACCOUNT, AUDITOR);
    world.tick(1000);
    expect([world.job(FIRST).state, ask(world)]).toEqual(["running", null]);
    const other = measured({ requires: { features: ["subgroups"], limits: {} } });
    expect(other.job(FIRST).state).toBe("running");
  });

  it("is met by nobody before the auditor has measured it, and then has the credit of its time beside the benchmark's", () => {
    const world = measured({});
    expect(world.job(FIRST).state).toBe("canary");
    expect(world.claim(world.join(1), 0, FIRST)).toMatchObject({ type: "idle" });
    const { effects } = report(world, asked(world));
    expect(world.job(FIRST)).toMatchObject({ state: "running", spec: { creditPerUnit: creditOf(3 * BENCHMARK_GFLOP), measured: true } });
    expect(effects).toContainEqual(
      expect.objectContaining({ op: expect.objectContaining({ type: "canary", record: { ...FOUND, at: world.now } }) }),
    );
    const assignment = world.assignment(world.join(2), 1);
    world.submit(assignment);
    expect(world.ledger.credit.get(assignment.account)?.escrow).toBeCloseTo(creditOf(3 * BENCHMARK_GFLOP), 6);
  });

  it("never is worth more than an owner could say, and keeps the owner's figure where no time was measured", () => {
    const world = measured({}, {});
    report(world, asked(world), { ...FOUND, unitMicros: 1e15, benchmarkMicros: 1 });
    report(world, asked(world), { ...FOUND, verdict: "opaque", why: "too long", unitMicros: null });
    expect(world.job(FIRST).spec.creditPerUnit).toBe(creditOf(MAX_GFLOP_PER_UNIT));
    expect(world.job(SECOND)).toMatchObject({ state: "running", spec: { creditPerUnit: 1 } });
  });

  it("fails when the auditor refuses it, with words, and pauses when two runs differ until its owner resumes it", () => {
    const world = measured({}, {});
    expect(reasonOf(report(world, asked(world), { ...FOUND, verdict: "refused", why: "It does not end." }).effects)).toContain(
      "It does not end.",
    );
    expect(world.job(FIRST).state).toBe("failed");
    expect(reasonOf(report(world, asked(world), { ...FOUND, verdict: "opaque", differs: "Unit 3 differs." }).effects)).toContain(
      "Unit 3 differs.",
    );
    expect(world.job(SECOND).state).toBe("paused");
    world.send({ type: "job-verb", job: SECOND, verb: "resume" });
    expect(world.job(SECOND).state).toBe("running");
  });
});

describe("who measures", () => {
  it("gets the oldest job that it can run, each job once at a time", () => {
    const world = measured({}, {});
    world.join(AUDITOR_ACCOUNT + 1, AUDITOR, ["subgroups"]);
    start(world, 4 as JobId, { requires: { features: ["subgroups"], limits: {} } });
    expect([ask(world)?.job, ask(world)?.job, ask(world)]).toEqual([FIRST, SECOND, null]);
    expect(ask(world, ["subgroups"])?.job).toBe(4);
  });

  it("gets the job of an owner of whom fewer are measured first, however many another has sent before", () => {
    const world = measured({ owner: 7 }, { owner: 7 }, { owner: 7 }, { owner: 8 });
    expect([ask(world)?.job, ask(world)?.job, ask(world)?.job]).toEqual([FIRST, 5, SECOND]);
  });

  it("loses the job when it is not heard of, and what it says then is refused", () => {
    const world = measured({});
    const lost = asked(world);
    world.tick(CANARY_SILENCE_MS);
    expect(report(world, lost).reply).toMatchObject({ type: "error", code: "wrong-state" });
    const next = asked(world);
    for (let heard = 0; heard < 3; heard++) {
      world.tick(CANARY_SILENCE_MS - 1);
      expect(world.send({ type: "canary-alive", job: next.job, run: next.id }).reply).toEqual({ type: "done" });
    }
    expect(world.job(FIRST).canary).toMatchObject({ broken: 1, run: { id: next.id } });
  });

  it("may not go on for ever", () => {
    const world = measured({});
    const { job, id } = asked(world);
    let waited = 0;
    for (; world.job(FIRST).canary?.run; waited += 20_000) {
      world.send({ type: "canary-alive", job, run: id });
      world.tick(20_000);
    }
    expect(waited).toBeGreaterThan(world.state.canaryMs);
    expect(waited).toBeLessThan(2 * world.state.canaryMs);
  });

  it("comes after those of which nobody broke off", () => {
    const world = measured({}, {});
    asked(world);
    world.tick(CANARY_SILENCE_MS);
    expect([asked(world).job, asked(world).job]).toEqual([SECOND, FIRST]);
  });
});

describe("a job that is not measured runs as without an auditor, and says why,", () => {
  it("when none comes", () => {
    const world = measured({});
    world.tick(AUDITOR_GRACE_MS - 1);
    expect(world.job(FIRST).state).toBe("canary");
    world.now += 1;
    expect(reasonOf(world.send({ type: "tick" }).effects)).toContain("no auditor that can run it came");
    expect(world.job(FIRST)).toMatchObject({ state: "running", spec: { measured: false, creditPerUnit: 1 } });
  });

  it("but not while one that could run it measures others", () => {
    const world = measured({}, {});
    const { job, id } = asked(world);
    for (let passed = 0; passed < 2 * AUDITOR_GRACE_MS && world.job(job).canary?.run; passed += 20_000) {
      world.send({ type: "canary-alive", job, run: id });
      world.tick(20_000);
    }
    expect(world.job(SECOND).state).toBe("canary");
  });

  it("when each that began was not heard of again", () => {
    const world = measured({});
    for (let broken = 0; broken < MAX_BROKEN; broken++) {
      asked(world);
      world.tick(CANARY_SILENCE_MS);
    }
    expect(world.job(FIRST).state).toBe("running");
  });
});

describe("a restart", () => {
  it("leaves a job in the canary, to be measured anew, and keeps what was found of others", () => {
    const world = measured({}, {});
    report(world, asked(world));
    const lost = asked(world);
    world.restart();
    expect(world.job(FIRST).spec.creditPerUnit).toBe(creditOf(3 * BENCHMARK_GFLOP));
    expect(world.job(SECOND)).toMatchObject({ state: "canary", canary: { run: null, broken: 0 } });
    expect(report(world, lost).reply).toMatchObject({ type: "error" });
    report(world, asked(world));
    expect(world.job(SECOND).state).toBe("running");
  });
});

describe("a measured job", () => {
  const onTrial = () => {
    const world = measured({ units: 400 });
    report(world, asked(world));
    return world;
  };
  const claims = (world: World, id: number) => world.claim(world.join(id), 4, FIRST).type;

  it("is tried by three volunteers, and by all once a unit of theirs agrees", () => {
    const world = onTrial();
    const first = Array.from({ length: TRIAL_VOLUNTEERS }, (_, id) => world.join(id + 1));
    const assignments = first.map((host) => world.assignment(host, 4));
    expect(claims(world, 9)).toBe("idle");
    for (const assignment of assignments) world.submit(assignment);
    // Those who tried it go on, whatever they have answered.
    for (let round = 0; world.job(FIRST).provisional.size + world.job(FIRST).pages.final + world.job(FIRST).owed === 0; round++) {
      expect(round).toBeLessThan(50);
      expect(claims(world, 9)).toBe("idle");
      for (const host of first) world.submit(world.assignment(host, 4));
    }
    world.tick(1);
    for (const auditor of world.state.auditors) world.audit(auditor);
    expect(world.job(FIRST).pages.final + world.job(FIRST).provisional.size).toBeGreaterThan(0);
    expect(claims(world, 9)).toBe("assigned");
  });

  it("is tried by one of a cluster alone, for two of them could not agree", () => {
    const world = onTrial();
    const claimAs = (id: number, cluster: string) => world.claim(world.join(id, cluster), 4, FIRST).type;
    expect(["a", "a", "b", "b", "c", "d"].map((name, id) => claimAs(id + 1, `net:${name}`))).toEqual([
      "assigned",
      "idle",
      "assigned",
      "idle",
      "assigned",
      "idle",
    ]);
  });

  it("makes room when one of the three gives up, and ends its trial after some time whatever happens", () => {
    const world = onTrial();
    const hosts = [1, 2, 3].map((id) => world.join(id));
    for (const host of hosts) world.assignment(host, 4);
    expect(claims(world, 9)).toBe("idle");
    world.leave(hosts[0] as (typeof hosts)[number]);
    world.tick(61_000);
    expect(claims(world, 9)).toBe("assigned");
    for (const id of [10, 11, 12]) claims(world, id);
    const late = onTrial();
    for (const id of [1, 2, 3]) late.submit(late.assignment(late.join(id), 1), { status: "failed" });
    expect(claims(late, 9)).toBe("idle");
    late.tick(TRIAL_MS);
    expect(claims(late, 9)).toBe("assigned");
  });
});

describe("whatever auditors do, in whatever order, with whatever crashes", () => {
  const Command = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ do: "ask" as const }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("alive" as const), which: fc.nat(50) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("report" as const),
        which: fc.nat(50),
        verdict: fc.constantFrom("T" as const, "opaque" as const, "refused" as const),
        differs: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("tick" as const), ms: fc.constantFrom(1000, 20_000, 31_000, 700_000) }) },
    { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), job: fc.integer({ min: FIRST, max: SECOND }) }) },
    { weight: 1, arbitrary: fc.constant({ do: "volunteer" as const }) },
  );

  it("a job in the canary has no leases, is measured by one at a time, and leaves it after a bounded time", () => {
    fc.assert(
      fc.property(fc.array(Command, { maxLength: 60 }), (commands) => {
        const world = measured({}, {});
        const known: { job: JobId; id: string }[] = [];
        let volunteers = 100;
        for (const command of commands) {
          const run = "which" in command ? known[command.which % Math.max(1, known.length)] : undefined;
          if (command.do === "ask") {
            const taken = new Set(world.state.inCanary.filter((job) => job.canary?.run).map((job) => job.spec.id));
            const found = ask(world);
            if (found) {
              expect(taken.has(found.job)).toBe(false);
              known.push(found);
            }
          } else if (command.do === "alive" && run) world.send({ type: "canary-alive", job: run.job, run: run.id });
          else if (command.do === "report" && run) {
            const isCurrent = world.job(run.job).canary?.run?.id === run.id;
            const { reply } = report(world, run, { ...FOUND, verdict: command.verdict, differs: command.differs ? "Unit 0 differs." : "" });
            expect(reply.type).toBe(isCurrent ? "done" : "error");
          } else if (command.do === "tick") world.tick(command.ms);
          else if (command.do === "restart") world.restart();
          else if (command.do === "cancel") world.send({ type: "job-verb", job: command.job as JobId, verb: "cancel" });
          else if (command.do === "volunteer") world.work(world.join(++volunteers));
          for (const job of world.state.jobs.values()) {
            expect(job.canary === null).toBe(job.state !== "canary");
            if (job.state === "canary") expect([job.pages.leased, job.open.size]).toEqual([0, 0]);
          }
        }
        // Whoever measures is silent from now on.
        for (let tick = 0; world.state.inCanary.length > 0; tick++) {
          expect(tick).toBeLessThan(3 * MAX_BROKEN);
          ask(world);
          world.tick(AUDITOR_GRACE_MS);
        }
      }),
      { numRuns: 150 },
    );
  });
});
