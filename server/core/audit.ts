/**
 * What becomes of an agreement while the auditor, the coordinator's own trusted host, is here or expected back.
 *
 *   agreed, bytes there ──drawn───────────────────────────────────▶ due ──the auditor computes it──▶ final with its result
 *      │                                                            ▲ ▲
 *      ├─one of its volunteers is vetted──▶ final                   │ └──two votes differ, unless too much is owed
 *      └─none is──▶ provisional ──one of them becomes vetted──▶ final
 *                        ├─the auditor has time for it ─────────────┘
 *                        └─VOUCH_AFTER_MS: a vetted volunteer is asked too; agrees ──▶ final
 *
 * Vetted is whose results the auditor has confirmed often enough by surprise. Chance draws after the agreement, newcomers' far
 * more often. When the auditor owes more than MAX_OWED_MS of work nothing further is drawn, and others settle disputes, as they
 * do without an auditor; when MAX_PROVISIONAL units wait, what agrees is final.
 */
import type { JobStatus } from "../../shared/api.ts";
import type { AccountId, UnitIndex } from "../../shared/ids.ts";
import { accountOf, isFailing, paceOf } from "./account.ts";
import { AUDITOR } from "./cluster.ts";
import { MAX_HOLD_MS } from "./lease.ts";
import { isAlike } from "./likeness.ts";
import { meets } from "./needs.ts";
import type { CoreState, Job, OpenUnit } from "./state.ts";
import { isDisputed } from "./votes.ts";
import type { Work } from "./work.ts";

/** Surprise audits that an account has passed when its word is enough for a unit not to wait. */
export const VETTED_PASSED = 8;
/** Errors alone, less the audits passed since, that prove an account wrong: a card that errs once in a thousand never gets there. */
export const MAX_CONTRADICTED = 4;
/** Share of agreements that the auditor looks at when an account in them is not vetted, and when a cluster in them is watched. */
const NEWCOMER_SHARE = 0.25;
const WATCHED_SHARE = 0.5;
/** Work that the auditor may owe, ms, and when disputes begin to go to volunteers: who starts many must not end all audits. */
export const MAX_OWED_MS = 600_000;
export const MAX_DISPUTED_MS = MAX_OWED_MS / 2;
/** Units of a job that may wait for somebody in them to be vetted. */
export const MAX_PROVISIONAL = 32_768;
/** A provisional unit is the auditor's when it has nothing else to do, and a vetted volunteer's, after so long, ms. */
export const SPARE_AFTER_MS = 30_000;
export const VOUCH_AFTER_MS = 60_000;
/** An auditor that has left, or that could measure a job, is waited for so long, ms and in words. */
export const AUDITOR_GRACE_MS = 600_000;
export const AUDITOR_GRACE = "ten minutes";

/** An auditor that is here and has answered nothing of what it owes of a job for so long, ms, cannot run it: no lease lasts longer. */
export const AUDIT_STALL_MS = MAX_HOLD_MS;

/** `none`: there never was an auditor, or it is gone. `away`: it is waited for. `behind`: it owes too much to be given more. */
export type AuditState = Exclude<JobAuditState, "unable">;
/** Of one job. `unable`: an auditor is here or expected, and none that can run this one. */
export type JobAuditState = JobStatus["verification"]["auditor"];

export function auditState(state: CoreState, now: number): AuditState {
  if (state.auditors.size === 0) return now < state.auditorAwaitedUntil ? "away" : "none";
  const isFull = state.running.some((job) => job.provisional.size >= MAX_PROVISIONAL);
  return isFull || owedMillis(state) >= MAX_OWED_MS ? "behind" : "auditing";
}

/** One that was here has gone, or this process has begun and one was here before it: it is waited for. */
export function awaitAuditor(state: CoreState, now: number): void {
  state.auditorAwaitedUntil = now + AUDITOR_GRACE_MS;
}

export function jobAuditState(state: CoreState, job: Job, now: number): JobAuditState {
  const auditing = job.spec.pool === undefined ? auditState(state, now) : "none";
  return auditing !== "none" && !isAudited(state, job, now) ? "unable" : auditing;
}

export function isAuditor({ cluster }: { cluster: string }): boolean {
  return cluster === AUDITOR;
}

/** The auditor, one that can run the job, is here or expected back. What is a pool's is its members' alone. */
export function isAudited(state: CoreState, job: Job, now: number): boolean {
  if (job.isStalled || job.spec.pool !== undefined) return false;
  for (const id of state.auditors) {
    const host = state.hosts.get(id);
    if (host && meets(job.spec.requires, host) && !isFailing(accountOf(state, host.account), job.spec.id)) return true;
  }
  return now < state.auditorAwaitedUntil;
}

export function isVetted(state: CoreState, { account, cluster }: { account: AccountId; cluster: string }): boolean {
  return (state.accounts.get(account)?.record.passed ?? 0) >= VETTED_PASSED && !isWatched(state, cluster);
}

export function isHeld({ hold }: OpenUnit): boolean {
  return hold === "due" || hold === "provisional" || hold === "check";
}

/** Looks at a unit after anything has changed, before it is concluded: holds it, or lets it go. `winner`: a decided digest whose bytes are there. */
export function review(state: CoreState, job: Job, unit: UnitIndex, open: OpenUnit, winner: string | undefined, work: Work): void {
  if (open.ruling !== null || open.hold === "waived") return;
  if (!isAudited(state, job, work.now)) {
    letGo(job, unit, open);
    return;
  }
  const isOpenQuestion = isDisputed(open);
  if (open.hold === "due") {
    // Those who agreed, or one side of those who differed, were found out.
    if (winner === undefined && !isOpenQuestion) letGo(job, unit, open);
    return;
  }
  if (isOpenQuestion && mayOwe(state, job, MAX_DISPUTED_MS)) makeDue(job, unit, open, work);
  else if (winner === undefined) letGo(job, unit, open);
  else if (open.hold === "provisional") {
    if (isVouched(state, open, winner)) letGo(job, unit, open);
  } else if (work.isDrawn(shareOf(state, open, winner)) && mayOwe(state, job, MAX_OWED_MS)) makeDue(job, unit, open, work);
  else if (!isVouched(state, open, winner) && job.provisional.size < MAX_PROVISIONAL) makeProvisional(job, unit, open, winner, work.now);
}

export function makeDue(job: Job, unit: UnitIndex, open: OpenUnit, work: Work): void {
  letGo(job, unit, open);
  holdDue(job, open, work.now);
  job.wanted.delete(unit);
  work.store({ type: "due", job: job.spec.id, unit });
}

export function holdDue(job: Job, open: OpenUnit, now: number): void {
  open.hold = "due";
  if (job.owed++ === 0) job.owedSince = now;
}

/** The unit is held no more. */
export function letGo(job: Job, unit: UnitIndex, open: OpenUnit): void {
  if (open.hold === "due") {
    job.owed--;
    job.due.delete(unit);
  } else if (open.hold === "provisional") {
    job.provisional.delete(unit);
    for (const { account } of open.replicas) {
      const units = job.provisionalOf.get(account);
      if (units?.delete(unit) && units.size === 0) job.provisionalOf.delete(account);
    }
  } else if (open.hold === "check") {
    job.checks.delete(unit);
    job.unchecked.delete(unit);
    job.suspects.delete(unit);
    for (const { units } of job.checkTasks.values()) units.delete(unit);
  } else return;
  open.hold = "none";
}

/** The auditor cannot say anything of it. */
export function waive(job: Job, unit: UnitIndex, open: OpenUnit): void {
  letGo(job, unit, open);
  open.hold = "waived";
}

function makeProvisional(job: Job, unit: UnitIndex, open: OpenUnit, winner: string, now: number): void {
  open.hold = "provisional";
  job.provisional.set(unit, now);
  job.wanted.delete(unit);
  open.overdue = false;
  for (const { account, counted, digest } of open.replicas) {
    if (!counted || !isAlike(open, digest, winner)) continue;
    const units = job.provisionalOf.get(account);
    if (units) units.add(unit);
    else job.provisionalOf.set(account, new Set([unit]));
  }
}

/** Somebody who gave this result is vetted. */
export function isVouched(state: CoreState, open: OpenUnit, winner: string): boolean {
  return open.replicas.some((replica) => replica.counted && isAlike(open, replica.digest, winner) && isVetted(state, replica));
}

/** How likely the auditor looks at an agreement: as it must for the least known in it. */
function shareOf(state: CoreState, open: OpenUnit, winner: string): number {
  let share = state.auditShare;
  for (const replica of open.replicas) {
    if (!replica.counted || !isAlike(open, replica.digest, winner)) continue;
    if (isWatched(state, replica.cluster)) share = Math.max(share, WATCHED_SHARE);
    else if (!isVetted(state, replica)) share = Math.max(share, NEWCOMER_SHARE);
  }
  return share;
}

/** One of its names is. */
function isWatched({ watched }: CoreState, cluster: string): boolean {
  return watched.size > 0 && cluster.split(" ").some((name) => watched.has(name));
}

/** The auditor may be given one more unit of the job: it owes less than `most`, ms, or nothing of this job, which others must not crowd out. */
export function mayOwe(state: CoreState, job: Job, most: number): boolean {
  return job.owed === 0 || owedMillis(state) < most;
}

/** What the auditors have still to compute, each its part, ms. */
function owedMillis(state: CoreState): number {
  const [first] = state.auditors;
  const host = first === undefined ? undefined : state.hosts.get(first);
  let micros = 0;
  for (const job of state.running) if (job.owed > 0) micros += job.owed * paceOf(host && state.accounts.get(host.account), job, host);
  return micros / 1000 / Math.max(1, state.auditors.size);
}
