import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobAuditState } from "../../../server/core/audit.ts";
import { AUDITOR } from "../../../server/core/cluster.ts";
import type { Timeless } from "../../../server/core/events.ts";
import { MAX_MEMBERS } from "../../../server/core/membership.ts";
import { type JobId, type PoolId, unitsOf } from "../../../shared/ids.ts";
import { account, type host, JOB, jobSpec, POOL, results, unit, World } from "./world.ts";

const PRIVATE = 2 as JobId;
const OTHER_POOL = 2 as PoolId;
/** A class is behind one address. */
const SCHOOL = "net:1:school";

/** A public job, and one of a pool in which each unit is computed once. */
function school(units = 400): World {
  const world = new World({ units: 64 });
  world.send({ type: "pool-opened", pool: POOL });
  world.addJob(jobSpec({ id: PRIVATE, units, quorum: 1, pool: POOL }));
  return world;
}

const stops: [string, (world: World) => Timeless][] = [
  ["it leaves", () => ({ type: "member-left", pool: POOL, account: account(1) })],
  ["the pool is switched off", () => ({ type: "pool-off", pool: POOL })],
];

describe("a job of a pool", () => {
  it("is computed by a class behind one address, all at once, each unit once", () => {
    const world = school();
    const machines = Array.from({ length: 30 }, (_, i) => world.serve(i + 1, POOL, SCHOOL));
    const claims = machines.map((by) => world.claim(by));
    expect(claims.filter(({ type }) => type === "assigned")).toHaveLength(30);
    for (const claim of claims) if (claim.type === "assigned") world.submit(claim.assignment, { cluster: SCHOOL });
    let done = 0;
    do {
      done = machines.reduce((sum, by) => sum + world.work(by), 0);
    } while (done > 0);
    expect(world.job(PRIVATE).state).toBe("done");
    expect(world.ledger.replicas(PRIVATE)).toHaveLength(400);
  });

  it("goes to its members alone, and members who serve a pool get nothing else", () => {
    const world = school();
    const member = world.serve(1, POOL);
    const stranger = world.join(2);
    const reply = world.claim(member, 0, JOB);
    expect(reply).toMatchObject({ type: "idle", reason: "no-jobs" });
    expect(world.assignment(member).job).toBe(PRIVATE);
    expect(world.assignment(stranger).job).toBe(JOB);
    expect(world.claim(stranger, 0, PRIVATE)).toMatchObject({ type: "idle", reason: "no-jobs" });
    expect(world.claim(world.join(1), 0, PRIVATE)).toMatchObject({ type: "idle", reason: "no-jobs" });
  });

  it("looks to strangers like one that is not there, also while it is paused", () => {
    const world = school();
    world.send({ type: "job-verb", job: JOB, verb: "cancel" });
    world.send({ type: "job-verb", job: PRIVATE, verb: "pause" });
    const stranger = world.join(2);
    for (const job of [null, PRIVATE, 99 as JobId]) expect(world.claim(stranger, 0, job)).toMatchObject({ reason: "no-jobs" });
    expect(world.claim(world.serve(1, POOL))).toMatchObject({ reason: "paused" });
  });

  it("sizes its batches by its own members, however many work for the public", () => {
    const world = school(1_000);
    world.addJob(jobSpec({ id: 3 as JobId, units: 4_000, quorum: 1, priority: 1 }));
    for (let id = 101; id <= 140; id++) world.submit(world.assignment(world.join(id)));
    const member = world.serve(1, POOL);
    world.submit(world.assignment(member), { gpuMicros: 1 });
    // Half of what is left is its: a public job of which forty others take their share would give it an eightieth.
    expect([...unitsOf(world.assignment(member).runs)].length).toBeGreaterThan(200);
  });

  it("is held in shares while several members are there, and by the last of them as far as it likes", () => {
    const units = 256;
    const world = school(units);
    const [member, other] = [world.serve(1, POOL), world.serve(2, POOL)];
    const held = () => world.job(PRIVATE).pages.leased;
    while (world.claim(member).type === "assigned");
    expect(held()).toBe(units / 4);
    expect(world.claim(member)).toMatchObject({ type: "idle", reason: "quota" });
    world.leave(other);
    while (world.claim(member).type === "assigned");
    expect(held()).toBe(units);
    expect(world.claim(member)).toMatchObject({ type: "idle", reason: "all-assigned" });
  });

  it("changes no standing and earns nothing, so that a pool of one's own vouches for nobody", () => {
    const world = school();
    const member = world.serve(1, POOL);
    world.work(member);
    expect(world.state.accounts.get(account(1))).toMatchObject({ final: 0, refused: 0, open: 0, drawn: 0, returned: 0 });
    expect(world.ledger.credit.get(account(1))).toEqual({ escrow: 0, final: 0 });
    expect(world.state.activeAccounts).toMatchObject({ now: 0, before: 0 });
  });

  it("does not make one network's keys several voters on public units", () => {
    const world = school();
    for (const id of [1, 2]) world.serve(id, POOL, SCHOOL);
    const [one, two] = [world.join(1, SCHOOL), world.join(2, SCHOOL)];
    const lie = { liar: "x", cluster: SCHOOL };
    world.submit(world.assignment(one), lie);
    world.work(two, lie);
    expect(world.ledger.finals(JOB).size).toBe(0);
  });

  it("is nothing to the auditor", () => {
    const world = school();
    const auditor = world.join(9, AUDITOR);
    const member = world.serve(1, POOL);
    world.work(member);
    expect(world.job(PRIVATE).state).toBe("done");
    expect(jobAuditState(world.state, world.job(PRIVATE), world.now)).toBe("none");
    expect(world.claim(auditor, 0, PRIVATE)).toMatchObject({ type: "idle" });
  });

  it("compares two members where its owner asks for a quorum, though they are of one network", () => {
    const world = school();
    world.addJob(jobSpec({ id: 3 as JobId, units: 8, quorum: 2, pool: POOL }));
    world.send({ type: "job-verb", job: PRIVATE, verb: "cancel" });
    const machines = [world.serve(1, POOL, SCHOOL), world.serve(2, POOL, SCHOOL)];
    for (const by of machines) world.work(by);
    expect(world.job(3 as JobId).state).toBe("done");
  });
});

describe.each(stops)("when %s", (_, stop) => {
  it("its leases end in the same step, and what it computed counts no more", () => {
    const world = school();
    const member = world.serve(1, POOL);
    const held = world.assignment(member);
    const { effects } = world.send(stop(world));
    expect(effects).toContainEqual(expect.objectContaining({ type: "pool-left", pool: POOL }));
    expect(world.state.leases.size).toBe(0);
    expect(world.claim(member)).toMatchObject({ type: "error", code: "not-member" });
    expect(world.send({ type: "renew", host: member, assignment: held }).reply).toMatchObject({ type: "error" });
    expect(new Set(world.submit(held))).toEqual(new Set(["refused"]));
    expect(world.ledger.replicas(PRIVATE)).toHaveLength(0);
  });

  it("takes no bytes that were asked for before", () => {
    const world = school();
    const held = world.assignment(world.serve(1, POOL));
    expect(world.submit(held, { inline: false })).toContain("wanted");
    world.send(stop(world));
    const [first] = unitsOf(held.runs);
    const [{ digest, bytes }] = results([first as number]) as [ReturnType<typeof results>[number]];
    const sent = world.send({ type: "bytes", account: account(1), job: PRIVATE, unit: unit(first as number), digest, bytes });
    expect(sent.reply).toMatchObject({ code: "not-wanted" });
  });
});

describe("a pool", () => {
  it("gives what a member who left held to the others at once", () => {
    const world = school(4);
    const [one, two] = [world.serve(1, POOL), world.serve(2, POOL)];
    world.assignment(one);
    world.send({ type: "member-left", pool: POOL, account: account(1) });
    world.work(two);
    expect(world.job(PRIVATE).state).toBe("done");
  });

  it("that is off pauses its jobs, lets nobody join, and goes on after it was opened again", () => {
    const world = school(8);
    world.serve(1, POOL);
    world.send({ type: "pool-off", pool: POOL });
    expect(world.job(PRIVATE).state).toBe("paused");
    const join: Timeless = { type: "member-joined", pool: POOL, account: account(2) };
    expect(world.send(join).reply).toMatchObject({ code: "bad-invite" });
    expect(world.send({ type: "pool-off", pool: POOL }).reply).toMatchObject({ code: "not-found" });
    const resume: Timeless = { type: "job-verb", job: PRIVATE, verb: "resume" };
    expect(world.send(resume).reply).toMatchObject({ code: "wrong-state" });
    world.addJob(jobSpec({ id: 3 as JobId, pool: POOL }));
    expect(world.job(3 as JobId).state).toBe("paused");
    world.send({ type: "pool-opened", pool: POOL });
    expect(world.send(resume).reply).toEqual({ type: "done" });
    world.work(world.serve(2, POOL));
    expect(world.job(PRIVATE).state).toBe("done");
  });

  it("is as it was after a restart", () => {
    const world = school(64);
    world.serve(1, POOL);
    const held = world.assignment(world.serve(2, POOL));
    world.send({ type: "member-left", pool: POOL, account: account(1) });
    world.restart();
    expect([...(world.state.pools.get(POOL)?.members ?? [])]).toEqual([account(2)]);
    expect(world.submit(held)).toContain("recorded");
    world.send({ type: "pool-off", pool: POOL });
    world.restart();
    expect(world.state.pools.get(POOL)).toMatchObject({ isOff: true, members: new Set() });
  });

  it("has no member whom the account asked to forget", () => {
    const world = school();
    const held = world.assignment(world.serve(1, POOL));
    world.send({ type: "forget", account: account(1) });
    expect(world.state.pools.get(POOL)?.members.size).toBe(0);
    expect(new Set(world.submit(held))).toEqual(new Set(["refused"]));
  });

  it("has a limit", () => {
    const world = school();
    for (let id = 1; id <= MAX_MEMBERS; id++) world.send({ type: "member-joined", pool: POOL, account: account(id) });
    const more: Timeless = { type: "member-joined", pool: POOL, account: account(MAX_MEMBERS + 1) };
    expect(world.send(more).reply).toMatchObject({ code: "forbidden" });
    expect(world.send({ ...more, account: account(1) } as Timeless).reply).toEqual({ type: "done" });
  });
});

/** Whatever happens, nobody computes for a pool of which they are no member, and nothing of one reaches another. */
it("keeps pools apart in any history", () => {
  const move = fc.record({
    what: fc.constantFrom("join", "leave", "off", "open", "claim", "submit", "serve", "gone", "restart"),
    who: fc.integer({ min: 1, max: 4 }),
    pool: fc.constantFrom(undefined, POOL, OTHER_POOL),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const world = new World({ units: 200 });
      for (const pool of [POOL, OTHER_POOL]) {
        world.send({ type: "pool-opened", pool });
        world.addJob(jobSpec({ id: (pool + 1) as JobId, units: 200, quorum: 1, pool }));
      }
      const poolOf = (job: JobId) => world.job(job).spec.pool;
      const isMember = (pool: PoolId | undefined, who: number) =>
        pool === undefined || (world.ledger.members.get(pool)?.has(account(who)) ?? false);
      let hosts: { by: ReturnType<typeof host>; who: number; pool: PoolId | undefined }[] = [];
      const held: ReturnType<World["assignment"]>[] = [];
      for (const { what, who, pool } of moves) {
        const mine = hosts.find((one) => one.who === who && one.pool === pool);
        if (what === "serve" && !mine) hosts.push({ by: pool === undefined ? world.join(who) : world.serve(who, pool), who, pool });
        else if (what === "gone" && mine) {
          world.leave(mine.by);
          hosts = hosts.filter((one) => one !== mine);
        } else if (what === "claim" && mine) {
          const reply = world.claim(mine.by);
          if (reply.type !== "assigned") continue;
          expect(poolOf(reply.assignment.job)).toBe(pool);
          expect(isMember(pool, who)).toBe(true);
          held.push(reply.assignment);
        } else if (what === "submit") {
          const assignment = held.pop();
          if (!assignment) continue;
          const verdicts = world.submit(assignment);
          if (!isMember(poolOf(assignment.job), assignment.account)) expect(new Set(verdicts)).toEqual(new Set(["refused"]));
        } else if (what === "restart") {
          world.restart();
          hosts = [];
        } else if (pool !== undefined) {
          if (what === "join") world.send({ type: "member-joined", pool, account: account(who) });
          if (what === "leave") world.send({ type: "member-left", pool, account: account(who) });
          if (what === "off") world.send({ type: "pool-off", pool });
          if (what === "open") world.send({ type: "pool-opened", pool });
        }
      }
    }),
    { numRuns: 200 },
  );
});
