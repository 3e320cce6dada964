/** How leases end before their units are answered. */
import { type HostId, type UnitIndex, unitsOf } from "../../shared/ids.ts";
import { accountOf } from "./account.ts";
import { keptName } from "./cluster.ts";
import { dropUnit } from "./lease.ts";
import { standingOf } from "./standing.ts";
import type { CoreState, Job, Lease } from "./state.ts";
import { schedule } from "./verify.ts";
import type { Work } from "./work.ts";

/** A reload can come back within this time, ms. */
export const HOST_GRACE_MS = 30_000;

/** Units that are remembered to have come back, a job. */
const MAX_RETURNED_UNITS = 65_536;

/** Units of a lease come back without an answer, as is noted of who had them, unless the job's owner stopped it; others get them. */
export function giveBack(state: CoreState, lease: Lease, units: Iterable<UnitIndex>, work: Work): void {
  const job = state.jobs.get(lease.job);
  if (job?.state !== "running") {
    takeBack(state, lease, units, work);
    return;
  }
  const name = keptName(lease.cluster);
  const returned = takeBack(state, lease, units, work, (unit) => {
    if (job.returned.size >= MAX_RETURNED_UNITS) job.returned.clear();
    job.returned.set(unit, name);
  });
  if (job.spec.pool !== undefined) return;
  accountOf(state, lease.account).returned += returned;
  standingOf(state, lease.cluster).returned += returned;
}

/** Takes units out of a lease; others get them. Returns how many it held; `note` is told of each. */
export function takeBack(state: CoreState, lease: Lease, units: Iterable<UnitIndex>, work: Work, note?: (unit: UnitIndex) => void): number {
  const job = state.jobs.get(lease.job);
  if (!job) throw new Error(`lease of unknown job ${lease.job}`);
  let taken = 0;
  for (const unit of units) {
    if (!dropUnit(state, job, lease, unit)) continue;
    taken++;
    note?.(unit);
    schedule(state, job, unit, work);
  }
  return taken;
}

export function endLease(state: CoreState, lease: Lease, work: Work): void {
  giveBack(state, lease, unitsOf(lease.runs), work);
}

/** Ends what is past its deadline, and offers to others what has taken longer than its first life. */
export function expire(state: CoreState, work: Work): void {
  for (const lease of state.leases.values()) {
    if (lease.deadline <= work.now) endLease(state, lease, work);
    else if (!lease.overdue && lease.dueAt <= work.now) offer(state, lease, work);
  }
}

/** Renewed or not, a lease keeps others from its units for one life: whoever is slow may still answer. */
function offer(state: CoreState, lease: Lease, work: Work): void {
  const job = state.jobs.get(lease.job);
  if (!job) throw new Error(`lease of unknown job ${lease.job}`);
  lease.overdue = true;
  for (const unit of unitsOf(lease.runs)) {
    if (!job.pages.isHeldBy(unit, lease.serial)) continue;
    job.pages.waive(unit);
    schedule(state, job, unit, work);
  }
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
