import { describe, expect, it } from "vitest";
import { accountOf, MAX_HELD_LEASES } from "../../../server/core/account.ts";
import { FIRST_CLAIM_UNITS, MAX_OPEN_UNITS, UNPACED_CLAIM_UNITS } from "../../../server/core/assign.ts";
import type { Assignment } from "../../../server/core/events.ts";
import { HOST_GRACE_MS } from "../../../server/core/expiry.ts";
import { LIFE_PER_GPU_TIME, MAX_HOLD_MS, MAX_LIFE_MS, MIN_LIFE_MS } from "../../../server/core/lease.ts";
import { DECAY_MS, THROTTLE_REFUSED } from "../../../server/core/standing.ts";
import { step } from "../../../server/core/step.ts";
import { GFLOP_PER_CREDIT } from "../../../shared/credit.ts";
import { type JobId, unitsOf } from "../../../shared/ids.ts";
import { MAX_BATCH_UNITS } from "../../../shared/wire.ts";
import { account, host, JOB, jobSpec, unit, World } from "./world.ts";

const units = (assignment: Assignment) => [...unitsOf(assignment.runs)];

describe("a claim", () => {
  it("is small at first, then as large as the host's pace allows", () => {
    const world = new World({ units: 100_000, quorum: 1 });
    const by = world.join(1);
    const sizes: number[] = [];
    for (let claims = 0; claims < 7; claims++) {
      const reply = world.claim(by, 4096, null, 30_000);
      if (reply.type !== "assigned") throw new Error("no work");
      sizes.push(units(reply.assignment).length);
      world.tick(1000);
      world.submit(reply.assignment, { gpuMicros: 100_000 });
    }
    expect(sizes).toEqual([FIRST_CLAIM_UNITS, 16, 80, 300, 300, 300, 300]);
  });

  it("of a job it has not shown its pace of is sized by its own speed and the owner's figure, and has the time for it once it has verified work", () => {
    const gflopPerUnit = 1_000;
    const world = new World({ units: 1_000, creditPerUnit: gflopPerUnit / GFLOP_PER_CREDIT });
    const claimOf = (gflops?: number, final = 1) => {
      const by = host(2 + (gflops ?? 0) + 100_000 * final);
      const facts = { host: by, account: account(by), cluster: `account:${by}`, features: [], limits: {}, gflops };
      step(world.state, { type: "host-joined", now: world.now, facts, record: { passed: 0, proven: 0, convictedAt: 0 } });
      accountOf(world.state, account(by)).final = final;
      const reply = world.claim(by, 0, null, 30_000);
      if (reply.type !== "assigned") throw new Error("no work");
      return [units(reply.assignment).length, reply.lifeMs];
    };
    expect(claimOf(16_384)).toEqual([FIRST_CLAIM_UNITS, MIN_LIFE_MS]);
    expect(claimOf(64)).toEqual([2, Math.round((2 * 1000 * gflopPerUnit * LIFE_PER_GPU_TIME) / 64)]);
    expect(claimOf(1)).toEqual([1, MAX_LIFE_MS]);
    expect(claimOf()).toEqual([FIRST_CLAIM_UNITS, MIN_LIFE_MS]);
    expect(claimOf(1, 0)).toEqual([1, MIN_LIFE_MS]);
  });

  it("is no larger for what a volunteer tells of its pace before a unit of it is final, and may be smaller", () => {
    const world = new World({ units: 100_000 });
    const by = world.join(1);
    world.submit(world.assignment(by, 4096), { gpuMicros: 1 });
    for (let claims = 0; claims < 3; claims++) expect(units(world.assignment(by, 4096))).toHaveLength(UNPACED_CLAIM_UNITS);
    const slow = world.join(2);
    world.tick(60_000);
    const first = world.assignment(slow, 4096);
    world.tick(50_000);
    world.submit(first, { gpuMicros: 10_000_000 });
    const reply = world.claim(slow, 4096, null, 30_000);
    if (reply.type !== "assigned") throw new Error("no work");
    expect(units(reply.assignment).length).toBeLessThan(UNPACED_CLAIM_UNITS);
  });

  it("is not made smaller by sockets that do nothing", () => {
    const world = new World({ units: 64, quorum: 1 });
    const by = world.join(1);
    world.prove(by, 64);
    world.submit(world.assignment(by, 4), { gpuMicros: 0 });
    for (let idle = 0; idle < 500; idle++)
      step(world.state, {
        type: "host-joined",
        now: world.now,
        facts: { host: host(1000 + idle), account: account(1000 + idle), cluster: "idle", features: [], limits: {} },
        record: { passed: 0, proven: 0, convictedAt: 0 },
      });
    expect(units(world.assignment(by, 64))).toHaveLength(16);
  });

  it("is made smaller by a few keys without a final unit, and no further by many more", () => {
    const world = new World({ units: 1024, quorum: 1 });
    const by = world.join(1);
    world.submit(world.assignment(by, 4), { gpuMicros: 0 });
    for (let id = 2; id <= 101; id++) world.assignment(world.join(id), 1);
    expect(units(world.assignment(by, 4096))).toHaveLength(16);
  });

  it("never holds more than a batch, whatever it asks for", () => {
    const world = new World({ units: 1e9 });
    const by = world.join(1);
    world.prove(by, MAX_BATCH_UNITS / 4);
    world.submit(world.assignment(by), { gpuMicros: 0 });
    for (let i = 0; i < 2; i++) {
      const reply = world.claim(by, 0xffffffff, null, 0xffffffff);
      if (reply.type !== "assigned") throw new Error("no work");
      expect(units(reply.assignment)).toHaveLength(MAX_BATCH_UNITS);
    }
    expect(world.claim(by, 1)).toMatchObject({ type: "idle", reason: "quota", retryMs: 2_000 });
  });

  it("is refused to who holds as many leases as an account may, on any of its hosts, until one is answered", () => {
    const world = new World({ units: 1e9 });
    const hosts = [world.join(1), world.join(1)] as const;
    world.prove(hosts[0], 400);
    const held: Assignment[] = [];
    for (
      let reply = world.claim(hosts[0], 1);
      reply.type === "assigned" && held.length <= MAX_HELD_LEASES;
      reply = world.claim(hosts[held.length % 2] ?? hosts[0], 1)
    )
      held.push(reply.assignment);
    expect(held).toHaveLength(MAX_HELD_LEASES);
    for (const by of hosts) expect(world.claim(by, 1)).toMatchObject({ type: "idle", reason: "quota", retryMs: 2_000 });
    world.submit(held[0] as Assignment);
    expect(world.claim(hosts[1], 1).type).toBe("assigned");
  });

  it("never gives an account a unit twice, on any of its hosts", () => {
    const world = new World({ units: 10 });
    const seen = new Set<number>();
    for (const by of [world.join(1), world.join(1, "elsewhere")]) {
      for (let reply = world.claim(by, 3); reply.type === "assigned"; reply = world.claim(by, 3)) {
        for (const index of unitsOf(reply.assignment.runs)) {
          expect(seen.has(index)).toBe(false);
          seen.add(index);
        }
      }
    }
    expect(seen.size).toBe(10);
  });

  it("never gives two accounts of a cluster the same unit", () => {
    const world = new World({ units: 8 });
    world.assignment(world.join(1, "net"), 4);
    expect(world.claim(world.join(2, "net"), 1)).toMatchObject({ type: "assigned", assignment: { runs: [{ start: 4 }] } });
  });

  it("says that it waits for others when the rest needs another cluster", () => {
    const world = new World({ units: 4 });
    const by = world.join(1);
    expect(world.work(by)).toBe(4);
    expect(world.claim(by)).toMatchObject({ type: "idle", reason: "waits-for-others" });
  });

  it("says when all is assigned, when there is no job, when it is paused and when features are missing", () => {
    const world = new World({ units: 1, requires: { features: ["shader-f16"], limits: { maxBufferSize: 1000 } } });
    const plain = world.join(1);
    expect(world.claim(plain)).toMatchObject({ type: "idle", reason: "needs-features" });
    expect(world.claim(world.join(2, "b", ["shader-f16"], { maxBufferSize: 999 }))).toMatchObject({ reason: "needs-features" });
    const able = [3, 4, 5].map((id) => world.join(id, `c${id}`, ["shader-f16"], { maxBufferSize: 1000 }));
    for (const by of able.slice(0, 2)) expect(world.claim(by).type).toBe("assigned");
    expect(world.claim(able[2] ?? host(0))).toMatchObject({ type: "idle", reason: "all-assigned" });
    world.send({ type: "job-verb", job: JOB, verb: "pause" });
    expect(world.claim(able[2] ?? host(0))).toMatchObject({ type: "idle", reason: "paused" });
    world.send({ type: "job-verb", job: JOB, verb: "cancel" });
    expect(world.claim(able[2] ?? host(0))).toMatchObject({ type: "idle", reason: "no-jobs" });
    expect(world.claim(host(99))).toMatchObject({ type: "error", code: "not-authenticated" });
  });

  it("serves the higher priority first, then the older job, and the job that was asked for", () => {
    const second = 2 as JobId;
    const third = 3 as JobId;
    const world = new World(
      jobSpec({ units: 100 }),
      jobSpec({ id: second, units: 1, priority: 5, quorum: 1 }),
      jobSpec({ id: third, units: 100 }),
    );
    const by = world.join(1);
    expect(world.assignment(by).job).toBe(second);
    expect(world.assignment(by).job).toBe(JOB);
    expect(world.claim(by, 1, third)).toMatchObject({ assignment: { job: third } });
  });

  it("costs the same on a job of 10^9 units, which uses no memory until it is touched", () => {
    const world = new World({ units: 1e9 });
    expect(world.job().pages.openPages).toBe(0);
    const hosts = [1, 2].map((id) => world.join(id));
    for (let round = 0; round < 200; round++) for (const by of hosts) world.submit(world.assignment(by, 64));
    // Pages that have ended are dropped: what is open is where the two work.
    expect(world.job().pages.final).toBeGreaterThan(3000);
    expect(world.job().pages.openPages).toBeLessThanOrEqual(2);
    expect(world.job().open.size).toBeLessThan(100);
  });

  it("reaches the last units of a job of 2^53 - 1", () => {
    const world = new World({ units: Number.MAX_SAFE_INTEGER, quorum: 1 });
    world.job().cursor = Number.MAX_SAFE_INTEGER - 3;
    const assignment = world.assignment(world.join(1), 10);
    expect(units(assignment)).toEqual([Number.MAX_SAFE_INTEGER - 3, Number.MAX_SAFE_INTEGER - 2, Number.MAX_SAFE_INTEGER - 1]);
    expect(world.submit(assignment)).toEqual(["recorded", "recorded", "recorded"]);
    expect(world.job().pages.isFinal(unit(Number.MAX_SAFE_INTEGER - 1))).toBe(true);
  });

  it("begins nothing new while too many units wait for others", () => {
    const world = new World({ units: 1e6 });
    const job = world.job();
    const placeholder = {
      replicas: [],
      withBytes: [],
      distances: null,
      overdue: false,
      hold: "none" as const,
      ruling: null,
      lone: "undecided" as const,
      check: null,
      rejected: [],
      unjudged: null,
    };
    const full = new Map(Array.from({ length: MAX_OPEN_UNITS }, (_, index) => [unit(500_000 + index), placeholder] as const));
    job.open = full;
    const by = host(1);
    const facts = { host: by, account: account(1), cluster: "c", features: [], limits: {} };
    step(world.state, { type: "host-joined", now: 1, facts, record: { passed: 0, proven: 0, convictedAt: 0 } });
    const [effect] = step(world.state, { type: "claim", now: 1, random: "a".repeat(32), host: by, units: 4, gpuMillis: 0, job: null });
    expect(effect).toMatchObject({ type: "reply", reply: { type: "idle", reason: "waits-for-others" } });
    expect(job.pages.leased).toBe(0);
  });

  it("reaches untouched units behind any number of units that wait for somebody else", () => {
    const world = new World({ units: 1e6 });
    const by = world.join(1);
    world.prove(by, MAX_BATCH_UNITS / 4);
    for (let done = 0; done < 30_000; ) done += world.submit(world.assignment(by, 4096), { gpuMicros: 0, inline: false }).length;
    expect(world.job().open.size).toBeGreaterThanOrEqual(30_000);
    const [run] = world.assignment(world.join(2), 4).runs;
    expect(run?.start).toBeLessThan(30_000);
  });
});

describe("a lease", () => {
  it("goes to others when its deadline has passed", () => {
    const world = new World({ units: 2, quorum: 1 });
    const lost = world.claim(world.join(1), 2);
    if (lost.type !== "assigned") throw new Error("no work");
    const other = world.join(2);
    world.work(other);
    expect(world.job().pages.final).toBe(1);
    world.tick(lost.lifeMs - 1);
    expect(world.claim(other).type).toBe("idle");
    world.tick(1);
    world.work(other);
    expect(world.job().state).toBe("done");
  });

  it("outlives its host for a while, so that a reload can come back", () => {
    const world = new World({ units: 1, quorum: 1 });
    const left = world.join(1);
    const assignment = world.assignment(left);
    world.leave(left);
    const other = world.join(2);
    world.tick(HOST_GRACE_MS - 1);
    expect(world.claim(other).type).toBe("idle");
    const back = world.join(1);
    expect(world.send({ type: "renew", host: back, assignment }).reply).toMatchObject({
      type: "assigned",
      assignment: { id: assignment.id },
    });
    world.tick(HOST_GRACE_MS);
    expect(world.claim(other).type).toBe("idle");
    world.leave(back);
    world.tick(HOST_GRACE_MS);
    expect(world.claim(other).type).toBe("assigned");
  });

  it("gives back what is released, some or all", () => {
    const world = new World({ units: 4, quorum: 1 });
    const one = world.join(1);
    const assignment = world.assignment(one, 4);
    const held = units(assignment);
    world.send({ type: "release", host: one, assignment, units: held.slice(0, 1) });
    expect(world.job().pages.leased).toBe(held.length - 1);
    world.send({ type: "release", host: one, assignment, units: [unit(77)] });
    expect(world.job().pages.leased).toBe(held.length - 1);
    const stranger = world.join(2);
    world.send({ type: "release", host: stranger, assignment, units: [] });
    expect(world.job().pages.leased).toBe(held.length - 1);
    world.send({ type: "release", host: one, assignment, units: [] });
    expect(world.job().pages.leased).toBe(0);
    world.work(stranger);
    expect(world.job().state).toBe("done");
  });

  it("is taken up again by a renewal after a restart, for what is still needed", () => {
    const world = new World({ units: 4, quorum: 1 });
    const assignment = world.assignment(world.join(1), 2);
    world.restart();
    const other = world.join(2);
    const taken = world.assignment(other, 1);
    expect(units(taken)).toEqual([0]);
    const back = world.join(1);
    expect(world.send({ type: "renew", host: back, assignment }).reply).toMatchObject({
      type: "assigned",
      assignment: { runs: [{ start: 1, length: 1 }] },
    });
    expect(world.send({ type: "renew", host: other, assignment }).reply).toMatchObject({ type: "error", code: "foreign-token" });
  });

  it("cannot be renewed for ever", () => {
    const world = new World({ units: 1, quorum: 1 });
    const by = world.join(1);
    let assignment = world.assignment(by);
    let renewals = 0;
    for (; renewals < 1000; renewals++) {
      world.tick(50_000);
      const { reply } = world.send({ type: "renew", host: by, assignment });
      if (reply.type !== "assigned") break;
      assignment = reply.assignment;
    }
    expect(renewals * 50_000).toBeLessThanOrEqual(MAX_HOLD_MS);
    world.tick(MAX_LIFE_MS);
    world.work(world.join(2));
    expect(world.job().state).toBe("done");
  });

  it("cannot be renewed when nothing of it is left", () => {
    const world = new World({ units: 1, quorum: 1 });
    const by = world.join(1);
    const assignment = world.assignment(by);
    world.submit(assignment);
    expect(world.send({ type: "renew", host: by, assignment }).reply).toMatchObject({ type: "error", code: "bad-token" });
  });
});

describe("a volunteer whose results mostly lose", () => {
  it("gets no work for a while, and then again", () => {
    const world = new World({ units: 64 });
    const [liar, one, two] = [world.join(1), world.join(2), world.join(3)];
    for (let round = 0; round < THROTTLE_REFUSED; round++) world.submit(world.assignment(liar, 1), { liar: "!" });
    world.work(one);
    world.work(two);
    expect(world.claim(liar)).toMatchObject({ type: "idle", reason: "quota" });
    world.tick(DECAY_MS);
    world.tick(DECAY_MS);
    expect(world.claim(liar)).not.toMatchObject({ reason: "quota" });
  });
});

describe("an account that is forgotten", () => {
  it("loses its leases, and its votes still count", () => {
    const world = new World({ units: 4 });
    const by = world.join(1);
    const assignment = world.assignment(by, 4);
    world.submit(assignment, { units: units(assignment).slice(0, 1) });
    world.send({ type: "forget", account: account(1) });
    expect(world.job().pages.leased).toBe(0);
    expect(world.claim(by)).toMatchObject({ type: "error", code: "not-authenticated" });
    world.work(world.join(2));
    world.work(world.join(3));
    expect(world.job().state).toBe("done");
  });

  it("numbers leases anew when their numbers are free again", () => {
    const world = new World({ units: 1000, quorum: 1 }, { id: 2 as JobId, units: 1000, requires: { features: ["f16"], limits: {} } });
    const by = world.join(1);
    for (let round = 0; round < 100; round++) {
      world.submit(world.assignment(by, 1));
      world.claim(by, 1, 2 as JobId);
    }
    expect(world.state.nextSerial).toBe(2);
    const held = [1, 2, 3].map(() => world.assignment(by, 1));
    for (const assignment of held) world.submit(assignment);
    for (let look = 0; look < 5; look++) world.claim(world.join(9), 0, 7 as JobId);
    expect(world.state.nextSerial).toBe(4);
  });
});
