/**
 * The auditor runs slices of units again, or the job's own checker over their results: which ones is drawn when it asks, from that event's own randomness. What they write is
 * compared by the shell; here it is the same, or it differs. What could not be run says nothing of its unit: it is drawn anew, as
 * is what was not told of by its task's deadline.
 */
import { drawSlices } from "../../shared/checks.ts";
import type { UnitIndex } from "../../shared/ids.ts";
import { letGo } from "./audit.ts";
import { leaveUnjudged, reject } from "./checker.ts";
import type { Reply } from "./effects.ts";
import { type CoreEvent, type TaskCheck, taskCheckOf } from "./events.ts";
import { countCheck } from "./gputime.ts";
import { lifeOf } from "./lease.ts";
import { meets } from "./needs.ts";
import { Random } from "./random.ts";
import { giveToQuorum, MAX_CHECK_WAIT_MS, MAX_UNRUN_TASKS, sampleSize, whyNobodyChecks } from "./sampling.ts";
import { heedCap } from "./spending.ts";
import type { CheckTask, CoreState, Job, Replica } from "./state.ts";
import { conclude } from "./verify.ts";
import { isDecided } from "./votes.ts";
import type { Work } from "./work.ts";

/** Units of one task at most, and the auditor's GPU time that they should take, microseconds. */
const MAX_TASK_UNITS = 16;
const TASK_MICROS = 10_000_000;
/** Results that its checker judges of one task at most, and their bytes together, but for a single one. */
const MAX_JUDGED = 256;
const MAX_JUDGED_BYTES = 64 * 1024 * 1024;
/** While a job has units to check no other one has its turn for so long, ms: with each turn the auditor opens a device and compiles. */
export const TURN_MS = 60_000;

type Event<Type extends CoreEvent["type"]> = Extract<CoreEvent, { type: Type }>;

/** Units of the job whose turn it is; the next turn is the job's that was given longest ago. */
export function claimChecks(state: CoreState, event: Event<"check-claim">, work: Work): Reply {
  const able = state.running.filter(({ spec }) => taskCheckOf(spec) !== undefined && meets(spec.requires, event));
  for (const job of able) job.checkerAt = work.now;
  const job = nextInTurn(
    state,
    able.filter(({ unchecked, unrunTasks }) => unchecked.size > 0 && unrunTasks < MAX_UNRUN_TASKS),
    work.now,
  );
  const check = job && taskCheckOf(job.spec);
  if (!check) return { type: "check", task: null };
  job.checkedFrom = work.now;
  const random = new Random(event.random);
  const units: CheckTask["units"] = new Map();
  let micros = 0;
  for (const unit of job.unchecked) {
    const isAlone = job.suspects.has(unit);
    if (isFull(check, units.size, micros) || (isAlone && units.size > 0)) break;
    const vote = voteOn(job, unit);
    const slices =
      check.how === "checker" ? [] : drawSlices((most) => random.below(most), sampleSize(state, vote, check.slices), check.slices);
    units.set(unit, { digest: vote.digest, slices });
    micros += microsOf(job, check, slices.length);
    job.unchecked.delete(unit);
    if (isAlone) break;
  }
  const limitMs = lifeOf(micros / 1000);
  job.checkTasks.set(event.random, { units, deadline: work.now + limitMs });
  const drawn = [...units].map(([unit, { slices }]) => ({ unit, slices }));
  return { type: "check", task: { job: job.spec.id, id: event.random, how: check.how, limitMs, units: drawn } };
}

function isFull(check: TaskCheck, units: number, micros: number): boolean {
  if (micros >= TASK_MICROS) return true;
  if (check.how === "slices") return units >= MAX_TASK_UNITS;
  return units >= MAX_JUDGED || (units > 0 && (units + 1) * check.bytes > MAX_JUDGED_BYTES);
}

/** What the check of one unit takes of the auditor's GPU, microseconds. */
function microsOf({ spec }: Job, check: TaskCheck, slices: number): number {
  return check.how === "checker" ? check.micros : ((spec.unitMicros ?? 0) * slices) / check.slices;
}

/** One of those who told the result that waits for its check. */
function voteOn(job: Job, unit: UnitIndex): Replica {
  const open = job.open.get(unit);
  const digest = open?.withBytes.find((each) => isDecided(job, open, each));
  const vote = open?.replicas.find((replica) => replica.counted && replica.digest === digest);
  if (!vote) throw new Error(`unit ${unit} waits for a check and has no vote`);
  return vote;
}

function nextInTurn(state: CoreState, waiting: readonly Job[], now: number): Job | undefined {
  const { job: last, since } = state.checkTurn;
  const inTurn = waiting.find(({ spec }) => spec.id === last);
  if (inTurn && now - since < TURN_MS) return inTurn;
  const [next] = [...waiting].sort((one, other) => one.checkedFrom - other.checkedFrom);
  if (next) state.checkTurn = { job: next.spec.id, since: now };
  return next;
}

/** Takes what was found of one unit of a task. */
export function takeChecks(state: CoreState, event: Event<"check-report">, work: Work): Reply {
  const found = taskOf(state, event);
  if ("type" in found) return found;
  const { job, task } = found;
  job.checkerAt = work.now;
  job.unrunTasks = 0;
  const { unit, isSame } = event;
  const drawn = task.units.get(unit);
  const open = job.open.get(unit);
  // Else it was told before, or a quorum has it by now.
  if (drawn && open) {
    letGo(job, unit, open);
    const check = taskCheckOf(job.spec);
    if (check) countCheck(job, microsOf(job, check, drawn.slices.length), work);
    const isJudged = check?.how === "checker";
    open.check = { digest: drawn.digest, slices: isJudged ? (open.check?.slices ?? 0) + 1 : drawn.slices.length, isSame };
    if (isJudged && !isSame) reject(open, drawn.digest);
    conclude(state, job, unit, open, work);
  }
  if (task.units.size === 0) job.checkTasks.delete(event.task);
  heedCap(state, job, work);
  return { type: "done" };
}

/** Takes back what could not be run. */
export function takeUnrun(state: CoreState, event: Event<"check-unrun">, work: Work): Reply {
  const found = taskOf(state, event);
  if ("type" in found) return found;
  const { job, task } = found;
  job.checkerAt = work.now;
  if (job.spec.check?.how === "checker") doubtUnjudged(state, job, task, work);
  else job.unrunTasks++;
  giveUp(job, event.task, task);
  return { type: "done" };
}

/**
 * Whoever chose a result may have chosen one over which the checker does not end. Which one it was is not known of several: each is
 * tried alone; that one is the auditor's to compute, and says nothing of the job unless it was right.
 */
function doubtUnjudged(state: CoreState, job: Job, { units }: CheckTask, work: Work): void {
  const [[unit, drawn] = [], ...others] = units;
  if (unit === undefined || !drawn) return;
  if (others.length > 0 || !job.suspects.has(unit)) {
    for (const each of units.keys()) job.suspects.add(each);
    return;
  }
  const open = job.open.get(unit);
  if (!open) return;
  letGo(job, unit, open);
  leaveUnjudged(state, job, open, drawn.digest);
  conclude(state, job, unit, open, work);
}

/** The job and its task, or why there is none. */
function taskOf(
  state: CoreState,
  event: Event<"check-report" | "check-unrun">,
): { job: Job; task: CheckTask } | Extract<Reply, { type: "error" }> {
  const job = state.jobs.get(event.job);
  if (!job) return { type: "error", code: "not-found", details: { what: `job ${event.job}` } };
  const task = job.checkTasks.get(event.task);
  if (task) return { job, task };
  const details = { job: event.job, state: job.state, verb: "checked by this task", todo: "Give the task up, and ask for another one." };
  return { type: "error", code: "wrong-state", details };
}

/** Takes back what was not told of in time, and gives to a quorum what nobody checks. */
export function chaseChecks(state: CoreState, job: Job, work: Work): void {
  for (const [id, task] of job.checkTasks) if (task.deadline <= work.now) giveUp(job, id, task);
  if (job.state !== "running") return;
  const isOver = whyNobodyChecks(state, job, work.now) !== "";
  for (const [unit, since] of job.checks) {
    if (!isOver && since + MAX_CHECK_WAIT_MS > work.now) return;
    const open = job.open.get(unit);
    if (!open) throw new Error(`unit ${unit} waits for a check and is not open`);
    giveToQuorum(job, unit, open);
    conclude(state, job, unit, open, work);
  }
}

/** Its units are the last to be drawn again. */
function giveUp(job: Job, id: string, { units }: CheckTask): void {
  job.checkTasks.delete(id);
  for (const unit of units.keys()) job.unchecked.add(unit);
}
