/** What a pool changes for those who compute: who may, how many share its units, and who may be one person. */
import type { AccountId, PoolId } from "../../shared/ids.ts";
import type { HostFacts } from "./events.ts";
import type { CoreState, Job } from "./state.ts";

/** Whether an account may compute what is of the pool, or see it; what is public anybody may. */
export function isAdmitted(state: CoreState, pool: PoolId | undefined, account: AccountId): boolean {
  return pool === undefined || (state.pools.get(pool)?.members.has(account) ?? false);
}

/** `account` as one of those who share the pool's units, or no more. */
export function noteServing(state: CoreState, { pool: id, account }: HostFacts, by: 1 | -1): void {
  const pool = id === undefined ? undefined : state.pools.get(id);
  if (!pool) return;
  const hosts = (pool.serving.get(account) ?? 0) + by;
  if (hosts > 0) pool.serving.set(account, hosts);
  else pool.serving.delete(account);
}

/** Members whose hosts are connected for the job's pool; of a public job none. */
export function servingCount(state: CoreState, job: Job): number {
  return servingOf(state, job)?.size ?? 0;
}

/** No other member's hosts are connected for the job's pool. Of a public job nobody is alone: who comes next is a stranger. */
export function servesAlone(state: CoreState, job: Job, account: AccountId): boolean {
  const serving = servingOf(state, job);
  return serving?.size === 1 && serving.has(account);
}

function servingOf(state: CoreState, { spec }: Job): ReadonlyMap<AccountId, number> | undefined {
  return spec.pool === undefined ? undefined : state.pools.get(spec.pool)?.serving;
}

/** The cluster under which an account computes units of the job. A class is behind one address: there each member is one of its own. */
export function clusterIn(pool: PoolId | undefined, { account, cluster }: Pick<HostFacts, "account" | "cluster">): string {
  return pool === undefined ? cluster : `account:${account}`;
}

/** Nobody could compute it. */
export function isPoolOff(state: CoreState, { spec }: Job): boolean {
  return spec.pool !== undefined && state.pools.get(spec.pool)?.isOff !== false;
}
