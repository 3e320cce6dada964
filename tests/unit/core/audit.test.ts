/** Agreements under an auditor: who is believed at once, who is looked at, and what becomes of those that it contradicts. */
import { describe, expect, it } from "vitest";
import {
  AUDITOR_GRACE_MS,
  auditState,
  MAX_CONTRADICTED,
  MAX_OWED_MS,
  SPARE_AFTER_MS,
  VETTED_PASSED,
  VOUCH_AFTER_MS,
} from "../../../server/core/audit.ts";
import { AUDITOR } from "../../../server/core/cluster.ts";
import { WATCH_MS } from "../../../server/core/sentence.ts";
import { replicasNeeded, WANTED_GRACE_MS } from "../../../server/core/verify.ts";
import { type HostId, unitsOf } from "../../../shared/ids.ts";
import { AUDITOR_ACCOUNT, agree, audited, holds, vetted } from "./audited.ts";
import { account, digestOf, JOB, unit, World } from "./world.ts";

describe("agreements of newcomers", () => {
  it("are final at once while there is no auditor", () => {
    const world = new World({ units: 64 });
    for (const id of [1, 2]) world.work(world.join(id));
    expect(world.job().pages.final).toBe(64);
    expect(auditState(world.state, world.now)).toBe("none");
  });

  it("wait for the auditor, which computes some of them, until one in them has passed enough audits: then they are final", () => {
    const { world, auditor } = audited({ units: 400 });
    const [one, two] = [world.join(1), world.join(2)];
    expect(auditState(world.state, world.now)).toBe("auditing");
    while (world.job().owed < VETTED_PASSED) agree(world, one, two);
    expect(world.job().pages.final).toBe(0);
    const { provisional = 0 } = holds(world);
    expect(provisional).toBeGreaterThan(world.job().owed);
    for (const id of [1, 2]) expect(world.ledger.credit.get(account(id))?.final).toBe(0);
    const units = world.audit(auditor);
    expect(units.length).toBeGreaterThanOrEqual(VETTED_PASSED);
    expect([world.job().owed, world.job().provisional.size]).toEqual([0, 0]);
    expect(world.job().pages.final).toBeGreaterThanOrEqual(provisional + units.length);
    expect(world.recordOf(1).passed).toBe(units.length);
    expect(world.ledger.credit.get(account(AUDITOR_ACCOUNT))?.final).toBe(0);
    expect(world.job().audited).toBe(units.length);
  });

  it("are the auditor's, every one, when nothing else is left to do", () => {
    const { world, auditor } = audited({ units: 8 });
    for (const id of [1, 2]) world.work(world.join(id));
    expect(world.job().state).toBe("running");
    world.audit(auditor);
    expect(world.job().state).toBe("done");
    expect(world.job().audited).toBe(8);
  });

  it("go to a vetted volunteer when the auditor has no time for them, and to nobody else", () => {
    const { world, one } = vetted();
    const [three, four] = [world.join(3), world.join(4)];
    const before = new Set(world.job().provisional.keys());
    while (world.job().provisional.size === before.size) agree(world, three, four);
    const [held] = [...world.job().provisional.keys()].filter((each) => !before.has(each));
    world.tick(VOUCH_AFTER_MS);
    const takes = (by: HostId) => {
      const reply = world.claim(by, 64);
      return reply.type === "assigned" && [...unitsOf(reply.assignment.runs)].some((each) => each === held);
    };
    expect(takes(world.join(5))).toBe(false);
    for (let turn = 0; world.job().provisional.has(unit(held ?? 0)); turn++) {
      expect(turn).toBeLessThan(100);
      world.submit(world.assignment(one, 4));
    }
    expect(world.job().pages.isFinal(unit(held ?? 0))).toBe(true);
  });

  it("ask no third volunteer before their time, though their bytes were late and one was asked for those", () => {
    const { world } = audited({ units: 16 });
    for (const id of [1, 2]) world.work(world.join(id), { inline: false });
    const needed = () => [...world.job().provisional.keys()].map((each) => replicasNeeded(world.job(), each));
    world.tick(WANTED_GRACE_MS);
    expect(replicasNeeded(world.job(), unit(0))).toBe(1);
    for (const each of [...world.job().open.keys()])
      world.send({ type: "bytes", account: account(1), job: JOB, unit: each, digest: digestOf(each), bytes: new Uint8Array(1) });
    expect(needed().length).toBeGreaterThan(0);
    expect(new Set(needed())).toEqual(new Set([0]));
    world.tick(VOUCH_AFTER_MS);
    expect(new Set(needed())).toEqual(new Set([1]));
  });

  it("are the auditor's after a while, when it owes nothing else", () => {
    const { world, auditor } = audited();
    const [one, two] = [world.join(1), world.join(2)];
    while (world.job().provisional.size < 2) agree(world, one, two);
    world.audit(auditor);
    expect(world.job().provisional.size).toBeGreaterThan(0);
    world.tick(SPARE_AFTER_MS);
    world.audit(auditor);
    expect(world.job().provisional.size).toBe(0);
  });
});

describe("agreements of the vetted", () => {
  it("are final at once but for the share that is drawn, and those are final when the auditor agrees", () => {
    const { world, auditor, one, two } = vetted();
    const before = world.job().audited;
    const from = world.job().pages.final;
    while (world.job().pages.final - from + world.job().owed < 2000) agree(world, one, two);
    expect(world.job().provisional.size).toBe(0);
    const drawn = world.audit(auditor).length;
    expect(world.job().audited - before).toBe(drawn);
    // Binomial: 100 of 2000, with a deviation of 10.
    expect(drawn).toBeGreaterThan(50);
    expect(drawn).toBeLessThan(160);
  });

  it("wait for their bytes as before, and then for the auditor", () => {
    const { world, auditor } = audited({ units: 1 });
    const [first, second] = [world.join(1), world.join(2)].map((by) => world.assignment(by));
    if (!first || !second) throw new Error("no work");
    world.submit(first, { inline: false });
    expect(world.submit(second, { inline: false })).toEqual(["wanted"]);
    expect(world.job().wanted.size).toBe(1);
    world.send({ type: "bytes", account: account(1), job: JOB, unit: unit(0), digest: digestOf(0), bytes: new Uint8Array(1) });
    expect(world.job().pages.final).toBe(0);
    expect(world.job().wanted.size).toBe(0);
    world.audit(auditor);
    expect(world.job().pages.final).toBe(1);
  });
});

describe("a dispute", () => {
  it("goes to the auditor and to no third volunteer; its bytes are asked for when nobody gave them", () => {
    const { world, auditor } = audited({ units: 1 });
    world.submit(world.assignment(world.join(1)), { liar: "!" });
    world.submit(world.assignment(world.join(2)), { inline: false });
    expect(world.claim(world.join(3)).type).toBe("idle");
    const ruled = world.assignment(auditor);
    expect(world.submit(ruled, { inline: false, cluster: AUDITOR })).toEqual(["wanted"]);
    expect(world.job().pages.final).toBe(0);
    world.send({
      type: "bytes",
      account: account(AUDITOR_ACCOUNT),
      job: JOB,
      unit: unit(0),
      digest: digestOf(0),
      bytes: new Uint8Array(1),
    });
    expect(world.ledger.finals(JOB).get(unit(0))).toBe(digestOf(0));
    expect(world.ledger.credit.get(account(1))).toEqual({ escrow: 0, final: 0 });
    expect(world.ledger.credit.get(account(2))?.final).toBe(1);
    // Who was right may have made it up with the other: it passed no surprise.
    expect(world.recordOf(2).passed).toBe(0);
  });

  it("goes to a third volunteer while the auditor owes too much", () => {
    const { world } = audited({ units: 3 });
    // A unit takes this one longer than it may owe.
    world.state.accounts.get(account(AUDITOR_ACCOUNT))?.pace.set(JOB, 1000 * (MAX_OWED_MS + 1));
    world.submit(world.assignment(world.join(1)), { liar: "!" });
    world.submit(world.assignment(world.join(2)));
    expect(auditState(world.state, world.now)).toBe("behind");
    expect(world.job().due.size).toBe(1);
    world.submit(world.assignment(world.join(3)));
    expect(world.job().due.size).toBe(1);
    // Nobody in them is vetted: they wait, but the auditor is not asked.
    expect(world.job().provisional.size).toBe(2);
  });

  it("proves nobody wrong who errs alone now and then, and who does again and again", () => {
    const { world, auditor } = audited({ units: 2 * MAX_CONTRADICTED });
    const errsOf = () => world.state.accounts.get(account(2))?.contradicted;
    const [one, two] = [world.join(1), world.join(2)];
    for (let errors = 1; errors < MAX_CONTRADICTED; errors++) {
      world.submit(world.assignment(one, 1));
      const wrong = world.assignment(two, 1);
      world.submit(wrong, { liar: `error ${errors}` });
    }
    while (world.claim(one, 1).type === "assigned");
    world.audit(auditor);
    expect(errsOf()).toBeLessThan(MAX_CONTRADICTED);
    expect(world.ledger.watched.size).toBe(0);
    expect(world.recordOf(2).proven).toBe(0);
  });
});

describe("two who tell the same lie", () => {
  it("are proven wrong by one audit: their other results vote no more, and honest people compute those units", () => {
    const { world, auditor } = audited({ units: 60 });
    const [ann, bob] = [world.join(1), world.join(2)];
    while (world.job().owed === 0 || world.job().provisional.size < 3) agree(world, ann, bob, { liar: "!" });
    const held = new Set(world.assignment(ann, 4).runs);
    expect(held.size).toBeGreaterThan(0);
    world.audit(auditor, 1);
    for (const id of [1, 2]) {
      expect(world.recordOf(id)).toEqual({ passed: 0, proven: 1, convictedAt: world.now });
      expect(world.job().holders.get(account(id))).toBeUndefined();
      expect(world.ledger.watched.get(`account:${id}`)).toBe(world.now + WATCH_MS);
    }
    expect(world.job().provisional.size).toBe(0);
    expect(world.claim(ann)).toMatchObject({ type: "idle", reason: "quota" });
    for (let round = 0; world.job().state === "running"; round++) {
      expect(round).toBeLessThan(50);
      for (const id of [11, 12, 13]) world.work(world.join(id));
      world.audit(auditor);
      world.tick(VOUCH_AFTER_MS);
    }
    for (const [index, digest] of world.ledger.finals(JOB)) expect(digest).toBe(digestOf(index));
    for (const id of [1, 2]) expect(world.ledger.credit.get(account(id))).toEqual({ escrow: 0, final: 0 });
  });

  it("get nothing any more when it happens twice, and are told", () => {
    const { world, auditor } = audited();
    const [ann, bob] = [world.join(1), world.join(2)];
    const before = world.assignment(ann, 4);
    for (let times = 1; times <= 2; times++) {
      for (let round = 0; world.recordOf(1).proven < times; round++) {
        expect(round).toBeLessThan(100);
        for (const id of [1, 2]) Object.assign(world.state.accounts.get(account(id)) ?? {}, { refused: 0 });
        for (const { refused } of world.state.clusters.values()) expect(refused).toBeLessThan(1000);
        for (const id of [1, 2]) Object.assign(world.state.clusters.get(`account:${id}`) ?? {}, { refused: 0 });
        // What was assigned before it was proven wrong counts no more.
        world.tick(1);
        agree(world, ann, bob, { liar: "!" });
        world.audit(auditor, 1);
      }
    }
    const banned = { type: "error", code: "banned" };
    expect(world.claim(ann)).toMatchObject(banned);
    expect(world.send({ type: "renew", host: ann, assignment: before }).reply).toMatchObject(banned);
    expect(new Set(world.submit(before))).toEqual(new Set(["refused"]));
    // A new host, after a restart that knows the account by its row alone.
    world.restart();
    expect(world.claim(world.join(1))).toMatchObject(banned);
  });

  it("are blamed for nothing over floats: others are asked, and one more than the quorum decides", () => {
    const { world, auditor } = audited({ units: 1, floats: true });
    for (const id of [1, 2]) world.submit(world.assignment(world.join(id)), { liar: "rounded" });
    world.audit(auditor);
    expect(world.job().pages.final).toBe(0);
    for (const id of [1, 2]) expect(world.recordOf(id).proven).toBe(0);
    world.submit(world.assignment(world.join(3)), { liar: "rounded" });
    expect(world.ledger.finals(JOB).get(unit(0))).toBe(digestOf(0, "rounded"));
    expect(world.job().audited).toBe(0);
  });
});

describe("an auditor that is not there", () => {
  it("is waited for a while, and then what agrees is final as without one", () => {
    const { world, auditor } = audited();
    const [one, two] = [world.join(1), world.join(2)];
    while (world.job().owed < 3) agree(world, one, two);
    world.leave(auditor);
    expect(auditState(world.state, world.now)).toBe("away");
    world.tick(AUDITOR_GRACE_MS - 1);
    expect(world.job().pages.final).toBe(0);
    world.tick(1);
    expect(auditState(world.state, world.now)).toBe("none");
    expect(holds(world).due).toBeUndefined();
    expect(world.job().provisional.size).toBe(0);
    expect(world.job().pages.final).toBeGreaterThan(3);
  });

  it("is waited for when its kernel needs what it lacks no more than when it never was", () => {
    const { world } = audited({ units: 2, requires: { features: ["f64"], limits: {} } });
    for (const id of [1, 2]) world.work(world.join(id, `net:${id}`, ["f64"]));
    expect(world.job().state).toBe("done");
  });

  it("leaves the unit to its volunteers when the kernel does not run on it", () => {
    const { world, auditor } = audited({ units: 1 });
    for (const id of [1, 2]) world.submit(world.assignment(world.join(id)));
    world.audit(auditor, 1, { status: "failed" });
    expect(world.job().state).toBe("done");
    expect(world.job().audited).toBe(0);
  });

  it("cannot confirm what it has computed as a volunteer", () => {
    const { world, auditor } = audited({ units: 1 });
    world.submit(world.assignment(world.join(1)));
    world.submit(world.assignment(world.join(AUDITOR_ACCOUNT, "net:home")), { liar: "!", cluster: "net:home" });
    expect(world.job().due.size).toBe(1);
    expect(world.claim(auditor).type).toBe("idle");
    world.submit(world.assignment(world.join(2)));
    expect(world.job().pages.final).toBe(1);
    expect(world.job().audited).toBe(0);
  });
});

describe("a restart", () => {
  it("keeps what the auditor owes, what is provisional, who is vetted, who is struck and who is watched", () => {
    const { world, auditor, one, two } = vetted();
    const [three, four] = [world.join(3), world.join(4)];
    while (world.job().owed < 3 || world.job().provisional.size < 3) agree(world, three, four);
    const before = { owed: new Set(world.job().due), final: world.job().pages.final };
    expect(world.recordOf(1).passed).toBeGreaterThanOrEqual(VETTED_PASSED);
    world.leave(auditor);
    for (const by of [one, two, three, four]) world.leave(by);
    world.restart();
    expect(auditState(world.state, world.now)).toBe("away");
    for (const each of before.owed) expect(world.job().due.has(each)).toBe(true);
    expect(world.job().pages.final).toBe(before.final);
    const again = world.join(AUDITOR_ACCOUNT, AUDITOR);
    world.audit(again);
    expect(world.job().pages.final).toBeGreaterThan(before.final);
  });

  it("keeps votes of those who were proven wrong from counting", () => {
    const { world, auditor } = audited();
    const [ann, bob] = [world.join(1), world.join(2)];
    while (world.job().owed === 0 || world.job().provisional.size < 3) agree(world, ann, bob, { liar: "!" });
    world.audit(auditor, 1);
    const struck = [...world.job().open].filter(([, { replicas }]) => replicas.every(({ counted }) => !counted)).map(([each]) => each);
    expect(struck.length).toBeGreaterThan(2);
    world.restart();
    for (const each of struck)
      expect(
        world
          .job()
          .open.get(each)
          ?.replicas.some(({ counted }) => counted),
      ).toBe(false);
  });
});
