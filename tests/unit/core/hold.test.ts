/** What bounds how long, and how much of a job, one volunteer can keep from the others. */
import { describe, expect, it } from "vitest";
import { DECAY_MS, THROTTLE_RETURNED } from "../../../server/core/account.ts";
import { MIN_HELD_SHARE_UNITS } from "../../../server/core/assign.ts";
import type { Assignment } from "../../../server/core/events.ts";
import { MAX_HOLD_MS, MIN_STALL_MS } from "../../../server/core/lease.ts";
import { type HostId, type UnitIndex, unitsOf } from "../../../shared/ids.ts";
import { account, JOB, World } from "./world.ts";

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
    expect(world.claim(by)).toMatchObject({ type: "idle", reason: "all-assigned" });
    const small = new World({ units: 30 });
    const other = small.join(1);
    while (small.claim(other).type === "assigned");
    expect(small.job().holders.get(account(1))).toBe(MIN_HELD_SHARE_UNITS);
  });

  it("that gives back most of what it takes gets nothing for a while, and then again", () => {
    const world = new World({ units: 10_000 });
    const by = world.join(1);
    let draws = 0;
    for (let reply = world.claim(by, 4); reply.type === "assigned"; reply = world.claim(by, 4), draws++)
      world.send({ type: "release", host: by, assignment: reply.assignment, units: units(reply.assignment).slice(1) });
    expect(draws).toBe(THROTTLE_RETURNED);
    expect(world.claim(by)).toMatchObject({ type: "idle", reason: "quota" });
    world.tick(DECAY_MS);
    expect(world.claim(by).type).toBe("assigned");
  });

  it("is not charged for units that it was never told of, nor for a job that was paused", () => {
    const world = new World({ units: 10_000 });
    const by = world.join(1);
    for (let round = 0; round < 2 * THROTTLE_RETURNED; round++) {
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
  const answered = (world: World, assignment: Assignment, unit: UnitIndex) => world.submit(assignment, { units: [unit] });

  it("does not count once somebody was asked after it: nobody keeps assignments to choose whom to meet", () => {
    const world = new World({ units: 1 });
    const [bob, ann] = [world.join(1), world.join(2)];
    world.tick(1);
    const kept = world.assignment(bob);
    world.send({ type: "release", host: bob, assignment: kept, units: [] });
    world.tick(1);
    const drawn = world.assignment(ann);
    expect(answered(world, kept, 0 as UnitIndex)).toEqual(["late"]);
    world.submit(drawn, { liar: "!" });
    expect(answered(world, kept, 0 as UnitIndex)).toEqual(["late"]);
    expect(world.job().open.get(0 as UnitIndex)?.replicas).toHaveLength(1);
  });

  it("counts when all others were asked before it, and when nobody was", () => {
    const world = new World({ units: 1 });
    world.tick(1);
    const first = world.assignment(world.join(1));
    world.tick(1);
    const second = world.assignment(world.join(2));
    world.tick(MIN_STALL_MS);
    expect(world.job().pages.leased).toBe(0);
    expect(world.submit(first)).toEqual(["recorded"]);
    expect(world.submit(second)).toEqual(["recorded"]);
    expect(world.submit(second)).toEqual(["duplicate"]);
    expect(world.job().state).toBe("done");
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
