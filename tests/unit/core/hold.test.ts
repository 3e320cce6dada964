/** What bounds how long, and how much of a job, one volunteer can keep from the others. */
import { describe, expect, it } from "vitest";
import { MIN_HELD_SHARE_UNITS } from "../../../server/core/assign.ts";
import type { Assignment } from "../../../server/core/events.ts";
import { LATE_GRACE_MS, LATE_MOST_MS } from "../../../server/core/late.ts";
import { MAX_HOLD_MS, MIN_STALL_MS } from "../../../server/core/lease.ts";
import { BARRED_RETURNED, DECAY_MS } from "../../../server/core/standing.ts";
import { type HostId, type UnitIndex, unitsOf } from "../../../shared/ids.ts";
import { account, digestOf, JOB, World } from "./world.ts";

const units = (assignment: Assignment) => [...unitsOf(assignment.runs)];

/** Renews every 30 s, after `before`, until it is refused; returns ms since the claim, and the words of the refusal. */
function renewOn(world: World, by: HostId, first: Assignment, before: (held: Assignment) => void = () => undefined) {
  const begun = world.now;
  for (let held = first; ; ) {
    world.tick(30_000);
    before(held);
    const { reply } = world.send({ type: "renew", host: by, assignment: held });
    if (reply.type === "error") return { after: world.now - begun, why: reply.details.why };
    if (reply.type !== "assigned") throw new Error(JSON.stringify(reply));
    expect(reply.assignment.deadline).toBeLessThanOrEqual(begun + MAX_HOLD_MS);
    expect(reply.lifeMs).toBe(reply.assignment.deadline - world.now);
    held = reply.assignment;
  }
}

describe("a renewal", () => {
  it("is refused when nothing of the lease was answered for too long, and its units go to others", () => {
    const world = new World({ units: 4, quorum: 1 });
    const by = world.join(1);
    const first = world.assignment(by, 4);
    const { after, why } = renewOn(world, by, first);
    expect(after).toBe(MIN_STALL_MS + 30_000);
    expect(why).toMatch(/none of its units was answered/);
    world.tick(first.deadline - first.issuedAt);
    expect(world.job().pages.leased).toBe(0);
    world.work(world.join(2));
    expect(world.job().state).toBe("done");
  });

  it("goes on while units are answered, until the lease is too old", () => {
    const world = new World({ units: 4000, quorum: 1 });
    const by = world.join(1);
    world.prove(by, 200);
    for (let claims = 0; claims < 2; claims++) world.submit(world.assignment(by, 16), { gpuMicros: 1 });
    const claimed = world.claim(by, 600);
    if (claimed.type !== "assigned") throw new Error("no work");
    const left = units(claimed.assignment);
    const { after, why } = renewOn(world, by, claimed.assignment, (held) => world.submit(held, { units: left.splice(0, 1) }));
    expect(after).toBe(MAX_HOLD_MS);
    expect(why).toMatch(/too long/);
    expect(left.length).toBeGreaterThan(0);
  });

  it("does not bring back what was given back or ran out, whoever asks", () => {
    const world = new World({ units: 4 });
    const by = world.join(1);
    world.tick(1);
    const assignment = world.assignment(by, 4);
    world.send({ type: "release", host: by, assignment, units: [] });
    expect(world.send({ type: "renew", host: by, assignment }).reply).toMatchObject({ type: "error", code: "bad-token" });
  });
});

describe("an account", () => {
  it("holds a quarter of what is left of a job at most, and a few units of a small one", () => {
    const world = new World({ units: 400 });
    const by = world.join(1);
    world.submit(world.assignment(by, 4), { gpuMicros: 0 });
    const held = () => world.job().holders.get(account(1)) ?? 0;
    while (world.claim(by).type === "assigned");
    expect(held()).toBe(100);
    expect(world.claim(by)).toMatchObject({ type: "idle", reason: "quota", retryMs: 2_000 });
    const small = new World({ units: 30 });
    const other = small.join(1);
    while (small.claim(other).type === "assigned");
    expect(small.job().holders.get(account(1))).toBe(MIN_HELD_SHARE_UNITS);
  });

  it("that has drawn all that it may asks again soon while some of it is to be answered, and gets more as it answers", () => {
    const world = new World({ units: 400 });
    const first = world.join(1);
    world.prove(first, 400);
    world.work(first);
    const by = world.join(2);
    const held: Assignment[] = [];
    for (let reply = world.claim(by, 16); reply.type === "assigned"; reply = world.claim(by, 16)) held.push(reply.assignment);
    expect(world.claim(by, 16)).toMatchObject({ type: "idle", reason: "quota", retryMs: 2_000 });
    for (const assignment of held) world.submit(assignment);
    expect(world.claim(by, 16).type).toBe("assigned");
  });

  it("that gives back more than anybody may hold gets nothing for a while, and then again", () => {
    const world = new World({ units: 100_000 });
    const by = world.join(1);
    let returned = 0;
    for (let reply = world.claim(by, 16); reply.type === "assigned"; reply = world.claim(by, 16)) {
      world.send({ type: "release", host: by, assignment: reply.assignment, units: [] });
      returned += units(reply.assignment).length;
    }
    expect(returned).toBeGreaterThan(BARRED_RETURNED);
    expect(returned).toBeLessThan(BARRED_RETURNED + 20);
    expect(world.claim(by)).toMatchObject({ type: "idle", reason: "quota", retryMs: 15_000 });
    world.tick(DECAY_MS);
    expect(world.claim(by).type).toBe("assigned");
  });

  it("holds half of what is left of a job at most together with all keys of its cluster", () => {
    const world = new World({ units: 400, quorum: 1 });
    for (let key = 1; key <= 40; key++) {
      const by = world.join(key, "net:one");
      while (world.claim(by).type === "assigned");
    }
    expect(world.job().clusterHolders.get("net:one")).toBe(200);
    expect(world.claim(world.join(41, "net:one"))).toMatchObject({ type: "idle", reason: "quota" });
    expect(world.claim(world.join(42, "net:two")).type).toBe("assigned");
  });

  it("that renews a lease beyond its first life keeps others from its units no longer, and may still answer", () => {
    const world = new World({ units: 1, quorum: 1 });
    const slow = world.join(1);
    const other = world.join(2);
    const claimed = world.claim(slow);
    if (claimed.type !== "assigned") throw new Error("no work");
    world.tick(claimed.lifeMs - 1);
    world.send({ type: "renew", host: slow, assignment: claimed.assignment });
    expect(world.claim(other)).toMatchObject({ type: "idle", reason: "all-assigned" });
    world.tick(1);
    const second = world.assignment(other);
    expect(world.submit(claimed.assignment)).toEqual(["recorded"]);
    expect(world.submit(second)).toEqual(["late"]);
    expect(world.job().state).toBe("done");
  });

  it("that lets a unit go beyond its first life leaves it to one other, who is waited for", () => {
    const world = new World({ units: 1, quorum: 1 });
    const slow = world.join(1);
    const claimed = world.claim(slow);
    if (claimed.type !== "assigned") throw new Error("no work");
    world.tick(claimed.lifeMs - 1);
    world.send({ type: "renew", host: slow, assignment: claimed.assignment });
    world.tick(1);
    world.send({ type: "release", host: slow, assignment: claimed.assignment, units: [] });
    world.assignment(world.join(2));
    expect(world.claim(world.join(3))).toMatchObject({ type: "idle", reason: "all-assigned" });
  });

  it("gets a unit that came back from its cluster only when no other is there to take it", () => {
    const world = new World({ units: 1 });
    const [ann, bob] = [world.join(1, "net:a"), world.join(2, "net:b")];
    const giveBack = () => world.send({ type: "release", host: bob, assignment: world.assignment(bob, 1), units: [] });
    giveBack();
    giveBack();
    world.prove(ann, 4);
    world.prove(bob, 4);
    expect(world.claim(bob)).toMatchObject({ type: "idle", reason: "waits-for-others" });
    expect(world.claim(world.join(3, "net:b"))).toMatchObject({ type: "idle", reason: "waits-for-others" });
    world.submit(world.assignment(ann), { cluster: "net:a" });
    world.submit(world.assignment(bob), { cluster: "net:b" });
    expect(world.job().state).toBe("done");
  });

  it("is not charged for units that it was never told of, nor for a job that was paused", () => {
    const world = new World({ units: 10_000 });
    const by = world.join(1);
    for (let round = 0; round < 32; round++) {
      const assignment = world.assignment(by, 4);
      if (round % 2 === 0) world.send({ type: "trim", assignment, units: units(assignment) });
      else {
        world.send({ type: "job-verb", job: JOB, verb: "pause" });
        world.send({ type: "release", host: by, assignment, units: [] });
        world.send({ type: "job-verb", job: JOB, verb: "resume" });
      }
    }
    expect(world.job().pages.leased).toBe(0);
    const last = world.assignment(by, 4);
    const [first, ...others] = units(last);
    world.send({ type: "trim", assignment: last, units: others });
    expect(world.state.accounts.get(account(1))?.returned).toBe(0);
    world.send({ type: "release", host: by, assignment: last, units: [first as UnitIndex] });
    expect(world.state.accounts.get(account(1))?.returned).toBe(1);
  });

  it("takes up after a restart what it may hold of what it held", () => {
    const world = new World({ units: 400 });
    const by = world.join(1);
    world.prove(by, 32);
    world.submit(world.assignment(by, 4), { gpuMicros: 0 });
    const held = world.assignment(by, 100);
    expect(units(held)).toHaveLength(100);
    world.restart();
    world.work(world.join(2));
    expect(world.job().pages.final).toBe(4);
    const { reply } = world.send({ type: "renew", host: world.join(1), assignment: held });
    expect(reply).toMatchObject({ type: "assigned" });
    expect(world.job().holders.get(account(1))).toBe(99);
  });
});

describe("an answer whose lease is over", () => {
  const answered = (world: World, assignment: Assignment, unit: UnitIndex, liar = "") => world.submit(assignment, { units: [unit], liar });

  it("is a vote, but none beside that of somebody who was asked meanwhile: nobody keeps assignments to choose whom to meet", () => {
    const world = new World({ units: 1 });
    const [bob, ann] = [world.join(1), world.join(2)];
    world.tick(1);
    const kept = world.assignment(bob);
    world.send({ type: "release", host: bob, assignment: kept, units: [] });
    world.tick(1);
    world.submit(world.assignment(ann), { liar: "!" });
    expect(answered(world, kept, 0 as UnitIndex, "!")).toEqual(["recorded"]);
    expect(world.job().pages.final).toBe(0);
    for (const id of [3, 4]) world.submit(world.assignment(world.join(id)));
    expect(world.ledger.finals(JOB).get(0 as UnitIndex)).toBe(digestOf(0));
  });

  it("earns its volunteer who has slept through the lease the same as others", () => {
    const world = new World({ units: 1 });
    world.tick(1);
    const slept = world.assignment(world.join(1));
    world.tick(MIN_STALL_MS);
    world.submit(world.assignment(world.join(2)));
    expect(answered(world, slept, 0 as UnitIndex)).toEqual(["recorded"]);
    expect(world.job().pages.final).toBe(0);
    world.submit(world.assignment(world.join(3)));
    expect(world.job().state).toBe("done");
    for (const id of [1, 2, 3]) expect(world.ledger.credit.get(account(id))).toEqual({ escrow: 0, final: 1 });
  });

  it("completes the quorum with who was asked before it, and with who is asked after it has come", () => {
    for (const isBefore of [true, false]) {
      const world = new World({ units: 1 });
      const other = world.join(2);
      world.tick(1);
      const before = isBefore ? world.assignment(other) : null;
      world.tick(1);
      const late = world.assignment(world.join(1));
      if (before) world.submit(before);
      world.tick(MIN_STALL_MS);
      expect(world.job().pages.leased).toBe(0);
      expect(answered(world, late, 0 as UnitIndex)).toEqual(["recorded"]);
      world.tick(1);
      if (!before) world.submit(world.assignment(other));
      expect(world.job().state).toBe("done");
    }
  });

  /** Two who were asked for the unit, the first of whom answered late. */
  function overlapped(units = 1): World {
    const world = new World({ units });
    world.tick(1);
    const slept = world.assignment(world.join(1));
    world.tick(MIN_STALL_MS);
    world.submit(world.assignment(world.join(2)));
    expect(answered(world, slept, 0 as UnitIndex)).toEqual(["recorded"]);
    return world;
  }

  it("completes the quorum after a minute where nobody else is active", () => {
    const world = overlapped();
    world.tick(LATE_GRACE_MS - 1);
    expect(world.job().pages.final).toBe(0);
    world.tick(1);
    expect(world.job().state).toBe("done");
    for (const id of [1, 2]) expect(world.ledger.credit.get(account(id))).toEqual({ escrow: 0, final: 1 });
  });

  it("waits for others where they are active, for an hour", () => {
    const world = overlapped();
    const others = [3, 4, 5].map((id) => world.join(id));
    for (let waited = 0; waited < LATE_MOST_MS; waited += LATE_GRACE_MS) {
      expect(world.job().pages.final).toBe(0);
      for (const by of others) world.prove(by, 1);
      world.tick(LATE_GRACE_MS);
    }
    expect(world.job().state).toBe("done");
  });

  it("ends its unit in a restart, which does not know what came late", () => {
    const world = new World({ units: 1 });
    world.tick(1);
    const slept = world.assignment(world.join(1));
    world.tick(MIN_STALL_MS);
    world.submit(world.assignment(world.join(2)));
    expect(answered(world, slept, 0 as UnitIndex)).toEqual(["recorded"]);
    expect(world.job().pages.final).toBe(0);
    world.restart();
    expect(world.job().state).toBe("done");
    for (const id of [1, 2]) expect(world.ledger.credit.get(account(id))).toEqual({ escrow: 0, final: 1 });
  });

  it("counts when it was our crash that ended the lease", () => {
    const world = new World({ units: 1 });
    world.tick(1);
    const before = world.assignment(world.join(1));
    world.tick(1);
    world.restart();
    world.tick(1);
    world.submit(world.assignment(world.join(2)));
    expect(world.submit(before)).toEqual(["recorded"]);
    expect(world.job().state).toBe("done");
  });
});
