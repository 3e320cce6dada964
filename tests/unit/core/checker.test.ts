/** Units that one volunteer computes, and whose results the job's own checker judges. */
import { describe, expect, it } from "vitest";
import { MAX_CONTRADICTED } from "../../../server/core/audit.ts";
import { AUDITOR } from "../../../server/core/cluster.ts";
import type { JobSpec } from "../../../server/core/events.ts";
import { MAX_FALSE_ALARMS, MAX_UNRUN_TASKS, WHOLE_SHARE, whyNotChecked } from "../../../server/core/sampling.ts";
import type { HostId } from "../../../shared/ids.ts";
import { AUDITOR_ACCOUNT, holds } from "./audited.ts";
import { digestOf, JOB, unit, World } from "./world.ts";

const MIB = 1024 * 1024;
const JUDGED: Partial<JobSpec> = {
  ...{ units: 120, measured: false, unitMicros: 1_000_000 },
  check: { how: "checker", bytes: 12, micros: 1000, why: "" },
};
const refuse = () => null;
const accept = () => [];

function judged(spec: Partial<JobSpec> = {}): { world: World; auditor: HostId; one: HostId } {
  const world = new World({ ...JUDGED, ...spec });
  return { world, auditor: world.join(AUDITOR_ACCOUNT, AUDITOR), one: world.join(1) };
}

/** Answers at least so many units. */
function answerSome(world: World, by: HostId, units: number, liar = ""): number[] {
  const before = new Set(world.job().checks.keys());
  for (let done = 0; done < units; ) done += world.submit(world.assignment(by, 4), { liar }).length;
  return [...world.job().checks.keys()].filter((each) => !before.has(each));
}

const replicasOf = (world: World, index: number) => world.ledger.replicas(JOB).filter((replica) => replica.unit === index);

describe("a result that the checker accepts", () => {
  it("is final and paid, and nobody else is asked but the auditor, about one unit in fifty", () => {
    const { world, auditor, one } = judged({ units: 500 });
    world.work(one);
    expect(world.job().pages.final).toBe(0);
    world.check(refuse);
    const whole = world.job().owed;
    expect(whole).toBeGreaterThan(0.25 * WHOLE_SHARE * 500);
    expect(whole).toBeLessThan(3 * WHOLE_SHARE * 500);
    expect(world.job().pages.final).toBe(500 - whole);
    world.audit(auditor);
    expect(world.job().state).toBe("done");
    expect(world.ledger.replicas(JOB).filter(({ account }) => account !== AUDITOR_ACCOUNT)).toHaveLength(500);
    expect(world.ledger.credit.get(1 as never)?.final).toBe(500);
    expect(world.job().checked).toBe(500);
  });

  it("has taken the auditor's time, which its job has used", () => {
    const { world, one } = judged();
    answerSome(world, one, 4);
    const [before, waiting] = [world.job().gpuMicros, world.job().checks.size];
    world.check(refuse);
    expect(world.job().gpuMicros - before).toBe(waiting * 1000);
  });

  it("vouches for nobody: it is its owner's word", () => {
    const { world, one } = judged();
    answerSome(world, one, 40);
    world.check(refuse);
    expect(world.job().pages.final).toBeGreaterThan(20);
    expect(world.recordOf(1).passed).toBe(0);
  });

  it("of a kernel with floats is never computed whole", () => {
    const { world, one } = judged({ units: 200, floats: true });
    world.work(one);
    world.check(refuse);
    expect(world.job().state).toBe("done");
  });
});

describe("a result that the checker refuses", () => {
  it("is no vote, and its unit is another's; it is paid nothing and its volunteer is contradicted", () => {
    const { world, one } = judged();
    const [first = 0, ...more] = answerSome(world, one, 1, "!");
    world.check(refuse);
    expect(holds(world)).toEqual({ none: 1 + more.length });
    world.work(world.join(2));
    world.check(refuse);
    expect(world.ledger.finals(JOB).get(unit(first))).toBe(digestOf(first));
    expect(replicasOf(world, first).find(({ account }) => account === 1)).toMatchObject({ outcome: "refused" });
    expect(world.state.accounts.get(1 as never)?.contradicted).toBeGreaterThan(0);
  });

  it("convicts nobody without the auditor's own word", () => {
    const { world, auditor, one } = judged();
    const honest = world.join(2);
    for (let lies = 0; lies < 3 * MAX_CONTRADICTED; ) {
      lies += answerSome(world, one, 1, "!").length;
      world.check(refuse);
      answerSome(world, honest, 4);
      world.check(refuse);
    }
    expect(world.recordOf(1).convictedAt).toBe(0);
    expect(world.job().owed).toBeGreaterThan(0);
    world.audit(auditor);
    expect(world.recordOf(1)).toMatchObject({ convictedAt: world.now, proven: 0 });
    expect(world.recordOf(2).convictedAt).toBe(0);
    for (const [index, digest] of world.ledger.finals(JOB)) expect(digest).toBe(digestOf(index));
  });

  it("and that another cluster tells too is the auditor's to decide; where it is wrong both are proven wrong", () => {
    const { world, auditor, one } = judged();
    const [first = 0] = answerSome(world, one, 1, "!");
    world.check(refuse);
    world.work(world.join(2), { liar: "!" });
    expect(world.job().open.get(unit(first))?.hold).toBe("due");
    world.audit(auditor);
    expect(world.ledger.finals(JOB).get(unit(first))).toBe(digestOf(first));
    expect([1, 2].map((id) => world.recordOf(id).convictedAt)).toEqual([world.now, world.now]);
  });

  it("although the auditor comes to the same is right: both are paid, and the third time the checker is believed no more", () => {
    const { world, auditor, one } = judged();
    const two = world.join(2);
    const wrong = new Set<number>();
    for (let round = 0; world.job().spec.check?.how === "checker" && world.job().falseAlarms < MAX_FALSE_ALARMS; round++) {
      expect(round).toBeLessThan(40);
      for (const index of answerSome(world, one, 1)) wrong.add(index);
      world.judge((index) => !wrong.has(index));
      answerSome(world, two, 1);
      world.judge((index) => !wrong.has(index));
      world.audit(auditor);
    }
    const acquitted = [...wrong].filter((index) => world.job().pages.isFinal(unit(index)));
    expect(acquitted.length).toBeGreaterThanOrEqual(MAX_FALSE_ALARMS);
    for (const index of acquitted) {
      const paid = replicasOf(world, index).filter(({ account }) => account !== AUDITOR_ACCOUNT);
      expect(paid.map(({ outcome }) => outcome)).toEqual(paid.map(() => "final"));
    }
    expect([1, 2].map((id) => world.recordOf(id).convictedAt)).toEqual([0, 0]);
    expect(whyNotChecked(world.state, world.job(), world.now)).toContain("what its checker said");
  });

  it("of a kernel with floats is refused again, whoever tells it, and nobody is blamed", () => {
    const { world, one } = judged({ floats: true });
    const [first = 0] = answerSome(world, one, 1, "!");
    world.check(refuse);
    world.work(world.join(2), { liar: "!" });
    world.check(refuse);
    expect(world.job().open.get(unit(first))).toMatchObject({ hold: "none", ruling: null });
    world.work(world.join(3));
    world.check(refuse);
    expect(world.ledger.finals(JOB).get(unit(first))).toBe(digestOf(first));
    expect([1, 2].map((id) => world.state.accounts.get(id as never)?.contradicted)).toEqual([0, 0]);
  });

  it("is judged again after a restart, and is not final by it", () => {
    const { world, one } = judged();
    const [first = 0] = answerSome(world, one, 1, "!");
    world.check(refuse);
    world.restart();
    world.join(AUDITOR_ACCOUNT, AUDITOR);
    expect(world.job().unchecked.has(unit(first))).toBe(true);
    world.check(refuse);
    expect(world.job().pages.final).toBe(0);
    world.work(world.join(2));
    world.check(refuse);
    expect(world.ledger.finals(JOB).get(unit(first))).toBe(digestOf(first));
  });
});

describe("a checker that accepts what is wrong", () => {
  it("is found out by the units that are computed whole, and its job goes on with its quorum", () => {
    const { world, auditor, one } = judged({ units: 4000 });
    for (let round = 0; whyNotChecked(world.state, world.job(), world.now) === ""; round++) {
      expect(round).toBeLessThan(200);
      const reply = world.claim(one, 64);
      if (reply.type === "assigned") world.submit(reply.assignment, { liar: "!" });
      world.check(accept);
      world.audit(auditor);
      world.tick(60_000);
    }
    expect(world.job().falseAlarms).toBe(MAX_FALSE_ALARMS);
    expect(whyNotChecked(world.state, world.job(), world.now)).toContain("what its checker said");
  });
});

it("of large results a task has as many as fit into 64 MiB, and one at least", () => {
  for (const [bytes, most] of [
    [20 * MIB, 3],
    [100 * MIB, 1],
  ] as const) {
    const { world, one } = judged({ check: { how: "checker", bytes, micros: 1, why: "" } });
    answerSome(world, one, 8);
    expect(world.claimChecks()?.units).toHaveLength(most);
  }
});

describe("a checker that does not come to its end", () => {
  const unrun = (world: World) => {
    const task = world.claimChecks();
    world.send({ type: "check-unrun", job: JOB, task: task?.id ?? "" });
    return task?.units.map(({ unit }) => unit) ?? [];
  };
  /** Tells of whatever is asked that it does not end where the result is a liar's. */
  const stopAtLies = (world: World) => {
    for (let task = world.claimChecks(); task; task = world.claimChecks()) {
      const { units } = world.job().checkTasks.get(task.id) ?? { units: new Map<number, { digest: string }>() };
      const stuck = task.units.find(({ unit }) => units.get(unit)?.digest !== digestOf(unit));
      for (const { unit } of task.units) {
        if (unit === stuck?.unit) break;
        world.send({ type: "check-report", job: JOB, task: task.id, unit, isSame: true });
      }
      if (stuck) world.send({ type: "check-unrun", job: JOB, task: task.id });
    }
  };

  it("is run over each result of such a task alone", () => {
    const { world, one } = judged({ units: 8 });
    answerSome(world, one, 4);
    const together = unrun(world);
    expect(together.length).toBeGreaterThan(1);
    expect(world.claimChecks()?.units.map(({ unit }) => unit)).toEqual(together.slice(0, 1));
    expect(world.job().unrunTasks).toBe(0);
  });

  it("over a liar's results convicts the liar, and stays the job's checker", () => {
    const { world, auditor, one } = judged({ units: 400 });
    const liar = world.join(2);
    for (let round = 0; round < 2 * MAX_CONTRADICTED; round++) {
      answerSome(world, one, 4);
      const reply = world.claim(liar, 2);
      if (reply.type === "assigned") world.submit(reply.assignment, { liar: "!" });
      stopAtLies(world);
      world.audit(auditor);
    }
    expect(whyNotChecked(world.state, world.job(), world.now)).toBe("");
    expect(world.claim(liar, 2).type).not.toBe("assigned");
    for (const [index, digest] of world.ledger.finals(JOB)) expect(digest).toBe(digestOf(index));
    expect(world.job().pages.final).toBeGreaterThan(20);
  });

  it("over three right results in a row is asked for no more, and the quorum decides", () => {
    const { world, auditor, one } = judged({ units: 8 });
    world.work(one);
    for (let task = 0; task < 1 + MAX_UNRUN_TASKS; task++) unrun(world);
    expect(world.job().owed).toBe(MAX_UNRUN_TASKS);
    expect(whyNotChecked(world.state, world.job(), world.now)).toBe("");
    world.audit(auditor);
    expect(whyNotChecked(world.state, world.job(), world.now)).toBe("its checker could not be run on the auditor's GPU");
    world.tick(1000);
    expect(holds(world).check).toBeUndefined();
  });

  it("over floats refuses the result, and is asked for no more after three", () => {
    const { world, one } = judged({ units: 8, floats: true });
    world.work(one);
    for (let task = 0; task < 1 + MAX_UNRUN_TASKS; task++) unrun(world);
    expect(world.job().owed).toBe(0);
    expect(whyNotChecked(world.state, world.job(), world.now)).toBe("its checker could not be run on the auditor's GPU");
  });
});

it("a job whose checker the canary does not believe has its quorum", () => {
  const { world, one } = judged({ units: 8, check: { how: "checker", bytes: 12, micros: 0, why: "it accepts noise" } });
  world.work(one);
  expect(world.claimChecks()).toBeNull();
  expect(world.job().pages.final).toBe(0);
});
