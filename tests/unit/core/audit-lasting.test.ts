/** What stays of audits when auditors go, processes end and several things are found out at once. */
import { describe, expect, it } from "vitest";
import { AUDITOR_GRACE_MS, auditState, MAX_CONTRADICTED, MAX_OWED_MS, VETTED_PASSED, VOUCH_AFTER_MS } from "../../../server/core/audit.ts";
import { AUDITOR } from "../../../server/core/cluster.ts";
import { HOST_GRACE_MS } from "../../../server/core/expiry.ts";
import { type JobId, unitsOf } from "../../../shared/ids.ts";
import { AUDITOR_ACCOUNT, agree, audited, disputeAll } from "./audited.ts";
import { account, digestOf, JOB, World } from "./world.ts";

const OTHER = 2 as JobId;

describe("an auditor that was there before a restart", () => {
  it("is waited for from then on, by agreements on jobs that it never looked at too", () => {
    const { world, auditor } = audited({ units: 2 });
    world.leave(auditor);
    world.tick(AUDITOR_GRACE_MS);
    expect(auditState(world.state, world.now)).toBe("none");
    world.restart();
    expect(auditState(world.state, world.now)).toBe("away");
    for (const id of [1, 2]) world.work(world.join(id));
    world.tick(AUDITOR_GRACE_MS - 1);
    expect(world.job().pages.final).toBe(0);
    world.tick(1);
    expect(world.job().pages.final).toBe(2);
  });

  it("is not when there never was one", () => {
    const world = new World({ units: 2 });
    world.restart();
    for (const id of [1, 2]) world.work(world.join(id));
    expect(world.job().pages.final).toBe(2);
  });
});

describe("one of two auditors that leaves", () => {
  it("is waited for where the other cannot compute what it owed, and what it owed is not final without it", () => {
    const world = new World({ units: 2, requires: { features: ["shader-f16"], limits: {} } });
    const able = world.join(AUDITOR_ACCOUNT, AUDITOR, ["shader-f16"]);
    world.join(98, AUDITOR);
    for (const id of [1, 2]) world.work(world.join(id, `net:${id}`, ["shader-f16"]));
    world.leave(able);
    world.tick(AUDITOR_GRACE_MS - 1);
    expect([auditState(world.state, world.now), world.job().pages.final]).toEqual(["auditing", 0]);
    world.audit(world.join(AUDITOR_ACCOUNT, AUDITOR, ["shader-f16"]));
    expect(world.job().audited).toBe(2);
  });

  it("is given up after a while", () => {
    const world = new World({ units: 2, requires: { features: ["shader-f16"], limits: {} } });
    const able = world.join(AUDITOR_ACCOUNT, AUDITOR, ["shader-f16"]);
    world.join(98, AUDITOR);
    for (const id of [1, 2]) world.work(world.join(id, `net:${id}`, ["shader-f16"]));
    world.leave(able);
    world.tick(AUDITOR_GRACE_MS);
    expect([world.job().pages.final, world.job().audited]).toEqual([2, 0]);
  });

  it("leaves what it had taken to the other", () => {
    const { world, auditor } = audited({ units: 2 });
    const other = world.join(98, AUDITOR);
    for (const id of [1, 2]) world.work(world.join(id));
    while (world.claim(auditor, 64).type === "assigned");
    world.leave(auditor);
    expect(world.claim(other).type).toBe("idle");
    world.tick(HOST_GRACE_MS);
    expect(world.audit(other)).toHaveLength(2);
    expect(world.job().state).toBe("done");
  });
});

describe("a job of which the auditor owes more than it may", () => {
  it("keeps it from no other job: of each it may owe one unit", () => {
    const world = new World({ units: 8 }, { id: OTHER, units: 8 });
    world.join(AUDITOR_ACCOUNT, AUDITOR);
    world.state.accounts.get(account(AUDITOR_ACCOUNT))?.pace.set(JOB, 1000 * (MAX_OWED_MS + 1));
    disputeAll(world, JOB);
    disputeAll(world, OTHER);
    expect(auditState(world.state, world.now)).toBe("behind");
    expect([world.job(JOB).due.size, world.job(OTHER).due.size]).toEqual([1, 1]);
  });

  it("is not the only one that the auditor is given", () => {
    const world = new World({ units: 8 }, { id: OTHER, units: 8 });
    const auditor = world.join(AUDITOR_ACCOUNT, AUDITOR);
    for (const job of [JOB, OTHER]) disputeAll(world, job);
    const jobs: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      world.tick(1);
      jobs.push(world.assignment(auditor, 1).job);
    }
    expect(jobs).toEqual([JOB, OTHER, JOB, OTHER]);
  });
});

describe("what was drawn", () => {
  it("is the auditor's before what newcomers of another job have waiting", () => {
    const world = new World({ units: 12 }, { id: OTHER, units: 2 });
    const auditor = world.join(AUDITOR_ACCOUNT, AUDITOR);
    for (const id of [3, 4]) {
      const by = world.join(id);
      for (let reply = world.claim(by, 4, JOB); reply.type === "assigned"; reply = world.claim(by, 4, JOB)) world.submit(reply.assignment);
    }
    while (world.job(JOB).due.size > 0) {
      const reply = world.claim(auditor, 64, JOB);
      if (reply.type === "assigned") world.submit(reply.assignment, { cluster: AUDITOR });
    }
    expect(world.job(JOB).provisional.size).toBeGreaterThan(0);
    disputeAll(world, OTHER);
    // By its turn alone it would be the other job's.
    world.tick(1);
    expect(world.claim(auditor, 1, OTHER).type).toBe("assigned");
    expect(world.assignment(auditor, 64).job).toBe(OTHER);
  });
});

describe("two results that both have their votes", () => {
  it("leave the unit to the one that somebody vetted gave", () => {
    const world = new World({ units: 12, maxReplicas: 12 });
    world.join(AUDITOR_ACCOUNT, AUDITOR);
    for (const id of [3, 4]) world.work(world.join(id), { liar: "!" });
    const held = [...world.job().provisional.keys()];
    expect(held.length).toBeGreaterThan(0);
    // It owes some, each of which takes it too long: disputes are left to volunteers.
    expect(world.job().owed).toBeGreaterThan(0);
    world.state.accounts.get(account(AUDITOR_ACCOUNT))?.pace.set(JOB, 1000 * (MAX_OWED_MS + 1));
    world.tick(VOUCH_AFTER_MS);
    for (const id of [1, 2]) {
      world.ledger.records.set(account(id), { passed: VETTED_PASSED, proven: 0, convictedAt: 0 });
      world.work(world.join(id));
    }
    const finals = world.ledger.finals(JOB);
    for (const unit of held) expect(finals.get(unit)).toBe(digestOf(unit));
  });
});

describe("two disputes that end in one step", () => {
  it("leave the mark that one of them was a lie told alike", () => {
    const world = new World({ units: 2, quorum: 3 });
    const auditor = world.join(AUDITOR_ACCOUNT, AUDITOR);
    const liar = world.join(1);
    const both = world.assignment(liar, 2);
    world.submit(both, { units: [0], liar: "!" });
    world.submit(both, { units: [1], liar: "alone" });
    const alike = world.assignment(world.join(2), 2);
    world.submit(alike, { units: [0], liar: "!" });
    world.submit(alike, { units: [1] });
    world.submit(world.assignment(world.join(3), 1));
    expect([...world.job().due].toSorted()).toEqual([0, 1]);
    Object.assign(world.state.accounts.get(account(1)) ?? {}, { contradicted: MAX_CONTRADICTED - 1 });
    world.audit(auditor);
    expect(world.recordOf(1).proven).toBe(1);
    expect(world.recordOf(2).proven).toBe(1);
  });
});

describe("what was assigned to an account before it was proven wrong", () => {
  it("is no vote when it comes afterwards, nor renewed, also after a restart; what is assigned later is", () => {
    const { world, auditor } = audited({ units: 60 });
    const [ann, bob] = [world.join(1), world.join(2)];
    const before = world.assignment(ann, 4);
    while (world.job().owed === 0) agree(world, ann, bob, { liar: "!" });
    world.tick(1);
    world.audit(auditor, 1);
    expect(world.recordOf(1).convictedAt).toBe(world.now);
    world.tick(1);
    const refused = [...unitsOf(before.runs)].map(() => "refused");
    expect(world.submit(before)).toEqual(refused);
    world.restart();
    const again = world.join(1);
    expect(world.submit(before)).toEqual(refused);
    expect(world.send({ type: "renew", host: again, assignment: before }).reply).toMatchObject({ type: "error", code: "bad-token" });
    expect(world.submit(world.assignment(again, 1))).toEqual(["recorded"]);
  });
});
