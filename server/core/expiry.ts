/** How leases end before their units are answered. */
import { type HostId, type UnitIndex, unitsOf } from "../../shared/ids.ts";
import { accountOf } from "./account.ts";
import { dropUnit } from "./lease.ts";
import type { CoreState, Job, Lease } from "./state.ts";
import { schedule } from "./verify.ts";
import type { Work } from "./work.ts";

/** A reload can come back within this time, ms. */
export const HOST_GRACE_MS = 30_000;

/**
 * Gives back some units of a lease, or all of them; others get them. When most came back, that is noted of the account, unless
 * its owner stopped the job.
 */
export function giveBack(state: CoreState, lease: Lease, units: Iterable<UnitIndex>, work: Work): void {
  const mostCameBack = () => lease.returned * 2 > lease.size;
  const before = mostCameBack();
  lease.returned += takeBack(state, lease, units, work);
  const isRunning = state.jobs.get(lease.job)?.state === "running";
  if (isRunning && !before && mostCameBack()) accountOf(state, lease.account).returned++;
}

/** Takes units out of a lease; others get them. Returns how many it held. */
export function takeBack(state: CoreState, lease: Lease, units: Iterable<UnitIndex>, work: Work): number {
  const job = state.jobs.get(lease.job);
  if (!job) throw new Error(`lease of unknown job ${lease.job}`);
  let taken = 0;
  for (const unit of units) {
    if (!dropUnit(state, job, lease, unit)) continue;
    taken++;
    schedule(state, job, unit, work);
  }
  return taken;
}

export function endLease(state: CoreState, lease: Lease, work: Work): void {
  giveBack(state, lease, unitsOf(lease.runs), work);
}

/** Ends what is past its deadline. */
export function expire(state: CoreState, work: Work): void {
  for (const lease of state.leases.values()) if (lease.deadline <= work.now) endLease(state, lease, work);
}

/** The host's leases live on without it for a while. */
export function orphan(state: CoreState, host: HostId, now: number): void {
  for (const lease of state.leases.values()) {
    if (lease.host !== host) continue;
    lease.host = null;
    lease.deadline = Math.min(lease.deadline, now + HOST_GRACE_MS);
  }
}

/** Ends all leases of a job that is over: nobody else gets the units. */
export function endJobLeases(state: CoreState, job: Job): void {
  for (const lease of state.leases.values()) {
    if (lease.job !== job.spec.id) continue;
    for (const unit of unitsOf(lease.runs)) dropUnit(state, job, lease, unit);
  }
}
