/**
 * A lease is the memory of an assignment: who holds which units, until when. It is lost with the process; the token is not.
 *
 *   held ──submit or release of a unit──▶ holds less ──nothing left──▶ gone
 *     ├─its first life is over ──▶ overdue: its units are offered to others too
 *     ├─renew: a new deadline, while units of it are answered (stallOf) and MAX_HOLD_MS after its issue at most
 *     ├─host left: ends after HOST_GRACE_MS, unless a host of the same account renews it
 *     └─deadline passed ──▶ gone, its units go to others (expiry.ts)
 */
import type { AccountId, HostId, UnitIndex } from "../../shared/ids.ts";
import { accountOf } from "./account.ts";
import { keptName } from "./cluster.ts";
import type { CoreState, Job, Lease } from "./state.ts";

export const MIN_LIFE_MS = 60_000;
export const MAX_LIFE_MS = 600_000;
/** No deadline is later than this after the claim: nobody keeps units from others for ever. */
export const MAX_HOLD_MS = 2 * 3_600_000;
/** A batch may take this many times its GPU time: the smallest dose is a tenth. */
export const LIFE_PER_GPU_TIME = 12;

/** Lives without an answer after which a lease is renewed no more, and the least that this is: a slow GPU's first long unit. */
const STALL_LIVES = 2;
export const MIN_STALL_MS = MAX_LIFE_MS;

/** Milliseconds that a lease may go on without a unit of it being answered. */
export function stallOf(lease: Pick<Lease, "lifeMs">): number {
  return Math.max(MIN_STALL_MS, STALL_LIVES * lease.lifeMs);
}

/** Milliseconds a batch may take, from its expected GPU time. */
export function lifeOf(gpuMillis: number): number {
  return Math.round(Math.min(MAX_LIFE_MS, Math.max(MIN_LIFE_MS, gpuMillis * LIFE_PER_GPU_TIME)));
}

/** A lease that holds nothing yet: `holdUnit` fills it, `keepLease` registers it and takes its serial. One at a time. */
export function draftLease(
  state: CoreState,
  job: Job,
  facts: { id: string; host: HostId; account: AccountId; cluster: string; lifeMs: number; now: number; assignedAt: number },
): Lease {
  const { id, host, account, cluster, lifeMs, now, assignedAt } = facts;
  const serial = state.freeSerials.at(-1) ?? state.nextSerial;
  const times = { assignedAt, progressAt: now, deadline: Math.min(now + lifeMs, assignedAt + MAX_HOLD_MS), lifeMs, dueAt: now + lifeMs };
  return { serial, id, job: job.spec.id, host, account, cluster, runs: [], left: 0, overdue: false, ...times };
}

export function holdUnit(job: Job, lease: Lease, unit: UnitIndex): void {
  job.pages.hold(unit, lease.serial);
  lease.left++;
}

/** Registers a lease that holds units. */
export function keepLease(state: CoreState, job: Job, lease: Lease): void {
  if (state.leases.has(lease.id)) throw new Error(`assignment ${lease.id} exists`);
  if (lease.serial === state.nextSerial) state.nextSerial++;
  else if (state.freeSerials.pop() !== lease.serial) throw new Error(`serial ${lease.serial} is taken`);
  state.leases.set(lease.id, lease);
  state.leaseBySerial.set(lease.serial, lease);
  addTo(job.holders, lease.account, lease.left);
  addTo(job.clusterHolders, keptName(lease.cluster), lease.left);
  const account = accountOf(state, lease.account);
  account.leases++;
  account.held += lease.left;
}

/** Takes one unit out of a registered lease. True when it was held. */
export function dropUnit(state: CoreState, job: Job, lease: Lease, unit: UnitIndex): boolean {
  if (!letUnitGo(job, lease, unit)) return false;
  countDropped(state, job, lease, 1);
  return true;
}

/** Of `dropUnit` the part that is each unit's: `countDropped` must follow, once for all of them. */
export function letUnitGo(job: Job, lease: Lease, unit: UnitIndex): boolean {
  if (!job.pages.drop(unit, lease.serial)) return false;
  if (lease.overdue) job.pages.unwaive(unit);
  return true;
}

/** So many units were taken out of a registered lease. */
export function countDropped(state: CoreState, job: Job, lease: Lease, units: number): void {
  if (units === 0) return;
  lease.left -= units;
  accountOf(state, lease.account).held -= units;
  addTo(job.holders, lease.account, -units);
  addTo(job.clusterHolders, keptName(lease.cluster), -units);
  if (lease.left === 0) forgetLease(state, lease);
}

function addTo<Key>(counts: Map<Key, number>, key: Key, units: number): void {
  const sum = (counts.get(key) ?? 0) + units;
  if (sum > 0) counts.set(key, sum);
  else counts.delete(key);
}

/** Takes a unit out of every lease: it has ended. */
export function dropHolders(state: CoreState, job: Job, unit: UnitIndex): void {
  for (const serial of job.pages.holders(unit)) {
    const lease = state.leaseBySerial.get(serial);
    if (!lease) throw new Error(`unit ${unit} is held by an unknown lease`);
    dropUnit(state, job, lease, unit);
  }
}

function forgetLease(state: CoreState, lease: Lease): void {
  state.leases.delete(lease.id);
  state.leaseBySerial.delete(lease.serial);
  state.freeSerials.push(lease.serial);
  accountOf(state, lease.account).leases--;
}
