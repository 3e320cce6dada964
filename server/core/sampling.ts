/**
 * Units that one volunteer computes alone, and the auditor checks. The volunteer has told the digest, and the bytes are stored,
 * before anything is drawn.
 *
 *   one vote, bytes there ──drawn, WHOLE_SHARE────────────────────────────▶ due (audit.ts) ──the auditor computes it──▶ final
 *      │                                                                     ▲
 *      └──▶ check ──slices are drawn, and run again (checks.ts)──they differ─┘
 *             │                                  └─they are the same──▶ final
 *             ├─the job has a checker: it judges the result instead (checker.ts)
 *             └─no auditor for AUDITOR_GRACE_MS, it is behind, or cannot run them──▶ a second volunteer is asked: the quorum decides
 *
 * A unit that is given to a quorum stays with it as long as this process runs: that is not stored, and after a restart one of a
 * single vote may be checked again. Those that come later are checked again when the auditor is back. Two volunteers who differ
 * are judged as everywhere.
 */
import { NEWCOMER_SLICES } from "../../shared/checks.ts";
import type { AccountId, UnitIndex } from "../../shared/ids.ts";
import { AUDITOR_GRACE_MS, isAudited, isVetted, letGo, MAX_OWED_MS, makeDue, mayOwe } from "./audit.ts";
import { isDoubted, settleRejected } from "./checker.ts";
import { taskCheckOf } from "./events.ts";
import type { CoreState, Job, OpenUnit } from "./state.ts";
import { isDisputed } from "./votes.ts";
import type { Work } from "./work.ts";

/** Slices of a unit that are run again, where its volunteer is vetted. */
export const SAMPLE_SLICES = 96;
/** Share of units that the auditor computes whole instead. */
export const WHOLE_SHARE = 0.02;
/** A unit waits so long for its check, ms. While one has waited for half of that, new ones are a quorum's. */
export const MAX_CHECK_WAIT_MS = AUDITOR_GRACE_MS;
/** Units of a job that may wait for theirs. */
const MAX_CHECKS = 32_768;
/** So many checks that the whole unit contradicted, since the process began, and the job's slices are no sample of it, or its checker no judge. */
export const MAX_FALSE_ALARMS = 3;
/** So many tasks in a row that could not be run, and the job is not checked until an auditor joins. */
export const MAX_UNRUN_TASKS = 3;

const FALSE_ALARMS = {
  slices:
    "slices of it, run alone, wrote other bytes than in whole units that were right: what it writes depends on more than the canary saw",
  checker: "what its checker said of results was not what the auditor came to when it computed their units",
};

/** Why a unit that begins now is not computed once and checked, as the end of a sentence; "" when it is. Of a job whose owner asked for it. */
export function whyNotChecked(state: CoreState, job: Job, now: number): string {
  const absent = whyNobodyChecks(state, job, now);
  if (absent !== "") return absent;
  if (job.spec.check?.how === "whole") return mayOwe(state, job, MAX_OWED_MS) ? "" : "the auditor has more to do than it can";
  const [oldest = now] = job.checks.values();
  const isBehind = now - oldest >= MAX_CHECK_WAIT_MS / 2 || job.checks.size >= MAX_CHECKS;
  return isBehind ? "the auditor has more to check than it can" : "";
}

const UNRUN = {
  slices: "slices of it could not be run on the auditor's GPU",
  checker: "its checker could not be run on the auditor's GPU",
  whole: "",
};

/** The same of units that one volunteer has computed already. */
export function whyNobodyChecks(state: CoreState, job: Job, now: number): string {
  const { check } = job.spec;
  if (!check) return "its owner did not ask for it";
  const inTasks = taskCheckOf(job.spec);
  if (inTasks && inTasks.why !== "") return inTasks.why;
  if (!isAudited(state, job, now)) return "no auditor that can run it is here";
  if (job.unrunTasks >= MAX_UNRUN_TASKS) return UNRUN[check.how];
  if (inTasks && now - job.checkerAt >= AUDITOR_GRACE_MS) return "the auditor that is here asks for no checks of it";
  return "";
}

/** Sees whether one vote on the unit is enough, before it is looked at. */
export function settleLone(state: CoreState, job: Job, unit: UnitIndex, open: OpenUnit, now: number): void {
  const { check } = job.spec;
  if (!check || open.lone === "no") return;
  if (open.rejected.length > 0) settleRejected(state, job, open);
  // A checker judges each of two results that differ.
  const isInDoubt = check.how !== "checker" && isDisputed(open);
  if (mayBeLone(state, job, open, now) && open.ruling === null && open.hold !== "waived" && !isInDoubt) open.lone = "yes";
  else giveToQuorum(job, unit, open);
}

/** What is in doubt, was drawn or was checked is the auditor's as long as it may come, however much waits: an accomplice must not be asked instead. */
function mayBeLone(state: CoreState, job: Job, { hold, lone }: OpenUnit, now: number): boolean {
  if (hold === "due") return isAudited(state, job, now);
  return (lone === "yes" ? whyNobodyChecks(state, job, now) : whyNotChecked(state, job, now)) === "";
}

/** One vote is not enough any more. */
export function giveToQuorum(job: Job, unit: UnitIndex, open: OpenUnit): void {
  if (open.hold === "check") letGo(job, unit, open);
  if (open.lone === "yes") job.wanted.delete(unit);
  open.lone = "no";
}

/** Holds a unit of one vote until it was checked. `winner`: its digest, once its bytes are there. */
export function reviewLone(state: CoreState, job: Job, unit: UnitIndex, open: OpenUnit, winner: string | undefined, work: Work): void {
  if (winner === undefined) {
    letGo(job, unit, open);
    return;
  }
  if (open.hold === "check" || open.hold === "due") return;
  if (isDueLone(state, job, open, winner, work)) makeDue(job, unit, open, work);
  else if (!isChecked(open, winner)) {
    open.hold = "check";
    job.checks.set(unit, work.now);
    job.unchecked.add(unit);
    job.wanted.delete(unit);
  }
}

/** The auditor computes all of it. */
function isDueLone(state: CoreState, job: Job, open: OpenUnit, winner: string, work: Work): boolean {
  switch (job.spec.check?.how) {
    case "whole":
      return true;
    case "checker":
      if (isChecked(open, winner)) return isDoubted(state, job, open, WHOLE_SHARE, work);
      return open.rejected.includes(winner) || open.unjudged === winner;
    default:
      return !isChecked(open, winner) && (open.check?.digest === winner || work.isDrawn(WHOLE_SHARE));
  }
}

/** The slices that were drawn of this result are right, or the job's checker accepted it. */
export function isChecked({ check }: OpenUnit, digest: string): boolean {
  return check?.digest === digest && check.isSame;
}

/** How many slices of `all` are drawn of a unit that this volunteer computed. */
export function sampleSize(state: CoreState, by: { account: AccountId; cluster: string }, all: number): number {
  return Math.min(all, isVetted(state, by) ? SAMPLE_SLICES : NEWCOMER_SLICES);
}

/** A check said another thing than the auditor's own computation of the whole unit. */
export function noteFalseAlarm(job: Job, work: Work): void {
  const check = taskCheckOf(job.spec);
  if (++job.falseAlarms < MAX_FALSE_ALARMS || check?.why !== "") return;
  job.spec = { ...job.spec, check: { ...check, why: FALSE_ALARMS[check.how] } };
  work.store({ type: "spec", job: job.spec.id, spec: job.spec });
}
