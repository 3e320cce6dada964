/** How many accounts, and how many clusters, had a replica that became final lately: a socket that does nothing is nobody. */
import { servingCount } from "./pool.ts";
import type { CoreState, Job, Standing } from "./state.ts";

/** A period, ms. Who was active in this one or the last counts. */
const ACTIVE_MS = 300_000;
/** Volunteers that count as active although nothing is final yet: nobody can claim to be more. */
const MAX_UNPROVEN = 32;

/** Of the period that goes on and of the one before it. */
export interface Active {
  period: number;
  since: number;
  now: number;
  before: number;
}

export function noneActive(): Active {
  return { period: 1, since: 0, now: 0, before: 0 };
}

export function noteActive(active: Active, who: Pick<Standing, "activeIn">): void {
  if (who.activeIn === active.period) return;
  who.activeIn = active.period;
  active.now++;
}

export function turnActive(active: Active, now: number): void {
  if (now - active.since < ACTIVE_MS) return;
  active.before = now - active.since < 2 * ACTIVE_MS ? active.now : 0;
  active.now = 0;
  active.period++;
  active.since = now;
}

export function activeCount({ now, before }: Active): number {
  return Math.max(now, before);
}

/** Clusters that were active lately where the job's units go; of a pool, whose members count one by one, those who are here. */
export function clustersOf(state: CoreState, job: Job): number {
  return job.spec.pool === undefined ? activeCount(state.activeClusters) : servingCount(state, job);
}

/** Volunteers who share a job's units, one at least; of a pool, its members who are here. */
export function volunteersOf(state: CoreState, job: Job): number {
  if (job.spec.pool !== undefined) return Math.max(1, servingCount(state, job));
  return Math.max(1, activeCount(state.activeAccounts), Math.min(MAX_UNPROVEN, job.holders.size));
}
