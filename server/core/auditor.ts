/**
 * The auditor asks for work: what it owes first, of the job that it was given longest ago; then, while it owes nothing of any
 * job, what waits for somebody to be vetted.
 */
import type { UnitIndex } from "../../shared/ids.ts";
import { runsOf } from "../../shared/ids.ts";
import { accountOf, isFailing, MAX_HELD_LEASES, paceOf } from "./account.ts";
import type { Claim } from "./assign.ts";
import { AUDIT_STALL_MS, isAudited, makeDue, SPARE_AFTER_MS, VOUCH_AFTER_MS, waive } from "./audit.ts";
import type { Reply } from "./effects.ts";
import type { HostFacts } from "./events.ts";
import { idle, idleFull } from "./idle.ts";
import { draftLease, holdUnit, keepLease, lifeOf } from "./lease.ts";
import { meets } from "./needs.ts";
import type { Account, CoreState, Job, Lease, OpenUnit } from "./state.ts";
import { conclude, schedule } from "./verify.ts";
import type { Work } from "./work.ts";

/** Units of one batch at most, and of the first: what it takes away nobody else of its kind computes. */
const MAX_AUDIT_UNITS = 64;
const FIRST_AUDIT_UNITS = 4;
/** Provisional units that one claim may look at. */
const SCAN_LIMIT = 1024;

export function claimAudit(state: CoreState, event: Claim, host: HostFacts, work: Work): Reply {
  const account = accountOf(state, host.account);
  if (account.leases >= MAX_HELD_LEASES) return idleFull();
  const jobs = state.running
    .filter(
      ({ spec }) =>
        spec.pool === undefined &&
        (event.job === null || spec.id === event.job) &&
        meets(spec.requires, host) &&
        !isFailing(account, spec.id),
    )
    .sort((one, other) => one.auditedFrom - other.auditedFrom);
  // What was drawn of any job comes before what merely waits: newcomers, however many, do not keep it from being looked at.
  for (const take of [takeDue, takeProvisional]) {
    for (const job of jobs) {
      const size = batchSize(account, job, event);
      const lifeMs = lifeOf((size * paceOf(account, job, host)) / 1000);
      const lease = draftLease(state, job, { ...host, id: event.random, lifeMs, now: work.now, assignedAt: work.now });
      const units = take(state, job, lease, size, work);
      if (units.length === 0) continue;
      lease.runs = runsOf(units.sort((a, b) => a - b));
      keepLease(state, job, lease);
      account.claims++;
      job.auditedFrom = work.now;
      const { id, runs, deadline } = lease;
      return { type: "assigned", lifeMs, assignment: { id, job: job.spec.id, account: lease.account, runs, issuedAt: work.now, deadline } };
    }
  }
  return idle(state.running.length === 0 ? "no-jobs" : "all-assigned");
}

function batchSize(account: Account, job: Job, { units, gpuMillis }: Claim): number {
  const pace = account.pace.get(job.spec.id);
  const asked = Math.min(MAX_AUDIT_UNITS, units > 0 ? units : MAX_AUDIT_UNITS);
  if (pace === undefined) return Math.min(asked, FIRST_AUDIT_UNITS);
  return gpuMillis > 0 ? Math.min(asked, Math.max(1, Math.ceil((gpuMillis * 1000) / pace))) : asked;
}

function takeDue(state: CoreState, job: Job, lease: Lease, size: number, work: Work): UnitIndex[] {
  const units: UnitIndex[] = [];
  for (const unit of job.due) {
    if (units.length >= size) break;
    const open = job.open.get(unit);
    if (open && hasComputed(open, lease)) {
      waive(job, unit, open);
      conclude(state, job, unit, open, work);
      continue;
    }
    job.due.delete(unit);
    holdUnit(job, lease, unit);
    units.push(unit);
  }
  return units;
}

function takeProvisional(_state: CoreState, job: Job, lease: Lease, size: number, work: Work): UnitIndex[] {
  const units: UnitIndex[] = [];
  let looked = 0;
  for (const [unit, since] of job.provisional) {
    if (units.length >= size || ++looked > SCAN_LIMIT) break;
    // Near the end of a job nothing else gives its newcomers the occasion to show what they are.
    if (job.cursor < job.pages.units && since + SPARE_AFTER_MS > work.now) break;
    const open = job.open.get(unit);
    if (!open || job.pages.holderCount(unit) > 0 || hasComputed(open, lease)) continue;
    makeDue(job, unit, open, work);
    holdUnit(job, lease, unit);
    units.push(unit);
  }
  return units;
}

/** As a volunteer. */
function hasComputed({ replicas }: OpenUnit, { account }: Lease): boolean {
  return replicas.some((replica) => replica.account === account);
}

/** Lets go what an auditor owes that does not come back, or never answers, and asks vetted volunteers about what has waited for long. */
export function chaseHeld(state: CoreState, job: Job, work: Work): void {
  // While it is paused nobody is asked.
  if (job.state !== "running") job.owedSince = work.now;
  if (job.owed > 0 && work.now - job.owedSince >= AUDIT_STALL_MS) job.isStalled = true;
  if (!isAudited(state, job, work.now)) {
    for (const unit of [...job.due, ...job.provisional.keys()]) {
      const open = job.open.get(unit);
      if (open) conclude(state, job, unit, open, work);
    }
    return;
  }
  for (const [unit, since] of job.provisional) {
    if (since + VOUCH_AFTER_MS > work.now) return;
    const open = job.open.get(unit);
    if (!open) throw new Error(`provisional unit ${unit} is not open`);
    // Looked at again after as long.
    job.provisional.delete(unit);
    job.provisional.set(unit, work.now);
    open.overdue = true;
    schedule(state, job, unit, work);
  }
}
