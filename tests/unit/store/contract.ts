/** What every store must do: a second implementation has only to be plugged in. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Store, StoreOp } from "../../../server/core/store.ts";
import { MAX_ROW_BYTES } from "../../../server/store/journal.ts";
import type { AccountId, BlobHash, JobId, SiteId, StatementId } from "../../../shared/ids.ts";
import { bytesOf, digest, failed, final, jobRow, mark, publicKey, replica, SPEC, signed, temporaryFolder, unit } from "./place.ts";

/** Opens what is stored under `path`, a name in an empty folder; makes it when it is new. */
export type OpenStore<Kind extends Store = Store> = (path: string) => Kind;

export interface StorePlace<Kind extends Store = Store> {
  path: string;
  store: Kind;
  job: JobId;
  accounts: [AccountId, AccountId, AccountId];
}

/** A new store with a job of 100 units and three accounts. */
export async function place<Kind extends Store>(open: OpenStore<Kind>): Promise<StorePlace<Kind>> {
  const path = join(await temporaryFolder(), "idlewave.db");
  const store = opened(open, path);
  const { id: job } = await store.addJob(jobRow(), SPEC);
  const [one, two, three] = await Promise.all([1, 2, 3].map(async (id) => (await store.accountOf(publicKey(id), 1)).id));
  if (!one || !two || !three) throw new Error("no accounts");
  return { path, store, job, accounts: [one, two, three] };
}

function opened<Kind extends Store>(open: OpenStore<Kind>, path: string): Kind {
  const store = open(path);
  onTestFinished(() => store.close());
  return store;
}

export function storeContract(name: string, open: OpenStore): void {
  describe(name, () => {
    it("keeps what the canary found, and what the core needs of the job since", async () => {
      const { path, store, job } = await place(open);
      const spec = { ...SPEC, id: job, measured: true, creditPerUnit: 7.25 };
      const found = { verdict: "opaque", why: "It has several dispatches.", differs: "", units: [0, 50, 99], unitMicros: 12.5 } as const;
      const record = { ...found, units: [0, 50, 99], benchmarkMicros: null, at: 3000 };
      await store.commit([
        { type: "canary", job, spec, record },
        { type: "job-state", job, state: "running", reason: "", at: 3000 },
      ]);
      await store.close();
      const again = opened(open, path);
      expect(await again.jobs()).toEqual([{ ...jobRow({ canary: record }), id: job }]);
      expect(await again.spec(job)).toEqual(spec);
    });

    it("keeps what was checked by slices, and how a job is checked, over a reopening; bytes of a unit that goes on are there to compare", async () => {
      const { path, store, job, accounts } = await place(open);
      const [one] = accounts;
      const check = { how: "slices", slices: 64, why: "" } as const;
      await store.commit([{ type: "spec", job, spec: { ...SPEC, id: job, check } }]);
      await store.commit([replica(job, 0, one, "a"), bytesOf(job, 0, "a"), replica(job, 1, one, "b"), bytesOf(job, 1, "b")]);
      expect(await store.result(job, unit(0), digest("a"))).toMatchObject({ bytes: new TextEncoder().encode("a") });
      expect(await store.result(job, unit(0), digest("b"))).toBeUndefined();
      await store.commit([{ ...final(job, 0, "a", [one]), audited: "slices", slices: 9 } as StoreOp]);
      await store.close();
      const again = opened(open, path);
      expect(await again.spec(job)).toMatchObject({ check });
      expect(await again.tally(job)).toMatchObject({ final: 1, audited: 0, checked: 1, checkedSlices: 9 });
      expect(await again.account(one)).toMatchObject({ unitsFinal: 1, record: { passed: 1 } });
      expect(await again.result(job, unit(1), digest("b"))).toMatchObject({ bytes: new TextEncoder().encode("b") });
      expect(await again.history(job)).toMatchObject({ final: [{ start: 0, length: 1 }], open: [{ unit: 1, hasBytes: true }] });
    });

    it("keeps which of several results within a tolerance is the unit's, and the others' bytes until their page has ended", async () => {
      const { path, store, job, accounts } = await place(open);
      const [one, two, three] = accounts;
      await store.commit([{ type: "spec", job, spec: { ...SPEC, id: job, units: 1, floats: true, tolerant: true } }]);
      for (const [account, text] of [
        [one, "0"],
        [two, "0.5"],
        [three, "9"],
      ] as const)
        await store.commit([replica(job, 0, account, text), bytesOf(job, 0, text)]);
      await store.commit([final(job, 0, "0.5", [[one, "0", "near"], two, [three, "9"]])]);
      await store.close();
      const again = opened(open, path);
      const told = async () => {
        const found = await again.unit(job, unit(0));
        return { kept: found?.kept, said: found?.replicas.map((each) => [each.outcome, each.digest]) };
      };
      expect(await again.final(job, unit(0))).toMatchObject({ digest: digest("0.5"), bytes: new TextEncoder().encode("0.5") });
      expect(await told()).toEqual({
        kept: ["0.5", "0", "9"].map(digest),
        said: [
          ["final", digest("0")],
          ["final", digest("0.5")],
          ["refused", digest("9")],
        ],
      });
      await again.commit([{ type: "page-ended", job, page: 0 }]);
      expect(await again.final(job, unit(0))).toMatchObject({ digest: digest("0.5") });
      // Who gave which of them is not kept.
      expect(await told()).toEqual({
        kept: [digest("0.5")],
        said: [
          ["final", null],
          ["final", null],
          ["refused", digest("9")],
        ],
      });
    });

    it("keeps everything over a reopening", async () => {
      const { path, store, job, accounts } = await place(open);
      const [one, two, three] = accounts;
      await store.commit([replica(job, 0, one, "a"), bytesOf(job, 0, "a"), replica(job, 0, two, "lie"), bytesOf(job, 0, "lie")]);
      await store.commit([replica(job, 0, three, "a"), final(job, 0, "a", [one, [two, "lie"], three])]);
      await store.commit([replica(job, 7, one, "x"), bytesOf(job, 7, "x"), replica(job, 7, two, "y")]);
      await store.commit([replica(job, 9, one, "z", { status: "failed", credit: 0 })]);
      await store.commit([failed(job, 9, "z", [one])]);
      await store.close();

      const again = opened(open, path);
      expect(await again.jobs()).toEqual([{ ...jobRow(), id: job }]);
      expect(await again.spec(job)).toEqual({ ...SPEC, id: job });
      const history = await again.history(job);
      expect(history).toMatchObject({ final: [{ start: 0, length: 1 }], failed: [9] });
      expect(history.open.map(({ unit, account, digest, hasBytes }) => ({ unit, account, digest, hasBytes }))).toEqual([
        { unit: 7, account: one, digest: digest("x"), hasBytes: true },
        { unit: 7, account: two, digest: digest("y"), hasBytes: false },
      ]);
      expect(await again.tally(job)).toEqual({
        counted: 5,
        refused: 1,
        recorded: 3,
        final: 1,
        audited: 0,
        checked: 0,
        checkedSlices: 0,
        gpuMicros: 9000,
      });
      expect(await again.final(job, unit(0))).toMatchObject({ digest: digest("a"), bytes: new TextEncoder().encode("a"), at: 3000 });
      expect(await again.final(job, unit(1))).toBeUndefined();
      expect(await again.finals(job, unit(1), 10)).toEqual([]);
      expect(await again.refused(job, 10)).toEqual([
        { unit: 0, account: two, publicKey: publicKey(2), digest: digest("lie"), canonical: digest("a"), at: 3000 },
      ]);
      const own = (await again.unitsOf(job, one)).units;
      expect(own).toMatchObject([
        { unit: 9, outcome: "void" },
        { unit: 7, outcome: "open" },
        { unit: 0, outcome: "final" },
      ]);
      expect(await again.unitsOf(job, one, own[0]?.unit, 1)).toEqual({ units: [own[1]], next: own[1]?.unit });
      expect(await again.account(one)).toMatchObject({
        creditEscrow: 2.5,
        creditFinal: 2.5,
        unitsSubmitted: 3,
        unitsFinal: 1,
        gpuMicros: 4500,
      });
      expect(await again.account(two)).toMatchObject({ creditEscrow: 2.5, creditFinal: 0, unitsRefused: 1 });
      expect((await again.accounts(2)).map((row) => row.publicKey)).toEqual([publicKey(1), publicKey(3)]);
    });

    it("keeps pools, their invitations and what their members gave, which is no part of what everybody sees", async () => {
      const { path, store, accounts } = await place(open);
      const [one, two] = accounts;
      const owner = await store.addToken("teacher", false, "a".repeat(64), 1);
      const pool = await store.pools.add({ owner: owner.id, ownerName: "teacher", name: "Lab" }, { hash: "h1", until: 100, uses: null }, 5);
      const { id: job } = await store.addJob({ ...jobRow(), pool: pool.id }, { ...SPEC, pool: pool.id });
      const joined = (account: AccountId, at: number): StoreOp => ({ type: "member-joined", pool: pool.id, account, at });
      const gave = (account: AccountId, became: "submitted" | "final"): StoreOp => ({
        type: "member-unit",
        pool: pool.id,
        account,
        became,
      });
      await store.commit([joined(one, 6), joined(two, 7)]);
      const counted = [replica(job, 0, one, "a", { credit: 0 }), gave(one, "submitted"), bytesOf(job, 0, "a")];
      await store.commit([...counted, { type: "member-left", pool: pool.id, account: two, at: 8 }]);
      await store.pools.invite(pool.id, { hash: "h2", until: 200, uses: 3 });
      // One by the link that is good, one by the one before it.
      const by = (invite: string) => ({ ...joined(two, 9), invite }) as StoreOp;
      await store.commit([by("h2"), by("h1"), { type: "member-named", pool: pool.id, account: two, name: "Window seat" }]);
      await store.close();

      const again = opened(open, path);
      expect(await again.pools.all()).toEqual([{ ...pool, inviteHash: "h2", inviteUntil: 200, inviteUses: 2 }]);
      expect(await again.pools.members(pool.id)).toEqual([
        { account: one, publicKey: publicKey(1), joinedAt: 6, leftAt: null, name: "", units: { submitted: 1, final: 0, refused: 0 } },
        {
          account: two,
          publicKey: publicKey(2),
          joinedAt: 9,
          leftAt: null,
          name: "Window seat",
          units: { submitted: 0, final: 0, refused: 0 },
        },
      ]);
      expect((await again.jobs()).map((row) => row.pool)).toEqual([undefined, pool.id]);
      expect((await again.spec(job)).pool).toBe(pool.id);
      expect((await again.accounts(9)).map((row) => row.publicKey)).toEqual([publicKey(3)]);
      await again.commit([replica(1 as JobId, 3, one, "b"), { type: "pool-off", pool: pool.id, at: 9 }, joined(two, 10)]);
      expect(await again.accounts(9)).toMatchObject([{ publicKey: publicKey(1), unitsSubmitted: 1 }, { publicKey: publicKey(3) }]);
      expect((await again.pools.members(pool.id)).map(({ leftAt }) => leftAt)).toEqual([9, null]);
      expect(await again.pools.all()).toMatchObject([{ offAt: 9, inviteHash: null, inviteUntil: null, inviteUses: null }]);
      await again.pools.invite(pool.id, { hash: "h3", until: 300, uses: null });
      await again.commit([by("h3")]);
      expect(await again.pools.all()).toMatchObject([{ offAt: null, inviteHash: "h3", inviteUses: null }]);
      await again.pools.revoke(pool.id);
      expect(await again.pools.all()).toMatchObject([{ offAt: null, inviteHash: null, inviteUntil: null, inviteUses: null }]);
      await again.commit([{ type: "forget", account: two, at: 11 }]);
      expect((await again.pools.members(pool.id)).map(({ account }) => account)).toEqual([one]);
    });

    it("counts who made a job, each once, and neither whose answer was refused nor the auditor", async () => {
      const { store, job, accounts } = await place(open);
      const [one, two, three] = accounts;
      const said = (index: number, ...by: AccountId[]) => by.map((account) => replica(job, index, account, "a"));
      expect(await store.madeBy(job)).toBe(0);
      await store.commit([...said(0, one), final(job, 0, "a", [one, [two, "lie"]]), ...said(1, one), final(job, 1, "a", [one])]);
      expect(await store.madeBy(job)).toBe(1);
      await store.commit([...said(2, one, three), final(job, 2, "a", [one, three])]);
      expect(await store.madeBy(job)).toBe(2);
      const audited = final(job, 3, "a", [one, two]) as Extract<StoreOp, { type: "final" }>;
      const settled = audited.settled.map((each) => (each.account === two ? { ...each, auditor: true as const } : each));
      await store.commit([...said(3, one, two), { ...audited, settled }]);
      expect(await store.madeBy(job)).toBe(2);
    });

    it("takes a batch whole or not at all", async () => {
      const { store, job, accounts } = await place(open);
      const [one, two] = accounts;
      await store.commit([replica(job, 0, one, "a"), bytesOf(job, 0, "a")]);
      const bad = [replica(job, 1, one, "b"), bytesOf(job, 1, "b"), replica(99 as JobId, 0, one, "a")];
      await expect(store.commit(bad)).rejects.toThrow();
      expect((await store.history(job)).open.map((row) => row.unit)).toEqual([0]);
      expect(await store.account(one)).toMatchObject({ unitsSubmitted: 1, creditEscrow: 2.5 });
      await store.commit([replica(job, 1, two, "b")]);
      expect((await store.history(job)).open).toHaveLength(2);
    });

    it("packs no page that contradicts itself", async () => {
      const { store, job, accounts } = await place(open);
      const [one, two] = accounts;
      const right = [replica(job, 0, one, "a"), replica(job, 0, two, "a"), bytesOf(job, 0, "a"), final(job, 0, "a", [one, two])];
      const over: StoreOp = { type: "page-ended", job, page: 0 };
      const before = await store.account(one);
      await expect(store.commit([...right, replica(job, 0, one, "a"), over])).rejects.toThrow(/has ended and got a replica/);
      await expect(store.commit([...right, final(job, 0, "a", [one, two]), over])).rejects.toThrow(/ended twice/);
      await expect(store.commit([...right.slice(0, 3), final(job, 0, "a", [one]), over])).rejects.toThrow(/other replicas/);
      await expect(store.commit([...right.slice(0, 2), final(job, 0, "a", [one, two]), over])).rejects.toThrow(/without its bytes/);
      await expect(store.commit([replica(job, 0, one, "a"), ...right, over])).rejects.toThrow(/two replicas of account/);
      expect(await store.account(one)).toEqual(before);
      await store.commit([...right, over]);
      await expect(store.commit([over])).rejects.toThrow();
    });

    it("knows of a unit who said what, and keeps bytes that lost until its page has ended", async () => {
      const { store, job, accounts } = await place(open);
      const [one, two, three] = accounts;
      expect(await store.unit(job, unit(0))).toBeUndefined();
      await store.commit([replica(job, 0, one, "a"), bytesOf(job, 0, "a"), replica(job, 0, two, "lie"), bytesOf(job, 0, "lie")]);
      expect(await store.unit(job, unit(0))).toMatchObject({ ended: null, at: null, digest: null, kept: [digest("a"), digest("lie")] });
      expect(await store.kept(job, unit(0), digest("a"))).toBeUndefined();
      await store.commit([replica(job, 0, three, "a"), final(job, 0, "a", [one, [two, "lie"], three])]);
      const said = [
        { account: one, publicKey: publicKey(1), outcome: "final", status: "ok", digest: digest("a"), gpuMicros: 1500, credit: 2.5 },
        { account: two, publicKey: publicKey(2), outcome: "refused", digest: digest("lie") },
        { account: three, outcome: "final", digest: digest("a") },
      ];
      const ended = { ended: "final", at: 3000, digest: digest("a"), replicas: said };
      expect(await store.unit(job, unit(0))).toMatchObject({ ...ended, kept: [digest("a"), digest("lie")] });
      expect(await store.kept(job, unit(0), digest("lie"))).toMatchObject({ bytes: new TextEncoder().encode("lie") });
      expect(await store.kept(job, unit(0), digest("other"))).toBeUndefined();
      await store.commit([
        { type: "forget", account: two, at: 4000 },
        { type: "page-ended", job, page: 0 },
      ]);
      const packed = await store.unit(job, unit(0));
      expect(packed).toMatchObject({ ...ended, replicas: [said[0], { ...said[1], publicKey: null }, said[2]], kept: [digest("a")] });
      expect(packed?.replicas.map(({ cluster }) => cluster)).toEqual([null, null, null]);
      expect(await store.kept(job, unit(0), digest("a"))).toMatchObject({ bytes: new TextEncoder().encode("a") });
      expect(await store.kept(job, unit(0), digest("lie"))).toBeUndefined();
    });

    it("keeps in escrow what is final under an unsigned statement, until it is signed, once; then at once what becomes final", async () => {
      const { store, job, accounts, path } = await place(open);
      const [one, two] = accounts;
      const [seven, eight] = [7 as StatementId, 8 as StatementId];
      const has = async () => {
        const { creditEscrow, creditFinal, unitsFinal } = (await store.account(one)) ?? {};
        return [creditEscrow, creditFinal, unitsFinal];
      };
      const under = (statement: StatementId) => ({ statement });
      await store.commit([
        ...[mark(one, 7), replica(job, 0, one, "a", under(seven)), replica(job, 1, one, "a", under(seven))],
        ...[bytesOf(job, 0, "a"), final(job, 0, "a", [one], { ...under(seven), signed: false })],
      ]);
      expect(await has()).toEqual([5, 0, 1]);
      expect(await store.unit(job, unit(0))).toMatchObject({ replicas: [{ outcome: "final", credit: 2.5, signed: false }] });
      expect((await store.history(job)).open).toMatchObject([{ unit: 1, statement: 7, signed: false }]);
      // In one commit, in this order.
      await store.commit([
        ...[replica(job, 2, one, "a", under(seven)), bytesOf(job, 2, "a"), final(job, 2, "a", [one], { ...under(seven), signed: false })],
        ...[signed(one, 7), signed(one, 7)],
        ...[bytesOf(job, 1, "a"), final(job, 1, "a", [one], { ...under(seven), signed: true })],
      ]);
      expect(await has()).toEqual([0, 7.5, 3]);
      await store.commit([signed(one, 7)]);
      expect(await has()).toEqual([0, 7.5, 3]);
      await store.commit([
        mark(one, 8),
        replica(job, 3, one, "a", under(eight)),
        mark(two, 9),
        replica(job, 3, two, "a", under(9 as StatementId)),
      ]);
      await store.commit([signed(two, 9)]);
      expect((await store.history(job)).open).toMatchObject([
        { statement: 8, signed: false },
        { statement: 9, signed: true },
      ]);
      await store.commit([{ type: "page-ended", job, page: 0 }]);
      await store.close();
      const again = opened(open, path);
      expect(await again.unit(job, unit(2))).toMatchObject({ replicas: [{ outcome: "final", signed: true }] });
      expect(await again.lastStatement()).toBe(9);
    });

    it("finds an unsigned statement by its account and its latest hash, while it is young enough", async () => {
      const { store, accounts } = await place(open);
      const [one, two] = accounts;
      const find = (account: AccountId, text: string, since = 0) =>
        store.unsignedStatement(account, Buffer.from(digest(text), "hex"), since);
      expect(await store.lastStatement()).toBe(0);
      await store.commit([mark(one, 1, digest("before"))]);
      await store.commit([mark(one, 1, digest("after"), 3000)]);
      expect(await find(one, "before")).toBeUndefined();
      expect(await find(two, "after")).toBeUndefined();
      expect(await find(one, "after")).toBe(1);
      expect(await find(one, "after", 2999)).toBe(1);
      expect(await find(one, "after", 3000)).toBeUndefined();
      await store.commit([signed(one, 1)]);
      expect(await find(one, "after")).toBeUndefined();
    });

    it("keeps what the auditor owes and has found: who passed, who was proven wrong since when, which clusters are watched", async () => {
      const { store, job, accounts, path } = await place(open);
      const [one, two, three] = accounts;
      const audited = { ...(final(job, 0, "a", [one, two, three]) as Extract<StoreOp, { type: "final" }>), audited: "surprise" as const };
      await store.commit([replica(job, 0, one, "a"), bytesOf(job, 0, "a"), replica(job, 0, two, "a"), { type: "due", job, unit: unit(0) }]);
      await store.commit([replica(job, 7, one, "x"), bytesOf(job, 7, "x"), replica(job, 7, two, "x"), { type: "due", job, unit: unit(7) }]);
      expect((await store.history(job)).due).toEqual([0, 7]);
      await store.commit([replica(job, 0, three, "a"), audited]);
      for (const id of [one, two]) expect((await store.account(id))?.record).toEqual({ passed: 1, proven: 0, convictedAt: 0 });
      const proven = { type: "proven-wrong", account: two, cluster: "net:x", alike: true, at: 2500, watchedUntil: 9000 } as const;
      await store.commit([proven, replica(job, 8, two, "late", { at: 2501 })]);
      await store.close();

      const again = opened(open, path);
      const { due, open: left } = await again.history(job);
      expect(due).toEqual([7]);
      expect(left.map(({ unit, account, struck }) => [unit, account, struck])).toEqual([
        [7, one, false],
        [7, two, true],
        [8, two, false],
      ]);
      expect((await again.tally(job)).audited).toBe(1);
      expect((await again.account(one))?.record).toEqual({ passed: 1, proven: 0, convictedAt: 0 });
      expect((await again.account(two))?.record).toEqual({ passed: 0, proven: 1, convictedAt: proven.at });
      await again.commit([{ ...proven, alike: false, watchedUntil: 9500 }]);
      expect((await again.account(two))?.record).toEqual({ passed: 0, proven: 1, convictedAt: proven.at });
      expect(await again.watched(9400)).toEqual(new Map([["net:x", 9500]]));
      expect(await again.watched(9500)).toEqual(new Map());
      expect(await again.watched(0)).toEqual(new Map());
      await again.close();
    });

    it("reads a packed page as it read its journal", async () => {
      const { store, job, accounts } = await place(open);
      const [one, two, three] = accounts;
      const long = "l".repeat(2000);
      await store.commit([
        ...[replica(job, 0, one, "a"), bytesOf(job, 0, "a"), replica(job, 0, two, "lie"), bytesOf(job, 0, "lie")],
        ...[replica(job, 0, three, "a"), final(job, 0, "a", [one, [two, "lie"], three])],
        ...[replica(job, 9, one, long), bytesOf(job, 9, long), replica(job, 9, two, long, { credit: 1 })],
        { ...final(job, 9, long, [one, two]), at: 9_000_000 } as StoreOp,
        ...[replica(job, 50, one, "z", { status: "failed", credit: 0 }), failed(job, 50, "z", [one])],
      ]);
      const read = async () => ({
        finals: await store.finals(job, unit(0), 10),
        final: await store.final(job, unit(9)),
        none: await store.final(job, unit(50)),
        own: (await store.unitsOf(job, one)).units,
        history: await store.history(job),
      });
      const before = await read();
      expect(before.finals.map((row) => row.unit)).toEqual([0, 9]);
      await store.commit([{ type: "page-ended", job, page: 0 }]);
      const { history, ...after } = await read();
      expect({ ...after, history: before.history }).toEqual(before);
      expect(history.failed).toEqual([50]);
    });

    it("drops the bytes that lost with the page, and says which blobs nobody needs any more", async () => {
      const { store, job, accounts } = await place(open);
      const [one, two, three] = accounts;
      const large = (index: number, text: string): StoreOp => ({
        type: "bytes",
        job,
        unit: unit(index),
        digest: digest(text),
        bytes: null,
      });
      await store.commit([replica(job, 0, one, "a"), large(0, "a"), replica(job, 0, two, "lie"), large(0, "lie")]);
      await store.commit([replica(job, 0, three, "a"), final(job, 0, "a", [one, [two, "lie"], three])]);
      await store.commit([replica(job, 1, one, "b"), large(1, "b"), replica(job, 5000, one, "b"), large(5000, "b")]);
      expect(await store.garbage(10)).toEqual([]);
      await store.commit([{ type: "page-ended", job, page: 0 }]);
      expect(await store.garbage(10)).toEqual([digest("lie")]);
      await store.commit([{ type: "job-state", job, state: "cancelled", reason: "", at: 77 }]);
      expect(await store.endJob(job)).toBe(false);
      expect(new Set(await store.garbage(10))).toEqual(new Set([digest("lie"), digest("b")]));
      await store.dropGarbage(digest("lie") as BlobHash);
      expect(await store.garbage(10)).toEqual([digest("b")]);
    });

    it("writes batches of any size and finds every unit again, in order", async () => {
      const { store, job, accounts } = await place(open);
      const [one, two] = accounts;
      const count = 1357;
      const indices = Array.from({ length: count }, (_, index) => index);
      await store.commit(
        indices.flatMap((index) => [
          replica(job, index, one, `u${index}`),
          replica(job, index, two, `u${index}`),
          bytesOf(job, index, `u${index}`),
          final(job, index, `u${index}`, [one, two]),
        ]),
      );
      const found: number[] = [];
      for (let from = 0; ; ) {
        const rows = await store.finals(job, unit(from), 100);
        if (rows.length === 0) break;
        found.push(...rows.map((row) => row.unit));
        from = (rows.at(-1)?.unit ?? 0) + 1;
      }
      expect(found).toEqual(indices);
      expect(await store.account(two)).toMatchObject({ creditEscrow: 0, creditFinal: count * SPEC.creditPerUnit, unitsFinal: count });
    });

    it("keeps large bytes out of its rows", async () => {
      const { store, job } = await place(open);
      const bytes = new Uint8Array(MAX_ROW_BYTES + 1);
      await expect(store.commit([{ type: "bytes", job, unit: unit(0), digest: digest("large"), bytes }])).rejects.toThrow(RangeError);
      await store.commit([{ type: "bytes", job, unit: unit(0), digest: digest("large"), bytes: null }]);
    });

    it("says when a job first started", async () => {
      const { store } = await place(open);
      const { id: job } = await store.addJob(jobRow({ state: "draft", startedAt: null }), SPEC);
      const startedAt = async () => (await store.jobs()).find(({ id }) => id === job)?.startedAt;
      expect(await startedAt()).toBeNull();
      for (const [state, at] of [
        ["running", 5],
        ["paused", 6],
        ["running", 7],
      ] as const)
        await store.commit([{ type: "job-state", job, state, reason: "", at }]);
      expect(await startedAt()).toBe(5);
    });

    it("voids what is open when a job is cancelled, and says when it ended", async () => {
      const { store, job, accounts } = await place(open);
      const [one, two] = accounts;
      await store.commit([replica(job, 0, one, "a"), replica(job, 0, two, "a"), bytesOf(job, 0, "a"), final(job, 0, "a", [one, two])]);
      await store.commit([replica(job, 1, one, "b"), bytesOf(job, 1, "b"), replica(job, 2, one, "c")]);
      await store.commit([{ type: "job-state", job, state: "cancelled", reason: "", at: 77 }]);
      expect((await store.unitsOf(job, one)).units.map(({ outcome }) => outcome)).toEqual(["void", "void", "final"]);
      expect((await store.unit(job, unit(1)))?.replicas.map(({ outcome }) => outcome)).toEqual(["void"]);
      expect([await store.endJob(job), await store.endJob(job)]).toEqual([false, false]);
      expect(await store.account(one)).toMatchObject({ creditEscrow: 0, creditFinal: 2.5 });
      expect((await store.history(job)).open).toEqual([]);
      expect(await store.jobs()).toMatchObject([{ state: "cancelled", finishedAt: 77 }]);
      expect(await store.final(job, unit(0))).toBeDefined();
    });

    it("forgets a key and keeps the work; the key comes back as somebody new", async () => {
      const { store, job, accounts } = await place(open);
      const [one] = accounts;
      await store.commit([replica(job, 0, one, "a"), { type: "forget", account: one, at: 9 }]);
      expect(await store.account(one)).toMatchObject({ publicKey: null, unitsSubmitted: 1 });
      expect((await store.accounts(10)).map((row) => row.publicKey)).not.toContain(publicKey(1));
      expect((await store.accountOf(publicKey(1), 10)).id).not.toBe(one);
    });

    it("makes a secret once, and an account once a key", async () => {
      const { path, store } = await place(open);
      const made = await store.secret("token-key", () => randomBytes(32));
      expect(Buffer.from(await store.secret("token-key", () => randomBytes(32)))).toEqual(Buffer.from(made));
      expect(await store.knownAccount(publicKey(42))).toBeUndefined();
      const ids = await Promise.all(Array.from({ length: 20 }, () => store.accountOf(publicKey(42), 1)));
      expect(await store.knownAccount(publicKey(42))).toEqual(ids[0]);
      expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
      await store.close();
      expect(Buffer.from(await opened(open, path).secret("token-key", () => randomBytes(32)))).toEqual(Buffer.from(made));
    });

    it("knows tokens by their hash, until they are revoked", async () => {
      const { store } = await place(open);
      const token = await store.addToken("ada", true, digest("secret"), 5);
      expect(await store.tokenOf(digest("secret"))).toEqual({ id: token.id, name: "ada", admin: true, createdAt: 5, revokedAt: null });
      expect(await store.tokenOf(digest("other"))).toBeUndefined();
      expect(await store.revokeToken(token.id, 6)).toBe(true);
      expect(await store.revokeToken(token.id, 7)).toBe(false);
      expect(await store.revokeToken(99, 7)).toBe(false);
      expect(await store.tokens()).toEqual([{ ...token, revokedAt: 6 }]);
    });

    it("knows the sites that may show the widget, until they are switched off, and on again", async () => {
      const { store } = await place(open);
      const site = await store.putSite("https://blog.example", "Tidal Atlas", 5);
      const given = { units: 0, credit: 0, since: 5 };
      const before = { hour: 0, units: 0, credit: 0 };
      expect(site).toEqual({ id: site.id, origin: "https://blog.example", name: "Tidal Atlas", createdAt: 5, offAt: null, given, before });
      expect(await store.switchSiteOff(site.id, 6)).toBe(true);
      expect(await store.switchSiteOff(site.id, 7)).toBe(false);
      expect(await store.siteOf("https://blog.example")).toEqual({ ...site, offAt: 6 });
      expect(await store.putSite("https://blog.example", "Tides", 8)).toEqual({ ...site, name: "Tides" });
      expect(await store.sites()).toEqual([{ ...site, name: "Tides" }]);
      for (const other of ["https://other.example", "https://blog.example\0x"]) expect(await store.siteOf(other)).toBeUndefined();
      expect(await store.site(site.id)).toEqual({ ...site, name: "Tides" });
      expect(await store.site(99 as SiteId)).toBeUndefined();
    });

    it("counts for a site what was final and earned credit, whether it is signed or not, and knows whose visitor a vote is over a reopening", async () => {
      const { path, store, job, accounts } = await place(open);
      const [one, two] = accounts;
      const { id: site } = await store.putSite("https://blog.example", "Tidal Atlas", 5);
      const other = await store.putSite("https://shop.example", "Shop", 5);
      await store.commit([mark(one, 1), replica(job, 0, one, "a", { site, statement: 1 as StatementId }), bytesOf(job, 0, "a")]);
      await store.commit([replica(job, 1, one, "b", { site }), replica(job, 1, two, "b"), bytesOf(job, 1, "b")]);
      await store.commit([replica(job, 2, two, "c", { site: other.id }), replica(job, 2, one, "lie", { site }), bytesOf(job, 2, "c")]);
      await store.close();
      const again = opened(open, path);
      expect((await again.history(job)).open.map((vote) => [vote.unit, vote.account, vote.site])).toEqual([
        [0, one, site],
        [1, one, site],
        [1, two, undefined],
        [2, two, other.id],
        [2, one, site],
      ]);
      await again.commit([final(job, 0, "a", [one], { statement: 1 as StatementId, signed: false, site })]);
      await again.commit([final(job, 2, "c", [two], { statement: 0 as StatementId, signed: true, site: other.id })]);
      expect(await again.site(site)).toMatchObject({ given: { units: 1, credit: SPEC.creditPerUnit, since: 5 } });
      expect(await again.site(other.id)).toMatchObject({ given: { units: 1 } });
    });

    it("holds unit indices up to 2^53 - 1", async () => {
      const { store, job, accounts } = await place(open);
      const last = Number.MAX_SAFE_INTEGER - 1;
      const [one, two] = accounts;
      await store.commit([
        replica(job, last, one, "a"),
        replica(job, last, two, "a"),
        bytesOf(job, last, "a"),
        final(job, last, "a", [one, two]),
      ]);
      expect((await store.history(job)).final).toEqual([{ start: last, length: 1 }]);
    });

    it("reads final units as runs", async () => {
      const { store, job, accounts } = await place(open);
      const [one] = accounts;
      const indices = [0, 1, 2, 5, 7, 8, 99];
      await store.commit([
        ...indices.flatMap((index) => [replica(job, index, one, "a"), bytesOf(job, index, "a"), final(job, index, "a", [one])]),
        replica(job, 6, one, "z", { status: "failed", credit: 0 }),
        failed(job, 6, "z", [one]),
      ]);
      expect((await store.history(job)).final).toEqual([
        { start: 0, length: 3 },
        { start: 5, length: 1 },
        { start: 7, length: 2 },
        { start: 99, length: 1 },
      ]);
      expect(await store.tally(job)).toEqual({
        counted: 7,
        refused: 0,
        recorded: 7,
        final: 7,
        audited: 0,
        checked: 0,
        checkedSlices: 0,
        gpuMicros: 12_000,
      });
    });

    it("knows which networks are still needed, and drops a secret that is not", async () => {
      const { store, job, accounts } = await place(open);
      const [one] = accounts;
      await store.commit([replica(job, 0, one, "a", { cluster: "net:7:x" }), bytesOf(job, 0, "a")]);
      expect([await store.hasOpenCluster("net:7:"), await store.hasOpenCluster("net:70:")]).toEqual([true, false]);
      await store.commit([final(job, 0, "a", [one])]);
      expect(await store.hasOpenCluster("net:7:")).toBe(false);
      await store.commit([replica(job, 1, one, "a", { cluster: "net:7:x" })]);
      expect(await store.hasOpenCluster("net:7:")).toBe(true);
      await store.commit([{ type: "job-state", job, state: "cancelled", reason: "", at: 77 }]);
      expect(await store.hasOpenCluster("net:7:")).toBe(false);
      for (const key of ["k/1", "k/2", "other"]) await store.secret(key, () => new Uint8Array(1));
      await store.dropSecret("k/1");
      expect(await store.secrets("k/")).toEqual(["k/2"]);
    });

    it("adds up a large batch over several jobs, pages and accounts", async () => {
      const { store } = await place(open);
      const jobs = await Promise.all([1, 2, 3].map(async () => (await store.addJob(jobRow(), { ...SPEC, units: 50_000 })).id));
      const accounts = await Promise.all(Array.from({ length: 40 }, async (_, id) => (await store.accountOf(publicKey(100 + id), 1)).id));
      const ops: StoreOp[] = [];
      const shares = new Map(accounts.map((id) => [id, { submitted: 0, final: 0 }]));
      const tallies = jobs.map(() => ({
        counted: 0,
        refused: 0,
        recorded: 0,
        final: 0,
        audited: 0,
        checked: 0,
        checkedSlices: 0,
        gpuMicros: 0,
      }));
      for (let index = 0; ops.length < 5000; index++) {
        const at = index % 3;
        const job = jobs[at] as JobId;
        // Ten pages, each from its start.
        const which = (index % 10) * 4096 + Math.floor(index / 10);
        const [one, two] = [accounts[index % 40] as AccountId, accounts[(index + 7) % 40] as AccountId];
        ops.push(replica(job, which, one, `u${index}`), replica(job, which, two, `u${index}`), bytesOf(job, which, `u${index}`));
        const ends = index % 4 > 0;
        if (ends) ops.push(final(job, which, `u${index}`, [one, two]));
        for (const id of [one, two]) {
          const share = shares.get(id);
          if (!share) throw new Error("no share");
          share.submitted++;
          if (ends) share.final++;
        }
        const tally = tallies[at];
        if (!tally) throw new Error("no tally");
        tally.counted += 2;
        tally.gpuMicros += 2 * 1500;
        if (ends) tally.recorded += 2;
        if (ends) tally.final++;
      }
      await store.commit(ops);
      for (const [id, { submitted, final: ended }] of shares) {
        expect(await store.account(id)).toMatchObject({
          creditEscrow: (submitted - ended) * SPEC.creditPerUnit,
          creditFinal: ended * SPEC.creditPerUnit,
          unitsSubmitted: submitted,
          unitsFinal: ended,
          gpuMicros: submitted * 1500,
        });
        const own = await Promise.all(jobs.map((job) => store.unitsOf(job, id)));
        expect(own.flatMap(({ units }) => units)).toHaveLength(submitted);
      }
      expect(await Promise.all(jobs.map((job) => store.tally(job)))).toEqual(tallies);
    });

    it("ends sums of GPU time at 2^53 - 1, within a batch and over them", async () => {
      const { store, job, accounts } = await place(open);
      const [one] = accounts;
      const long = (index: number) => replica(job, index, one, "a", { gpuMicros: Number.MAX_SAFE_INTEGER - 1 });
      await store.commit([long(0), long(1)]);
      expect(await store.account(one)).toMatchObject({ gpuMicros: Number.MAX_SAFE_INTEGER });
      await store.commit([long(2)]);
      expect(await store.account(one)).toMatchObject({ gpuMicros: Number.MAX_SAFE_INTEGER });
    });
  });
}
