/** A volunteer needs more time, or comes back after a reload or a restart of ours: it takes up its units again. */
import { countUnits, runsOf, type UnitIndex, type UnitRun, unitsOf } from "../../shared/ids.ts";
import { accountOf, leasePaceOf, MAX_HELD_LEASES } from "./account.ts";
import { mayTake, roomOf } from "./assign.ts";
import type { Reply } from "./effects.ts";
import type { Assignment, CoreEvent, HostFacts } from "./events.ts";
import { idleFull } from "./idle.ts";
import { draftLease, holdUnit, keepLease, lifeOf, MAX_HOLD_MS, stallOf } from "./lease.ts";
import { clusterIn, isAdmitted } from "./pool.ts";
import { isBanned, isFromBefore } from "./sentence.ts";
import type { CoreState, Job, Lease } from "./state.ts";
import { replicasNeeded, schedule } from "./verify.ts";
import type { Work } from "./work.ts";

/** Answers with the units of the assignment that are still this host's to compute. */
export function renew(state: CoreState, event: Extract<CoreEvent, { type: "renew" }>, work: Work): Reply {
  const { assignment } = event;
  const facts = state.hosts.get(event.host);
  if (!facts) return { type: "error", code: "not-authenticated", details: {} };
  const host = { ...facts, cluster: clusterIn(facts.pool, facts) };
  if (assignment.account !== host.account) return { type: "error", code: "foreign-token", details: {} };
  if (isBanned(state, host.account)) return { type: "error", code: "banned", details: {} };
  if (isFromBefore(state, assignment)) return badToken("its volunteer was proven wrong since");
  const job = state.jobs.get(assignment.job);
  if (job?.state !== "running") return badToken("its job does not run");
  if (job.spec.pool !== host.pool || !isAdmitted(state, host.pool, host.account))
    return badToken("it is not of what this connection serves");
  if (work.now >= assignment.issuedAt + MAX_HOLD_MS) return badToken("it was held for too long");

  const known = state.leases.get(assignment.id);
  if (!known && assignment.issuedAt > state.startedAt) return badToken("its time was over, or all of it was answered or given back");
  if (known && work.now - known.progressAt > stallOf(known)) return badToken("none of its units was answered for too long");
  const runs = known ? extend(job, known, host, work) : takeAgain(state, job, host, assignment, work);
  if (runs === "full") return idleFull();
  const lease = state.leases.get(assignment.id);
  if (!lease || runs.length === 0) return badToken("nothing of it is left to compute");
  // The time of issue stays: it bounds how long units can be held.
  return {
    type: "assigned",
    assignment: { ...assignment, runs, deadline: lease.deadline },
    lifeMs: lease.deadline - work.now,
  };
}

/** The lease lives on, with this host. What it holds only shrinks: it is looked up again when it has become less. */
function extend(job: Job, lease: Lease, host: HostFacts, work: Work): UnitRun[] {
  lease.host = host.host;
  lease.deadline = Math.min(work.now + lease.lifeMs, lease.assignedAt + MAX_HOLD_MS);
  if (countUnits(lease.runs) !== lease.left) lease.runs = heldRuns(job, lease);
  return lease.runs;
}

/** What the lease holds of its runs, in one pass. */
function heldRuns(job: Job, lease: Lease): UnitRun[] {
  const held: UnitRun[] = [];
  for (const { start, length } of lease.runs) {
    let last: UnitRun | null = null;
    for (let unit = start; unit < start + length; unit++) {
      if (!job.pages.isHeldBy(unit as UnitIndex, lease.serial)) last = null;
      else if (last) last.length++;
      else {
        last = { start: unit as UnitIndex, length: 1 };
        held.push(last);
      }
    }
  }
  return held;
}

/** The process that made the lease is gone: a new one is made of what nobody else has taken. */
function takeAgain(state: CoreState, job: Job, host: HostFacts, assignment: Assignment, work: Work): UnitRun[] | "full" {
  const units: UnitIndex[] = [];
  for (const unit of unitsOf(assignment.runs)) {
    if (!job.pages.isEnded(unit) && replicasNeeded(job, unit) > 0 && mayTake(state, job, host, unit)) units.push(unit);
  }
  if (units.length === 0) return [];
  const account = accountOf(state, host.account);
  const room = roomOf(state, job, account, host);
  if (room === 0 || account.leases >= MAX_HELD_LEASES) return "full";
  units.length = Math.min(units.length, room);
  const lifeMs = lifeOf((units.length * leasePaceOf(account, job, host)) / 1000);
  const lease = draftLease(state, job, { ...host, id: assignment.id, lifeMs, now: work.now, assignedAt: assignment.issuedAt });
  for (const unit of units) holdUnit(job, lease, unit);
  lease.runs = runsOf(units);
  keepLease(state, job, lease);
  for (const unit of units) schedule(state, job, unit, work);
  return lease.runs;
}

function badToken(why: string): Reply {
  return { type: "error", code: "bad-token", details: { why } };
}
