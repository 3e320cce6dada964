/** Units that one volunteer computes, and of which the auditor runs slices again. */
import { describe, expect, it } from "vitest";
import { AUDITOR_GRACE_MS, MAX_CONTRADICTED, VETTED_PASSED } from "../../../server/core/audit.ts";
import { TURN_MS } from "../../../server/core/checks.ts";
import { AUDITOR } from "../../../server/core/cluster.ts";
import type { JobSpec } from "../../../server/core/events.ts";
import { Random } from "../../../server/core/random.ts";
import { MAX_CHECK_WAIT_MS, MAX_FALSE_ALARMS, MAX_UNRUN_TASKS, SAMPLE_SLICES, whyNotChecked } from "../../../server/core/sampling.ts";
import { drawSlices, NEWCOMER_SLICES } from "../../../shared/checks.ts";
import type { HostId, JobId, UnitIndex } from "../../../shared/ids.ts";
import { AUDITOR_ACCOUNT, holds } from "./audited.ts";
import { digestOf, JOB, unit, World } from "./world.ts";

const SLICES = 2048;
const SAMPLED: Partial<JobSpec> = { units: 400, check: { how: "slices", slices: SLICES, why: "" }, measured: false };
const everywhere = () => null;

/** A job whose units are sampled, its auditor, and one volunteer. */
function sampled(spec: Partial<JobSpec> = {}): { world: World; auditor: HostId; one: HostId } {
  const world = new World({ ...SAMPLED, ...spec });
  return { world, auditor: world.join(AUDITOR_ACCOUNT, AUDITOR), one: world.join(1) };
}

/** Works until the account is vetted. */
function vet(world: World, by: HostId, auditor: HostId, id = 1): void {
  for (let round = 0; world.recordOf(id).passed < VETTED_PASSED; round++) {
    expect(round).toBeLessThan(50);
    world.submit(world.assignment(by, 4));
    world.check(everywhere);
    world.audit(auditor);
  }
}

/** Units that wait for a check; they are at most two of a hundred fewer than were answered. */
function answerSome(world: World, by: HostId, units: number, liar = ""): void {
  for (let done = 0; done < units; ) done += world.submit(world.assignment(by, 4), { liar }).length;
}

describe("a unit of one volunteer", () => {
  it("is final once its slices were checked, is paid, and is asked of nobody else", () => {
    const { world, auditor, one } = sampled({ units: 40 });
    expect(world.work(one)).toBe(40);
    expect(world.job().pages.final).toBe(0);
    expect(world.claim(world.join(2))).toMatchObject({ type: "idle" });
    world.check(everywhere);
    world.audit(auditor);
    expect(world.job()).toMatchObject({ state: "done", counted: expect.any(Number) });
    expect(world.ledger.replicas(JOB).filter(({ account }) => account === 1)).toHaveLength(40);
    expect(world.ledger.credit.get(1 as never)?.final).toBe(40);
    expect(world.job().checked + world.job().audited).toBe(40);
  });

  it("waits for its bytes before anything is drawn", () => {
    const { world, one } = sampled();
    const assignment = world.assignment(one, 1);
    const [index = 0] = assignment.runs.map(({ start }) => start);
    expect(world.submit(assignment, { inline: false })).toEqual(["wanted"]);
    expect(world.claimChecks()).toBeNull();
    world.send({ type: "bytes", account: assignment.account, job: JOB, unit: unit(index), digest: digestOf(index), bytes: null });
    expect(holds(world)).toEqual({ check: 1 });
  });

  it("has 256 slices drawn of it while its volunteer is new, and 96 afterwards", () => {
    const { world, auditor, one } = sampled();
    answerSome(world, one, 4);
    for (const slices of world.check(everywhere).values()) expect(slices).toHaveLength(NEWCOMER_SLICES);
    vet(world, one, auditor);
    answerSome(world, one, 4);
    const drawn = world.check(everywhere);
    expect(drawn.size).toBeGreaterThan(0);
    for (const slices of drawn.values()) {
      expect(new Set(slices).size).toBe(SAMPLE_SLICES);
      expect(Math.max(...slices)).toBeLessThan(SLICES);
    }
  });

  it("of long units so many are drawn in a task as take the auditor ten seconds", () => {
    const unitMicros = 3_000_000 * (SLICES / NEWCOMER_SLICES);
    const { world, one } = sampled({ unitMicros });
    answerSome(world, one, 12);
    const waiting = holds(world).check ?? 0;
    expect(waiting).toBeGreaterThan(8);
    expect(world.claimChecks()?.units).toHaveLength(4);
    expect(holds(world).check).toBe(waiting);
  });

  it("is computed whole by the auditor in about one of fifty cases, which nobody can foresee", () => {
    const { world, auditor, one } = sampled({ units: 600 });
    vet(world, one, auditor);
    world.work(one);
    expect(world.job().owed).toBeGreaterThan(1);
    expect(world.job().owed).toBeLessThan(35);
    world.check(everywhere);
    world.audit(auditor);
    expect(world.job().state).toBe("done");
  });

  it("that is wrong in a drawn slice is computed by the auditor, and its volunteer is proven wrong as by any audit", () => {
    const { world, auditor, one } = sampled();
    for (let lies = 0; lies < MAX_CONTRADICTED; ) {
      answerSome(world, one, 1, "!");
      world.check(everywhere);
      lies += world.audit(auditor).length;
    }
    expect(world.recordOf(1)).toMatchObject({ passed: 0, convictedAt: world.now });
    for (const [index, digest] of world.ledger.finals(JOB)) expect(digest).toBe(digestOf(index));
    expect(world.ledger.finals(JOB).size).toBeGreaterThanOrEqual(MAX_CONTRADICTED);
    expect(world.ledger.credit.get(1 as never)).toEqual({ escrow: 0, final: 0 });
  });

  it("whose wrong slice is drawn now and then does not outweigh that by what was not looked at", () => {
    const { world, auditor, one } = sampled({ units: 4000 });
    vet(world, one, auditor);
    const before = world.recordOf(1).convictedAt;
    for (let round = 0; world.recordOf(1).convictedAt === before && round < 900; round++) {
      const reply = world.claim(one, 4);
      if (reply.type !== "assigned") break;
      world.submit(reply.assignment, { liar: "!" });
      world.check((index) => [index % SLICES]);
      world.audit(auditor);
      world.tick(100);
    }
    expect(world.recordOf(1).convictedAt).toBeGreaterThan(before);
  });
});

describe("while the auditor is behind", () => {
  /** Units of two liars who are vetted, in a task of the auditor's among others that have waited for long. */
  function behind() {
    const { world, auditor, one } = sampled();
    const two = world.join(2);
    vet(world, one, auditor);
    vet(world, two, auditor, 2);
    answerSome(world, one, 8, "!");
    const lies = [...world.job().checks.keys()];
    world.tick(MAX_CHECK_WAIT_MS / 2);
    const task = world.claimChecks();
    if (!task || lies.length < 2) throw new Error("nothing to check");
    const report = (index: UnitIndex, isSame: boolean) =>
      world.send({ type: "check-report", job: JOB, task: task.id, unit: index, isSame });
    return { world, auditor, one, two, lies, report };
  }

  it("a unit whose slices are right is final once they were checked", () => {
    const { world, lies, report } = behind();
    const [first] = lies;
    report(first as UnitIndex, true);
    expect(world.job().pages.isFinal(first as UnitIndex)).toBe(true);
  });

  it("a unit whose slices are wrong is the auditor's, and accomplices make nothing of it final", () => {
    const { world, auditor, one, two, lies, report } = behind();
    for (const index of lies) report(index, false);
    expect(lies.map((index) => world.job().open.get(index)?.hold)).toEqual(lies.map(() => "due"));
    for (const by of [two, one]) answerSome(world, by, 20, "!");
    world.check(everywhere);
    world.audit(auditor);
    world.work(world.join(3));
    world.check(everywhere);
    world.audit(auditor);
    for (const [index, digest] of world.ledger.finals(JOB)) expect(digest).toBe(digestOf(index));
    expect(lies.filter((index) => !world.job().pages.isFinal(index))).toEqual([]);
    expect(world.recordOf(1).convictedAt).toBe(world.now);
  });
});

describe("without a check", () => {
  it("a second volunteer is asked, once the auditor has been away for long; new units are checked again when it is back", () => {
    const { world, auditor, one } = sampled();
    answerSome(world, one, 8);
    world.leave(auditor);
    world.tick(AUDITOR_GRACE_MS - 1);
    expect(holds(world).check).toBeGreaterThan(0);
    world.tick(1);
    expect(holds(world)).toEqual({ none: world.job().open.size });
    answerSome(world, world.join(2), 8);
    const two = world.job().pages.final;
    expect(two).toBeGreaterThan(0);
    world.join(AUDITOR_ACCOUNT, AUDITOR);
    world.claimChecks();
    answerSome(world, world.join(3), 40);
    expect(holds(world).check).toBeGreaterThan(0);
  });

  it("units that have waited for long are a quorum's, and new ones while some have waited for half of that", () => {
    const { world, one } = sampled();
    answerSome(world, one, 4);
    world.tick(MAX_CHECK_WAIT_MS / 2);
    world.claimChecks();
    const waiting = holds(world).check ?? 0;
    answerSome(world, one, 4);
    expect(holds(world).check).toBe(waiting);
    world.tick(MAX_CHECK_WAIT_MS / 2);
    expect(holds(world).check).toBeUndefined();
  });

  it("a job whose slices cannot be told apart has its quorum, and none is checked", () => {
    const { world, one } = sampled({ units: 8, check: { how: "slices", slices: 0, why: "it is of class E" } });
    world.work(one);
    expect(world.claimChecks()).toBeNull();
    expect(world.job().pages.final).toBe(0);
    world.work(world.join(2));
    world.tick(1);
    expect(world.job().pages.final + (holds(world).provisional ?? 0) + (holds(world).due ?? 0)).toBe(8);
  });

  it("a task that is not told of is drawn anew, and what comes of it later is refused", () => {
    const { world, one } = sampled();
    answerSome(world, one, 4);
    const task = world.claimChecks();
    if (!task) throw new Error("nothing to check");
    expect(world.claimChecks()).toBeNull();
    world.tick(task.limitMs);
    const [first] = task.units;
    if (!first) throw new Error("no unit to check");
    const report = { type: "check-report", job: JOB, unit: first.unit, isSame: true } as const;
    expect(world.send({ ...report, task: task.id }).reply).toMatchObject({ type: "error", code: "wrong-state" });
    const again = world.claimChecks();
    expect(again?.units.map((each) => each.unit)).toEqual(task.units.map((each) => each.unit));
    expect(again?.units[0]?.slices).not.toEqual(first.slices);
  });
});

describe("slices that could not be run", () => {
  const unrun = (world: World, task = world.claimChecks()) => {
    if (!task) throw new Error("nothing to check");
    expect(world.send({ type: "check-unrun", job: task.job, task: task.id }).reply).toEqual({ type: "done" });
    return task.units.map(({ unit: index }) => index);
  };

  it("say nothing of their units, which are the last to be drawn again", () => {
    const { world, one } = sampled();
    answerSome(world, one, 4);
    const task = world.claimChecks();
    answerSome(world, one, 16);
    const given = unrun(world, task);
    const [alarms, again] = [world.job().falseAlarms, world.claimChecks()];
    expect(alarms).toBe(0);
    expect(again?.units[0]?.unit).not.toBe(given[0]);
    expect([...world.job().unchecked, ...(again?.units ?? []).map((each) => each.unit)]).toEqual(expect.arrayContaining(given));
    expect(given.map((index) => world.job().open.get(index)?.check)).toEqual(given.map(() => null));
  });

  it("three times in a row, are asked for no more until an auditor joins, and the quorum decides", () => {
    const { world, auditor, one } = sampled();
    answerSome(world, one, 4);
    for (let task = 0; task < MAX_UNRUN_TASKS - 1; task++) unrun(world);
    expect(whyNotChecked(world.state, world.job(), world.now)).toBe("");
    unrun(world);
    expect(whyNotChecked(world.state, world.job(), world.now)).toContain("could not be run");
    expect(world.claimChecks()).toBeNull();
    world.tick(1000);
    expect(holds(world).check).toBeUndefined();
    expect(world.job().spec.check).toMatchObject({ why: "" });
    world.leave(auditor);
    world.join(AUDITOR_ACCOUNT, AUDITOR);
    answerSome(world, world.join(2), 20);
    expect(holds(world).check).toBeGreaterThan(0);
    expect(world.claimChecks()).not.toBeNull();
  });

  it("are forgotten once a check was told", () => {
    const { world, one } = sampled();
    answerSome(world, one, 20);
    for (let task = 0; task < MAX_UNRUN_TASKS - 1; task++) unrun(world);
    world.check(everywhere, 1);
    answerSome(world, one, 4);
    unrun(world);
    expect(whyNotChecked(world.state, world.job(), world.now)).toBe("");
  });

  it("of a task that is given up are refused", () => {
    const { world, one } = sampled();
    answerSome(world, one, 4);
    const task = world.claimChecks();
    unrun(world, task);
    const again = world.send({ type: "check-unrun", job: JOB, task: task?.id ?? "" });
    expect(again.reply).toMatchObject({ type: "error", code: "wrong-state" });
  });
});

it("a job keeps its turn while it has units to check, for a minute, and the next is that which waited longest", () => {
  const other = 2 as JobId;
  const world = new World(SAMPLED, { ...SAMPLED, id: other });
  const [one, two] = [world.join(1), world.join(2)];
  world.join(AUDITOR_ACCOUNT, AUDITOR);
  const fill = (by: HostId, job: JobId) => {
    for (let batch = 0; batch < 12; batch++) {
      const reply = world.claim(by, 4, job);
      if (reply.type === "assigned") world.submit(reply.assignment);
    }
  };
  fill(one, JOB);
  fill(two, other);
  const first = world.claimChecks()?.job;
  expect(world.claimChecks()?.job).toBe(first);
  world.tick(TURN_MS);
  const second = world.claimChecks()?.job;
  expect([first, second].sort()).toEqual([JOB, other]);
  expect(world.claimChecks()?.job).toBe(second);
  // Its turn ends with its last unit.
  while (world.job(second).unchecked.size > 0) expect(world.claimChecks()?.job).toBe(second);
  expect(world.claimChecks()?.job).toBe(first);
});

it("a task all of whose units are a quorum's by now is not kept", () => {
  const { world, one } = sampled();
  answerSome(world, one, 4);
  const task = world.claimChecks();
  world.send({ type: "job-verb", job: JOB, verb: "pause" });
  world.send({ type: "job-verb", job: JOB, verb: "resume" });
  world.tick(AUDITOR_GRACE_MS);
  expect(holds(world).check).toBeUndefined();
  world.tick(task?.limitMs ?? 0);
  expect(world.job().checkTasks.size).toBe(0);
});

it("a restart draws anew what was not checked, and keeps what was", () => {
  const { world, one } = sampled({ units: 30 });
  world.work(one);
  world.check(everywhere, 1);
  const final = world.job().pages.final;
  expect(final).toBeGreaterThan(0);
  const owed = world.job().owed;
  world.claimChecks();
  world.restart();
  expect(world.job().pages.final).toBe(final);
  expect(world.job().owed).toBeGreaterThanOrEqual(owed);
  expect(world.job().unchecked.size + world.job().owed).toBe(30 - final);
  const auditor = world.join(AUDITOR_ACCOUNT, AUDITOR);
  world.check(everywhere);
  world.audit(auditor);
  expect(world.job().state).toBe("done");
  expect(world.job().checked).toBe(world.ledger.tally(JOB).checked);
});

it("slices that differ where the whole was right, three times, end the job's sampling, also after a restart", () => {
  const { world, auditor, one } = sampled();
  for (let alarms = 0; alarms < MAX_FALSE_ALARMS; ) {
    answerSome(world, one, 1);
    for (let task = world.claimChecks(); task; task = world.claimChecks())
      for (const each of task.units) world.send({ type: "check-report", job: JOB, task: task.id, unit: each.unit, isSame: false });
    alarms += world.audit(auditor).length;
  }
  expect(world.job().spec.check).toMatchObject({ slices: SLICES, why: expect.stringContaining("wrote other bytes") });
  world.restart();
  world.join(AUDITOR_ACCOUNT, AUDITOR);
  answerSome(world, world.join(2), 4);
  expect(holds(world).check).toBeUndefined();
});

it("of the tier audited each unit is computed again, and one volunteer is enough", () => {
  const { world, auditor, one } = sampled({ units: 20, check: { how: "whole" } });
  world.work(one);
  expect(holds(world)).toEqual({ due: 20 });
  world.audit(auditor);
  expect(world.job()).toMatchObject({ state: "done", audited: 20, checked: 0 });
});

it("slices are drawn without repetition, each as often as the others", () => {
  const counts = new Array<number>(16).fill(0);
  for (let draw = 0; draw < 4000; draw++) {
    const random = new Random(draw.toString(16).padStart(32, "0"));
    const slices = drawSlices((most) => random.below(most), 4, 16);
    expect(new Set(slices).size).toBe(4);
    for (const slice of slices) counts[slice] = (counts[slice] ?? 0) + 1;
  }
  expect(drawSlices(() => 0, 5, 5)).toEqual([0, 1, 2, 3, 4]);
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
