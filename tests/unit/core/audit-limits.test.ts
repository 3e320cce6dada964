/** How often whose agreements are looked at, and what happens when too much waits. */
import { describe, expect, it } from "vitest";
import { AUDIT_STALL_MS, auditState, jobAuditState, MAX_OWED_MS, MAX_PROVISIONAL, VETTED_PASSED } from "../../../server/core/audit.ts";
import { AUDITOR } from "../../../server/core/cluster.ts";
import { WATCH_MS, watch } from "../../../server/core/sentence.ts";
import { step } from "../../../server/core/step.ts";
import { AUDITOR_ACCOUNT, agree, audited } from "./audited.ts";
import { account, JOB, markOf, results, unit, World } from "./world.ts";

/** A world whose accounts 1 and 2 have passed their audits; `watched` of their clusters are watched. */
function known(...watched: number[]): World {
  const world = new World({ units: 4000 });
  world.join(AUDITOR_ACCOUNT, AUDITOR);
  for (const id of [1, 2]) world.ledger.records.set(account(id), { passed: VETTED_PASSED, proven: 0, convictedAt: 0 });
  for (const id of watched) watch(world.state, `account:${id}`, world.now + WATCH_MS);
  return world;
}

describe("an account that has passed its audits", () => {
  it("vouches for nothing while its cluster is watched", () => {
    const world = known(1, 2);
    const [one, two] = [world.join(1), world.join(2)];
    while (world.job().provisional.size < 3) agree(world, one, two);
    expect(world.job().pages.final).toBe(0);
  });

  it("is looked at in half of its agreements with one whose cluster is watched, and in a twentieth with others", () => {
    for (const [watched, least, most] of [
      [[1], 0.4, 0.6],
      [[], 0.01, 0.1],
    ] as const) {
      const world = known(...watched);
      const [one, two] = [world.join(1), world.join(2)];
      const agreements = () => world.job().pages.final + world.job().owed;
      while (agreements() < 400) agree(world, one, two);
      expect(world.job().provisional.size).toBe(0);
      const share = world.job().owed / agreements();
      expect(share).toBeGreaterThan(least);
      expect(share).toBeLessThan(most);
    }
  });
});

describe("when as many units are provisional as may be", () => {
  it("what agrees and is not drawn is final, and the coordinator says that its auditor is behind", () => {
    const { world } = audited({ units: 4000 });
    const [ann, bob] = [world.join(1), world.join(2)];
    const { provisional } = world.job();
    for (let i = 0; provisional.size < MAX_PROVISIONAL - 1; i++) provisional.set(unit(10_000 + i), world.now);
    expect(auditState(world.state, world.now)).toBe("auditing");
    provisional.set(unit(9_999), world.now);
    expect(auditState(world.state, world.now)).toBe("behind");
    // The core alone: what was made up here would not pass the world's checks.
    for (let round = 0; world.job().pages.final === 0; round++) {
      expect(round).toBeLessThan(50);
      for (const host of [ann, bob]) {
        const random = `${host}${round}`.padStart(32, "0");
        const times = { now: world.now, draw: random } as const;
        const effects = step(world.state, { type: "claim", ...times, random, host, units: 4, gpuMillis: 0, job: null });
        for (const effect of effects) {
          if (effect.type !== "reply" || effect.reply.type !== "assigned") continue;
          const { assignment } = effect.reply;
          const units = assignment.runs.flatMap(({ start, length }) => Array.from({ length }, (_, at) => start + at));
          const { account: by } = assignment;
          step(world.state, {
            type: "submit",
            ...times,
            account: by,
            cluster: `account:${by}`,
            assignment,
            results: results(units),
            mark: markOf(by),
          });
        }
      }
    }
    expect(provisional.size).toBe(MAX_PROVISIONAL);
  });
});

describe("the auditor's queue", () => {
  /** One unit of it is a dispute, and takes the auditor so long. */
  function owing(ms: number): World {
    const { world } = audited({ units: 2 });
    world.state.accounts.get(account(AUDITOR_ACCOUNT))?.pace.set(JOB, 1000 * ms);
    for (const id of [1, 2]) {
      const assignment = world.assignment(world.join(id), 2);
      world.submit(assignment, { units: [0], liar: `${id}` });
    }
    expect(world.job().owed).toBe(1);
    return world;
  }

  it("takes no more disputes from half of what it may hold on: others are asked", () => {
    for (const [ms, owed] of [
      [0.4 * MAX_OWED_MS, 2],
      [0.6 * MAX_OWED_MS, 1],
    ] as const) {
      const world = owing(ms);
      for (const lease of [...world.state.leases.values()])
        world.submit({ ...lease, job: JOB, issuedAt: lease.assignedAt }, { units: [1], liar: `${lease.account}` });
      expect(world.job().owed).toBe(owed);
    }
  });

  it("is shared by all auditors", () => {
    const world = owing(1.5 * MAX_OWED_MS);
    expect(auditState(world.state, world.now)).toBe("behind");
    world.join(98, AUDITOR);
    expect(auditState(world.state, world.now)).toBe("auditing");
  });

  it("keeps a dispute that another answer has only made larger", () => {
    const { world } = audited({ units: 1, quorum: 3 });
    const assignments = [1, 2, 3].map((id) => world.assignment(world.join(id)));
    for (const [at, assignment] of assignments.entries()) world.submit(assignment, { liar: `${at}` });
    expect([world.job().due.size, world.job().pages.leased]).toEqual([1, 0]);
  });
});

describe("an auditor that answers nothing of a job", () => {
  it("is given up for it after two hours, in which the job ran: until it is resumed all is as without one", () => {
    const { world, auditor } = audited({ units: 4000 });
    const [ann, bob] = [world.join(1), world.join(2)];
    const verb = (name: "pause" | "resume") => world.send({ type: "job-verb", job: JOB, verb: name });
    while (world.job().owed < 2) agree(world, ann, bob);
    world.tick(AUDIT_STALL_MS - 1);
    verb("pause");
    world.tick(AUDIT_STALL_MS);
    verb("resume");
    // An answer shows that it can.
    world.audit(auditor, 1, { status: "failed" });
    while (world.job().owed < 2) agree(world, ann, bob);
    world.tick(AUDIT_STALL_MS - 1);
    expect(jobAuditState(world.state, world.job(), world.now)).toBe("auditing");
    const { final } = world.job().pages;
    world.tick(1);
    expect(jobAuditState(world.state, world.job(), world.now)).toBe("unable");
    expect([world.job().owed, world.job().provisional.size]).toEqual([0, 0]);
    expect(world.job().pages.final).toBeGreaterThan(final);
    agree(world, ann, bob);
    expect(world.job().owed + world.job().provisional.size).toBe(0);
    for (const name of ["pause", "resume"] as const) verb(name);
    expect(jobAuditState(world.state, world.job(), world.now)).toBe("auditing");
  });

  it("is not the auditor of a job that needs what it lacks, and the job's state says so", () => {
    const { world } = audited({ units: 2, requires: { features: ["shader-f16"], limits: {} } });
    expect(jobAuditState(world.state, world.job(), world.now)).toBe("unable");
  });
});
