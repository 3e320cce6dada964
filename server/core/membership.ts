/**
 * Pools: a job of one is computed by its members alone, whom its owner invited.
 *
 *   opened ──member-joined──▶ its hosts get its jobs' units ──member-left──▶ their leases have ended, they get none
 *      ▲                                                                        │
 *      └───────────pool-opened─── off: it has no members, its jobs pause ◀──pool-off
 *
 * Members are trusted by the owner, not by the network: each counts for one, wherever it comes from, what it does here changes
 * its standing nowhere, and no public volunteer changes what a pool does.
 */
import { type AccountId, type PoolId, unitsOf } from "../../shared/ids.ts";
import type { Reply } from "./effects.ts";
import { takeBack } from "./expiry.ts";
import { pauseFor } from "./job.ts";
import type { CoreState, Pool } from "./state.ts";
import type { Work } from "./work.ts";

/** Members of one pool: a school's machines. */
export const MAX_MEMBERS = 1_000;

export const POOL_OFF = "its pool was switched off";

/** The pool is there, and whoever is invited may join it. */
export function openPool(state: CoreState, id: PoolId): Pool {
  let pool = state.pools.get(id);
  if (!pool) {
    pool = { members: new Set(), isOff: false, serving: new Map() };
    state.pools.set(id, pool);
  }
  pool.isOff = false;
  return pool;
}

/** As the store has it, before the jobs are taken up. */
export function restorePool(state: CoreState, id: PoolId, isOff: boolean, members: Iterable<AccountId>): void {
  const pool = openPool(state, id);
  pool.isOff = isOff;
  for (const account of members) pool.members.add(account);
}

interface Joining {
  pool: PoolId;
  account: AccountId;
  name?: string;
  invite?: string;
}

/** Who is a member already may be named anew. */
export function joinPool(state: CoreState, { pool: id, account, name, invite }: Joining, work: Work): Reply {
  const pool = state.pools.get(id);
  if (!pool || pool.isOff) return { type: "error", code: "bad-invite", details: { why: POOL_OFF } };
  const named = name === undefined ? {} : { name };
  if (pool.members.has(account)) {
    if (name !== undefined) work.store({ type: "member-named", pool: id, account, name });
    return { type: "done" };
  }
  if (pool.members.size >= MAX_MEMBERS) {
    const why = `This pool has ${MAX_MEMBERS} members, as many as one may have.`;
    return { type: "error", code: "forbidden", details: { why, todo: "Ask its owner to remove some of them, or to make a second one." } };
  }
  pool.members.add(account);
  work.store({ type: "member-joined", pool: id, account, ...named, ...(invite === undefined ? {} : { invite }), at: work.now });
  return { type: "done" };
}

/** Its leases end in this step; done also for who is no member. */
export function leavePool(state: CoreState, { pool: id, account }: { pool: PoolId; account: AccountId }, work: Work): void {
  if (!state.pools.get(id)?.members.delete(account)) return;
  work.store({ type: "member-left", pool: id, account, at: work.now });
  endLeasesOf(state, id, account, work);
  work.tell({ type: "pool-left", pool: id, account });
}

export function switchPoolOff(state: CoreState, id: PoolId, work: Work): Reply {
  const pool = state.pools.get(id);
  if (!pool || pool.isOff) return { type: "error", code: "not-found", details: { what: `pool ${id} that is on` } };
  pool.isOff = true;
  pool.members.clear();
  work.store({ type: "pool-off", pool: id, at: work.now });
  endLeasesOf(state, id, null, work);
  for (const job of state.running.filter(({ spec }) => spec.pool === id)) pauseFor(state, job, POOL_OFF, work);
  work.tell({ type: "pool-left", pool: id, account: null });
  return { type: "done" };
}

/** Who is forgotten is a member of nothing; its leases have ended. */
export function forgetMember(state: CoreState, account: AccountId): void {
  for (const pool of state.pools.values()) pool.members.delete(account);
}

/** `account` null: of all members. */
function endLeasesOf(state: CoreState, pool: PoolId, account: AccountId | null, work: Work): void {
  for (const lease of state.leases.values()) {
    if (account !== null && lease.account !== account) continue;
    if (state.jobs.get(lease.job)?.spec.pool === pool) takeBack(state, lease, unitsOf(lease.runs), work);
  }
}
