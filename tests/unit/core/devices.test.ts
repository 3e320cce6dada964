/** Devices that an account's key has joined: one cluster, one record, one ban. */
import { describe, expect, it } from "vitest";
import { isVetted, MAX_CONTRADICTED, VETTED_PASSED } from "../../../server/core/audit.ts";
import { MAX_DEVICES } from "../../../server/core/linking.ts";
import { isBanned } from "../../../server/core/sentence.ts";
import { THROTTLE_REFUSED } from "../../../server/core/standing.ts";
import type { Account } from "../../../server/core/state.ts";
import { type JobId, unitsOf } from "../../../shared/ids.ts";
import { audited, vetted } from "./audited.ts";
import { account, accountKeyOf, digestOf, JOB, jobSpec, POOL, resultBytes, unit, World } from "./world.ts";

function known(world: World, id: number): Account {
  const found = world.state.accounts.get(account(id));
  if (!found) throw new Error(`account ${id} is not known`);
  return found;
}

function votesOn(world: World, index: number): number[] {
  const { replicas = [] } = world.job().open.get(unit(index)) ?? {};
  return replicas.filter(({ counted }) => counted).map((replica) => replica.account);
}

/** The two give the same wrong result to all units, and the auditor has them all. */
function lieTogether(world: World, auditor: ReturnType<World["join"]>): void {
  for (const id of [1, 2]) world.work(world.join(id), { liar: "together" });
  world.audit(auditor);
}

describe("devices of one account", () => {
  it("are one cluster, wherever they are: what one has computed the other gets no more", () => {
    const world = new World({ units: 4 });
    const [one, two] = [world.join(1), world.join(2)];
    expect([world.link(1), world.link(2)]).toEqual([{ type: "done" }, { type: "done" }]);
    expect(world.work(one)).toBe(4);
    expect(world.work(two)).toBe(0);
    expect(world.work(world.join(3))).toBe(4);
    expect(world.ledger.finals(JOB).size).toBe(4);
  });

  it("have one vote on what both held when they were joined, and are paid once", () => {
    const world = new World({ units: 1 });
    const held = [world.join(1), world.join(2)].map((by) => world.assignment(by));
    for (const id of [1, 2]) world.link(id);
    for (const assignment of held) world.submit(assignment);
    expect(votesOn(world, 0)).toEqual([1]);
    world.work(world.join(3));
    expect([1, 2, 3].map((id) => world.ledger.credit.get(account(id))?.final)).toEqual([1, 0, 1]);
  });

  it("keep the votes that they cast as two, over a restart too, and are paid once for a unit that becomes final later", () => {
    const world = new World({ units: 1 });
    for (const id of [1, 2]) world.submit(world.assignment(world.join(id)), { inline: false });
    world.tick(1);
    for (const id of [1, 2]) world.link(id);
    for (const again of [false, true]) {
      if (again) world.restart();
      expect(votesOn(world, 0)).toEqual([1, 2]);
    }
    const bytes = { job: JOB, unit: unit(0), digest: digestOf(0), bytes: resultBytes(0) };
    world.send({ type: "bytes", account: account(2), ...bytes });
    expect(world.ledger.finals(JOB).size).toBe(1);
    expect([1, 2].map((id) => world.ledger.credit.get(account(id)))).toEqual([
      { escrow: 0, final: 1 },
      { escrow: 0, final: 0 },
    ]);
  });

  it("are one over a restart: the vote of the second stays none", () => {
    const world = new World({ units: 1, quorum: 3 });
    const held = [world.join(1), world.join(2)].map((by) => world.assignment(by));
    for (const id of [1, 2]) world.link(id);
    for (const assignment of held) world.submit(assignment);
    world.restart();
    expect(votesOn(world, 0)).toEqual([1]);
    expect(world.work(world.join(2))).toBe(0);
  });

  it("are one by one in a pool, where members are trusted", () => {
    const world = new World();
    world.send({ type: "pool-opened", pool: POOL });
    const job = 2 as JobId;
    world.addJob(jobSpec({ id: job, units: 2, pool: POOL }));
    const hosts = [1, 2].map((id) => world.serve(id, POOL));
    for (const id of [1, 2]) world.link(id);
    expect(hosts.map((by) => world.work(by))).toEqual([2, 2]);
    expect(world.ledger.finals(job).size).toBe(2);
  });
});

describe("a device that was proven wrong", () => {
  it("takes the account with it: together they are banned for what each was proven once", () => {
    const { world, auditor } = audited({ units: 1 });
    lieTogether(world, auditor);
    expect([1, 2].map((id) => known(world, id).record.proven)).toEqual([1, 1]);
    expect([1, 2].map((id) => isBanned(world.state, account(id)))).toEqual([false, false]);
    for (const id of [1, 2]) world.link(id);
    expect([1, 2].map((id) => isBanned(world.state, account(id)))).toEqual([true, true]);
    world.restart();
    expect(world.claim(world.join(1))).toMatchObject({ type: "error", code: "banned" });
    expect(world.claim(world.join(2))).toMatchObject({ type: "error", code: "banned" });
  });

  it("is not made up for by what another has passed, nor is a new one vouched for", () => {
    const { world } = vetted();
    expect(known(world, 1).record.passed).toBeGreaterThanOrEqual(VETTED_PASSED);
    world.join(3);
    for (const id of [1, 3]) world.link(id);
    const isVouched = (id: number) => isVetted(world.state, { account: account(id), cluster: `account:${id}` });
    expect([1, 3].map(isVouched)).toEqual([true, false]);
  });

  it.each([
    ["joins an account", [1, 3]],
    ["was there before", [3, 1]],
  ])("and %s: who is clean begins anew, its open votes count no more", (_when, order) => {
    const world = new World({ units: 8 });
    const [, three] = [world.join(1), world.join(3)];
    Object.assign(known(world, 1).record, { convictedAt: world.now });
    Object.assign(known(world, 3).record, { passed: VETTED_PASSED });
    world.tick(1000);
    const assignment = world.assignment(three, 1);
    world.submit(assignment);
    const [index = -1] = unitsOf(assignment.runs);
    const before = world.assignment(three, 1);
    expect(votesOn(world, index)).toEqual([3]);
    for (const id of order) world.link(id);
    expect(votesOn(world, index)).toEqual([]);
    expect(known(world, 3).record).toEqual({ passed: 0, proven: 0, convictedAt: world.now });
    expect(known(world, 1).record.convictedAt).toBe(world.now - 1000);
    expect(world.submit(before)).toEqual(["refused"]);
  });

  it("once they are joined: the other's votes and leases go too, and it is watched under no network of its own", () => {
    const { world, auditor } = audited({ units: 12 });
    const three = world.join(3);
    for (const id of [1, 3]) world.link(id);
    const [, ...rest] = [world.assignment(three, 1), world.assignment(three, 1)];
    const others = new Set(rest.flatMap(({ runs }) => [...unitsOf(runs)]));
    for (const id of [1, 2]) world.join(id);
    Object.assign(known(world, 1), { contradicted: MAX_CONTRADICTED - 1 });
    while (known(world, 1).record.convictedAt === 0) {
      for (const [id, liar] of [
        [1, "1"],
        [2, ""],
      ] as const) {
        const reply = world.claim(world.join(id), 4);
        if (reply.type === "assigned") world.submit(reply.assignment, { liar });
      }
      world.audit(auditor);
    }
    expect(known(world, 3).record).toMatchObject({ passed: 0, convictedAt: known(world, 1).record.convictedAt });
    expect(known(world, 3)).toMatchObject({ held: 0, leases: 0 });
    expect(others.size).toBe(1);
    expect([...world.ledger.watched.keys()]).toEqual(["account:1"]);
  });
});

it("an account that has mostly lost gets nothing on another device of it either", () => {
  const world = new World({ units: 64 });
  const [, two, three] = [1, 2, 3].map((id) => world.join(id));
  if (two === undefined || three === undefined) throw new Error("nobody joined");
  Object.assign(known(world, 1), { refused: THROTTLE_REFUSED, final: 1 });
  for (const id of [1, 2]) world.link(id);
  expect(world.claim(two)).toMatchObject({ type: "idle", reason: "quota" });
  expect(world.claim(three).type).toBe("assigned");
  // What another device did well excuses none: that one has lost by itself.
  Object.assign(known(world, 2), { final: 1000 });
  const again = world.join(1);
  expect(world.claim(two).type).toBe("assigned");
  expect(world.claim(again)).toMatchObject({ type: "idle", reason: "quota" });
});

describe("linking", () => {
  it("is done once, however often it is asked for, and never to a second account", () => {
    const world = new World();
    world.join(1);
    expect([world.link(1), world.link(1)]).toEqual([{ type: "done" }, { type: "done" }]);
    expect(world.link(1, "somebody else")).toMatchObject({ type: "error", code: "bad-certificate" });
    expect(world.ledger.devices.get(account(1))?.accountKey).toBe(accountKeyOf("somebody"));
  });

  it("joins so many devices and no more", () => {
    const world = new World();
    for (let id = 1; id <= MAX_DEVICES; id++) expect(world.link(id)).toEqual({ type: "done" });
    expect(world.link(MAX_DEVICES + 1)).toMatchObject({ type: "error", code: "bad-certificate" });
  });

  it.each([
    ["itself alone", {}, [1], [1, 1, 2]],
    ["the whole account", { whole: true }, [1, 2], [0, 0, 1]],
  ] as const)("forgets %s, as it was asked", (_what, asked, gone, left) => {
    const world = new World();
    for (const id of [1, 2, 3]) world.join(id);
    for (const id of [1, 2]) world.link(id);
    const { effects } = world.send({ type: "forget", account: account(1), ...asked });
    const forgotten = effects.flatMap((effect) => (effect.type === "store" && effect.op.type === "forget" ? [effect.op.account] : []));
    expect(forgotten).toEqual(gone);
    expect([world.state.devices.size, world.state.joined.size, world.state.hosts.size]).toEqual(left);
  });
});

describe("a device that is taken off its account", () => {
  it("has no lease and no pool, brings nothing, comes back no more, and still counts as of it", () => {
    const world = new World({ units: 4 });
    world.send({ type: "pool-opened", pool: POOL });
    const [one, two] = [world.join(1), world.join(2)];
    world.send({ type: "member-joined", pool: POOL, account: account(1) });
    for (const id of [1, 2]) world.link(id);
    const held = world.assignment(one, 1);
    world.submit(world.assignment(one, 1));
    expect(world.revoke(1, 2)).toEqual({ type: "done" });
    expect(known(world, 1)).toMatchObject({ held: 0, hosts: 0 });
    expect(world.state.pools.get(POOL)?.members.size).toBe(0);
    expect(world.submit(held, { signed: false })).toEqual(["refused"]);
    expect(world.claim(one)).toMatchObject({ code: "not-authenticated" });
    for (const again of [false, true]) {
      if (again) world.restart();
      const facts = { host: 77 as typeof one, account: account(1), cluster: "account:1", features: [], limits: {} };
      const { reply } = world.send({ type: "host-joined", facts, record: world.recordOf(1) });
      expect(reply).toMatchObject({ type: "error", code: "device-revoked" });
      expect(world.link(1)).toMatchObject({ type: "error", code: "device-revoked" });
    }
    expect(world.work(world.join(2))).toBe(3);
    expect(two).toBeGreaterThan(0);
  });

  it("is taken off once, by its own account alone", () => {
    const world = new World();
    for (const id of [1, 2, 3]) world.join(id);
    for (const id of [1, 2]) world.link(id);
    world.link(3, "somebody else");
    for (const by of [3, 4]) expect(world.revoke(1, by)).toMatchObject({ type: "error", code: "not-found" });
    expect([world.revoke(1, 2), world.revoke(1, 2)]).toEqual([{ type: "done" }, { type: "done" }]);
  });
});
