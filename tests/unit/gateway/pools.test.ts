import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Pools } from "../../../server/access/pools.ts";
import { MAX_MEMBERS } from "../../../server/core/membership.ts";
import type { TokenRow } from "../../../server/core/store.ts";
import type { PoolId, PublicKeyHex } from "../../../shared/ids.ts";
import { SocketEvent } from "../../../shared/protocol.ts";
import { planOf, startNetwork, type TestNetwork } from "./network.ts";
import { bytesOf, Volunteer } from "./volunteer.ts";

const DAY_MS = 24 * 3_600_000;

describe("a volunteer and pools", () => {
  let network: TestNetwork;
  let now = Date.now();
  let owner: TokenRow;
  const opened: Volunteer[] = [];
  const connect = () => {
    const volunteer = new Volunteer(network.url);
    opened.push(volunteer);
    return volunteer;
  };
  const member = async (secret: string) => {
    const joined = await connect().joinPool(secret);
    opened.push(joined.volunteer);
    return joined;
  };
  const make = async (days = 7, uses: number | null = null) => await network.pools.make(owner, "Physics lab", { days, uses }, now);

  beforeEach(async () => {
    now = Date.now();
    network = await startNetwork({ clock: () => now });
    owner = await network.store.addToken("teacher", false, "0".repeat(64), now);
  });
  afterEach(async () => {
    for (const volunteer of opened.splice(0)) volunteer.leave();
    await network.close();
    expect(network.failures).toEqual([]);
  });

  it("joins by a link, serves the pool's job, and sees its own units of it", async () => {
    const { pool, secret } = await make();
    const job = await network.addJob(planOf(4), { quorum: 1, pool: pool.id });
    await network.addJob(planOf(4), { priority: 5 });
    const { volunteer, pool: passed } = await member(secret);
    expect(passed).toMatchObject({ id: pool.id, name: "Physics lab", pass: expect.stringMatching(/^iwp_/) });
    while (await volunteer.work((unit) => bytesOf(unit))) {}
    expect(network.coordinator.job(job)?.state).toBe("done");
    expect((await volunteer.units(job)).units).toHaveLength(4);
    expect(await network.store.pools.members(pool.id)).toMatchObject([{ leftAt: null, units: { submitted: 4, final: 4, refused: 0 } }]);
  });

  it("is refused with a link that has expired, was replaced or taken back, is of a pool that is off, or is none, and told which", async () => {
    const { pool, secret } = await make(1);
    const volunteer = await connect().join();
    const told = async (asked: unknown) => (await volunteer.ask(SocketEvent.Join, asked)) as { code?: string; message?: string };
    const code = async (asked: unknown) => (await told(asked)).code;
    const gone = expect.stringContaining("replaced or taken back, or it is not whole");
    for (const none of ["x", "A".repeat(43)]) expect(await told({ secret: none })).toMatchObject({ code: "bad-invite", message: gone });
    expect(await code({})).toBe("bad-message");
    const until = new Date(Math.trunc(now) + DAY_MS).toISOString();
    now += DAY_MS + 1;
    expect(await told({ secret })).toMatchObject({ code: "bad-invite", message: `This link joins no pool: it was good until ${until}.` });
    const next = await network.pools.invite(pool, { days: 1, uses: null }, now);
    const last = await network.pools.invite(pool, { days: 1, uses: null }, now);
    expect(await code({ secret: next.secret })).toBe("bad-invite");
    expect(await code({ secret: last.secret })).toBeUndefined();
    await network.pools.revoke(pool);
    expect(await code({ secret: last.secret })).toBe("bad-invite");
    expect(await network.store.pools.members(pool.id)).toMatchObject([{ leftAt: null }]);
    const again = await network.pools.invite(pool, { days: 1, uses: null }, now);
    await network.pools.off(pool, now);
    expect(await code({ secret: again.secret })).toBe("bad-invite");
  });

  it("joins by a link that lets in two, and a third is refused, when they come at once too, and after a restart", async () => {
    const { pool, secret } = await make(7, 2);
    const three = await Promise.all([1, 2, 3].map(() => connect().join()));
    const join = async (volunteer: Volunteer) => (await volunteer.ask(SocketEvent.Join, { secret })) as { ok: boolean; message?: string };
    const replies = await Promise.all(three.map(join));
    expect(replies.filter(({ ok }) => ok)).toHaveLength(2);
    expect(replies.find(({ ok }) => !ok)?.message).toContain("let in as many as it was made for");
    // Who is one already takes no use, and may be named anew.
    const [first] = three.filter((_, at) => replies[at]?.ok);
    for (const name of ["  ", "\u2800", "Lab\u00ad"])
      expect(await first?.ask(SocketEvent.Join, { secret, name })).toMatchObject({ ok: false, code: "bad-message" });
    expect(await first?.ask(SocketEvent.Join, { secret, name: " Lab PC 7 " })).toMatchObject({ ok: true });
    expect((await network.store.pools.members(pool.id)).map(({ name }) => name).sort()).toEqual(["", "Lab PC 7"]);
    const again = await Pools.open(network.store.pools, network.coordinator, network.tokens.ring);
    expect(again.row(pool.id)).toMatchObject({ inviteUses: 0 });
    expect(() => again.invited(secret, now)).toThrow("let in as many");
  });

  it("whose pool is full has taken no use of the link", async () => {
    const { pool, secret } = await make(7, 1);
    const joins = Array.from({ length: MAX_MEMBERS }, async (_, at) => {
      const { id } = await network.store.accountOf(at.toString(16).padStart(64, "0") as PublicKeyHex, now);
      await network.coordinator.dispatch({ type: "member-joined", pool: pool.id, account: id });
    });
    await Promise.all(joins);
    const volunteer = await connect().join();
    expect(await volunteer.ask(SocketEvent.Join, { secret })).toMatchObject({ code: "forbidden" });
    expect(network.pools.row(pool.id)).toMatchObject({ inviteUses: 1 });
  });

  it.each(["", "a\u202eb", "x".repeat(41), 7])("is refused with %j for the name of its machine", async (name) => {
    const { secret } = await make();
    const volunteer = await connect().join();
    expect(await volunteer.ask(SocketEvent.Join, { secret, name })).toMatchObject({ code: "bad-message" });
  });

  it.each([1, 77])("that is no member is refused by pool %i, whether it is there or not", async (id) => {
    await make();
    const reply = await connect().hello({ pool: id });
    expect(reply).toMatchObject({ ok: false, code: "not-member" });
  });

  it.each([0, 1.5, "1", null])("is refused with %j for a pool's number", async (pool) => {
    expect(await connect().hello({ pool })).toMatchObject({ ok: false, code: "bad-message" });
  });

  const ends: [string, (pool: PoolId, volunteer: Volunteer) => Promise<unknown>][] = [
    ["leaves by itself", (pool, volunteer) => volunteer.ask(SocketEvent.Leave, { pool }).catch(() => undefined)],
    [
      "is removed",
      async (pool) => {
        for (const { account } of await network.store.pools.members(pool)) await network.pools.leave(pool, account);
      },
    ],
    ["has its pool switched off", async (pool) => await network.pools.off(network.pools.row(pool) as never, now)],
  ];
  it.each(ends)("that %s is disconnected, holds nothing and cannot come back", async (_, end) => {
    const { pool, secret } = await make();
    const job = await network.addJob(planOf(64), { quorum: 1, pool: pool.id });
    const { volunteer, pool: passed } = await member(secret);
    await volunteer.claim();
    const gone = once(volunteer.socket as never, "disconnect");
    await end(pool.id, volunteer);
    await gone;
    expect(network.coordinator.counts(job)?.leased).toBe(0);
    expect(() => network.pools.passed(passed.pass, now)).toThrow("no member any more");
    const again = new Volunteer(network.url, volunteer.keys);
    opened.push(again);
    expect(await again.hello({ pool: pool.id })).toMatchObject({ code: "not-member" });
    const publicly = new Volunteer(network.url, volunteer.keys);
    opened.push(publicly);
    await publicly.join();
    expect(await publicly.units(job)).toEqual({ units: [] });
    expect(await publicly.send({ type: "claim", units: 0, gpuMillis: 0, job })).toMatchObject({ type: "idle", reason: "no-jobs" });
  });

  it("hears alone that there is work for its pool", async () => {
    const { pool, secret } = await make();
    const { volunteer } = await member(secret);
    const stranger = await connect().join();
    const heard: string[] = [];
    volunteer.socket.on(SocketEvent.Work, () => heard.push("member"));
    stranger.socket.on(SocketEvent.Work, () => heard.push("stranger"));
    await network.addJob(planOf(4), { quorum: 1, pool: pool.id });
    await expect.poll(() => heard.length).toBeGreaterThan(0);
    // What was sent before this answer has come too.
    await stranger.units(1 as never);
    expect(heard).toEqual(["member"]);
    await network.addJob(planOf(4));
    await expect.poll(() => heard).toContain("stranger");
  });

  it("hears alone that its pool's job is taken back; of a public one everybody hears", async () => {
    const { pool, secret } = await make();
    const { volunteer } = await member(secret);
    const stranger = await connect().join();
    const heard: [string, number][] = [];
    for (const [who, by] of [
      ["member", volunteer],
      ["stranger", stranger],
    ] as const)
      by.socket.on(SocketEvent.Withdraw, ({ job }: { job: number }) => heard.push([who, job]));
    const secretly = await network.addJob(planOf(4), { quorum: 1, pool: pool.id });
    const publicly = await network.addJob(planOf(4));
    for (const job of [secretly, publicly]) await network.coordinator.dispatch({ type: "job-verb", job, verb: "halt" });
    await expect.poll(() => heard.filter(([, job]) => job === publicly).length).toBe(2);
    expect(heard.filter(([, job]) => job === secretly)).toEqual([["member", secretly]]);
  });

  it("keeps its pass while it lends, and no longer than a week", async () => {
    const { secret } = await make();
    const { volunteer, pool } = await member(secret);
    expect(() => network.pools.passed(pool.pass, now)).not.toThrow();
    now += pool.lifeMs;
    expect(() => network.pools.passed(pool.pass, now)).toThrow("expired");
    const renewed = (await volunteer.ask(SocketEvent.Pass, {})) as { pool: { pass: string } };
    expect(() => network.pools.passed(renewed.pool.pass, now)).not.toThrow();
    const [head, tail] = [renewed.pool.pass.slice(0, 20), renewed.pool.pass.slice(21)];
    expect(() => network.pools.passed(`${head}${renewed.pool.pass[20] === "A" ? "B" : "A"}${tail}`, now)).toThrow(
      /not signed here|version or key/,
    );
    expect(() => network.pools.passed("iwp_", now)).toThrow("not whole");
    const publicly = await connect().join();
    expect(await publicly.ask(SocketEvent.Pass, {})).toMatchObject({ code: "bad-message" });
  });

  it("is as a member as before after a restart of the coordinator", async () => {
    const { pool, secret } = await make();
    const { volunteer, pool: passed } = await member(secret);
    volunteer.leave();
    await network.close(true);
    network = await startNetwork({ folder: network.folder, clock: () => now });
    expect(network.pools.passed(passed.pass, now)).toMatchObject({ pool: pool.id });
    const again = new Volunteer(network.url, volunteer.keys);
    opened.push(again);
    expect(await again.hello({ pool: pool.id })).toMatchObject({ ok: true });
  });

  it("who serves a pool alone is not counted among those who lend for the public", async () => {
    const { secret } = await make();
    await member(secret);
    await connect().join();
    expect(network.gateway.publicAccounts).toBe(1);
    expect(network.gateway.accounts).toBe(2);
  });
});
