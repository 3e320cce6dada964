/** Pools beside the core, which knows their members: their rows, their invitations and their members' passes. */
import { createHash, randomBytes } from "node:crypto";
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, PoolId } from "../../shared/ids.ts";
import type { PoolInvite, PoolRow, PoolStore } from "../core/pool-store.ts";
import type { TokenRow } from "../core/store.ts";
import type { KeyRing } from "./keys.ts";
import { badPass, Passes, type PassFacts } from "./pass.ts";

const DAY_MS = 24 * 3_600_000;
/** A link to join is good for so long, days: a lesson's, a week's, a term's. */
export const INVITE_DAYS = { usual: 7, most: 365 };
/** Pools of one owner that are on. */
const MAX_POOLS = 100;

type PoolEvent =
  | { type: "pool-opened"; pool: PoolId }
  | { type: "pool-off"; pool: PoolId }
  | { type: "member-joined"; pool: PoolId; account: AccountId; name?: string; invite?: string }
  | { type: "member-left"; pool: PoolId; account: AccountId };

interface Core {
  /** Rejects with the error that is answered. */
  carryOut(event: PoolEvent): Promise<void>;
  isMember(pool: PoolId, account: AccountId): boolean;
}

/** How long a link is good, days, and how many it lets in; null: as many as come. */
export interface LinkTerms {
  days: number;
  uses: number | null;
}

/** A pool and what its new link says; that is told once, the store has its hash. */
export interface Invited {
  pool: PoolRow;
  secret: string;
}

export class Pools {
  private readonly store: PoolStore;
  private readonly core: Core;
  private readonly passes: Passes;
  private readonly rows = new Map<PoolId, PoolRow>();

  private constructor(store: PoolStore, core: Core, ring: KeyRing) {
    this.store = store;
    this.core = core;
    this.passes = new Passes(ring);
  }

  static async open(store: PoolStore, core: Core, ring: KeyRing): Promise<Pools> {
    const pools = new Pools(store, core, ring);
    for (const row of await store.all()) pools.rows.set(row.id, row);
    return pools;
  }

  row(id: number): PoolRow | undefined {
    return this.rows.get(id as PoolId);
  }

  /** Those that this token's owner may change, by id. */
  of(owner: Pick<TokenRow, "id" | "admin">): PoolRow[] {
    return [...this.rows.values()].filter((row) => isPoolOf(owner, row));
  }

  /** Throws `forbidden` when the owner has too many. */
  async make(owner: TokenRow, name: string, terms: LinkTerms, now: number): Promise<Invited> {
    const on = [...this.rows.values()].filter((row) => row.owner === owner.id && row.offAt === null);
    if (on.length >= MAX_POOLS) {
      const why = `This owner has ${MAX_POOLS} pools, as many as one may have.`;
      throw new IdlewaveError("forbidden", { why, todo: "Switch some of them off." });
    }
    const { secret, ...invite } = newInvite(terms, now);
    const pool = await this.store.add({ owner: owner.id, ownerName: owner.name, name }, invite, now);
    this.rows.set(pool.id, pool);
    await this.core.carryOut({ type: "pool-opened", pool: pool.id });
    return { pool, secret };
  }

  /** Replaces the pool's link, which is good no more, and switches the pool on again. */
  async invite({ id }: PoolRow, terms: LinkTerms, now: number): Promise<Invited> {
    const { secret, ...invite } = newInvite(terms, now);
    const pool = await this.store.invite(id, invite);
    this.rows.set(id, pool);
    await this.core.carryOut({ type: "pool-opened", pool: id });
    return { pool, secret };
  }

  /** Its members are members no more when it resolves. Throws `not-found` when it is off already. */
  async off({ id }: PoolRow, now: number): Promise<void> {
    await this.core.carryOut({ type: "pool-off", pool: id });
    const row = this.rows.get(id);
    if (row) this.rows.set(id, { ...row, offAt: now, ...NO_INVITE });
  }

  /** Its link is good no more; its members stay. */
  async revoke({ id }: PoolRow): Promise<void> {
    await this.store.revoke(id);
    const row = this.rows.get(id);
    if (row) this.rows.set(id, { ...row, ...NO_INVITE });
  }

  /** The pool that a link's secret lets one more into. Throws `bad-invite`. */
  invited(secret: string, now: number): PoolRow {
    const pool = this.pointedAt(secret, now);
    if (pool.inviteUses === 0) throw usedUp();
    return pool;
  }

  /** `name`: what its person calls the machine. Throws `bad-invite`, or `forbidden` when it is full. */
  async join(secret: string, account: AccountId, now: number, name?: string): Promise<PoolRow> {
    const pool = this.pointedAt(secret, now);
    const { id, inviteHash } = pool;
    const event = { type: "member-joined" as const, pool: id, account, ...(name === undefined ? {} : { name }) };
    // Who is one already is named anew, and takes no use of the link.
    if (pool.inviteUses === null || inviteHash === null || this.isMember(id, account)) await this.core.carryOut(event);
    else {
      // Before anything is waited for, so that two who come at once do not share one use.
      this.take(pool, inviteHash, -1);
      await this.core.carryOut({ ...event, invite: inviteHash }).catch((error: unknown) => {
        this.take(this.rows.get(id), inviteHash, 1);
        throw error;
      });
    }
    return pool;
  }

  /** Whether or not it lets in one more. */
  private pointedAt(secret: string, now: number): PoolRow {
    const hash = hashOf(secret);
    const pool = [...this.rows.values()].find(({ inviteHash }) => inviteHash === hash);
    if (!pool || pool.inviteUntil === null) throw badInvite("it was replaced or taken back, or it is not whole");
    if (pool.inviteUntil <= now) throw badInvite(`it was good until ${new Date(pool.inviteUntil).toISOString()}`);
    return pool;
  }

  private take(row: PoolRow | undefined, hash: string, by: 1 | -1): void {
    if (row?.inviteHash !== hash || row.inviteUses === null) return;
    if (row.inviteUses + by < 0) throw usedUp();
    this.rows.set(row.id, { ...row, inviteUses: row.inviteUses + by });
  }

  /** Done also for who is no member. */
  async leave(pool: PoolId, account: AccountId): Promise<void> {
    await this.core.carryOut({ type: "member-left", pool, account });
  }

  isMember(pool: PoolId, account: AccountId): boolean {
    return this.core.isMember(pool, account);
  }

  pass(facts: PassFacts, now: number): string {
    return this.passes.sign(facts, now);
  }

  /** What a good pass of somebody says who is a member still. Throws `bad-pass`. */
  passed(pass: string, now: number): PassFacts {
    const facts = this.passes.read(pass, now);
    if (!this.isMember(facts.pool, facts.account)) throw badPass("its account is no member any more, or the pool is off");
    return facts;
  }
}

const NO_INVITE = { inviteHash: null, inviteUntil: null, inviteUses: null };

function usedUp(): IdlewaveError {
  return badInvite("it has let in as many as it was made for");
}

function badInvite(why: string): IdlewaveError {
  return new IdlewaveError("bad-invite", { why });
}

export function isPoolOf(owner: Pick<TokenRow, "id" | "admin">, pool: Pick<PoolRow, "owner">): boolean {
  return owner.admin || owner.id === pool.owner;
}

function newInvite({ days, uses }: LinkTerms, now: number): PoolInvite & { secret: string } {
  const secret = randomBytes(32).toString("base64url");
  return { secret, hash: hashOf(secret), until: Math.trunc(now) + days * DAY_MS, uses };
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
