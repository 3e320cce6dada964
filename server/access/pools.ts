/** Pools beside the core, which knows their members: their rows, their invitations and their members' passes. */
import { createHash, randomBytes } from "node:crypto";
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, PoolId } from "../../shared/ids.ts";
import type { Reply } from "../core/effects.ts";
import type { PoolInvite, PoolRow, PoolStore } from "../core/pool-store.ts";
import type { TokenRow } from "../core/store.ts";
import type { KeyRing } from "./keys.ts";
import { badPass, Passes, type PassFacts } from "./pass.ts";

const DAY_MS = 24 * 3_600_000;
/** A link to join is good for so long, days: a lesson's, a week's, a term's. */
export const INVITE_DAYS = { usual: 7, most: 365 };
/** Pools of one owner that are on. */
const MAX_POOLS = 100;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

type PoolEvent =
  | { type: "pool-opened"; pool: PoolId }
  | { type: "pool-off"; pool: PoolId }
  | { type: "member-joined"; pool: PoolId; account: AccountId }
  | { type: "member-left"; pool: PoolId; account: AccountId };

interface Core {
  dispatch(event: PoolEvent): Promise<Reply>;
  isMember(pool: PoolId, account: AccountId): boolean;
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

  /** Throws `forbidden` when the owner has too many. `days`: how long its link is good. */
  async make(owner: TokenRow, name: string, days: number, now: number): Promise<Invited> {
    const on = [...this.rows.values()].filter((row) => row.owner === owner.id && row.offAt === null);
    if (on.length >= MAX_POOLS) {
      const why = `This owner has ${MAX_POOLS} pools, as many as one may have.`;
      throw new IdlewaveError("forbidden", { why, todo: "Switch some of them off." });
    }
    const { secret, ...invite } = newInvite(days, now);
    const pool = await this.store.add({ owner: owner.id, ownerName: owner.name, name }, invite, now);
    this.rows.set(pool.id, pool);
    await this.dispatch({ type: "pool-opened", pool: pool.id });
    return { pool, secret };
  }

  /** Replaces the pool's link, which is good no more, and switches the pool on again. */
  async invite({ id }: PoolRow, days: number, now: number): Promise<Invited> {
    const { secret, ...invite } = newInvite(days, now);
    const pool = await this.store.invite(id, invite);
    this.rows.set(id, pool);
    await this.dispatch({ type: "pool-opened", pool: id });
    return { pool, secret };
  }

  /** Its members are members no more when it resolves. Throws `not-found` when it is off already. */
  async off({ id }: PoolRow, now: number): Promise<void> {
    await this.dispatch({ type: "pool-off", pool: id });
    const row = this.rows.get(id);
    if (row) this.rows.set(id, { ...row, offAt: now, inviteUntil: null });
  }

  /** The pool that a link's secret invites to. Throws `bad-invite`. */
  async invited(secret: string, now: number): Promise<PoolRow> {
    const pool = SECRET.test(secret) ? await this.store.ofInvite(hashOf(secret), now) : undefined;
    if (!pool) throw new IdlewaveError("bad-invite");
    return pool;
  }

  /** Throws `bad-invite`, or `forbidden` when it is full. */
  async join(secret: string, account: AccountId, now: number): Promise<PoolRow> {
    const pool = await this.invited(secret, now);
    await this.dispatch({ type: "member-joined", pool: pool.id, account });
    return pool;
  }

  /** Done also for who is no member. */
  async leave(pool: PoolId, account: AccountId): Promise<void> {
    await this.dispatch({ type: "member-left", pool, account });
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

  private async dispatch(event: PoolEvent): Promise<void> {
    const reply = await this.core.dispatch(event);
    if (reply.type === "error") throw new IdlewaveError(reply.code, reply.details);
  }
}

export function isPoolOf(owner: Pick<TokenRow, "id" | "admin">, pool: Pick<PoolRow, "owner">): boolean {
  return owner.admin || owner.id === pool.owner;
}

function newInvite(days: number, now: number): PoolInvite & { secret: string } {
  const secret = randomBytes(32).toString("base64url");
  return { secret, hash: hashOf(secret), until: Math.trunc(now) + days * DAY_MS };
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
