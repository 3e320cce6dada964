/**
 * The auditor runs slices of units again: which ones is drawn when it asks, from that event's own randomness. What they write is
 * compared by the shell; here it is the same, or it differs. A task that is not told of by its deadline is drawn anew.
 */
import { letGo } from "./audit.ts";
import type { Reply } from "./effects.ts";
import type { CoreEvent } from "./events.ts";
import { lifeOf } from "./lease.ts";
import { meets } from "./needs.ts";
import { Random } from "./random.ts";
import { drawSlices, giveToQuorum, MAX_CHECK_WAIT_MS, sampleSize, whyNobodyChecks } from "./sampling.ts";
import type { CheckTask, CoreState, Job } from "./state.ts";
import { conclude } from "./verify.ts";
import type { Work } from "./work.ts";

/** Units of one task at most, and the auditor's GPU time that they should take, microseconds. */
const MAX_TASK_UNITS = 16;
const TASK_MICROS = 10_000_000;

type Event<Type extends CoreEvent["type"]> = Extract<CoreEvent, { type: Type }>;

/** Units of the job that was given longest ago. */
export function claimChecks(state: CoreState, event: Event<"check-claim">, work: Work): Reply {
  const able = state.running.filter(({ spec }) => spec.check?.how === "slices" && meets(spec.requires, event));
  for (const job of able) job.checkerAt = work.now;
  const [job] = able.filter(({ unchecked }) => unchecked.size > 0).sort((one, other) => one.checkedFrom - other.checkedFrom);
  if (job?.spec.check?.how !== "slices") return { type: "check", task: null };
  job.checkedFrom = work.now;
  const { slices: all } = job.spec.check;
  const random = new Random(event.random);
  const units: CheckTask["units"] = new Map();
  let micros = 0;
  for (const unit of job.unchecked) {
    if (units.size >= MAX_TASK_UNITS || micros >= TASK_MICROS) break;
    const open = job.open.get(unit);
    const vote = open?.replicas.find(({ counted }) => counted);
    if (!vote) throw new Error(`unit ${unit} waits for a check and has no vote`);
    const slices = drawSlices(random, sampleSize(state, vote, all), all);
    units.set(unit, { digest: vote.digest, slices });
    micros += ((job.spec.unitMicros ?? 0) * slices.length) / all;
    job.unchecked.delete(unit);
  }
  const limitMs = lifeOf(micros / 1000);
  job.checkTasks.set(event.random, { units, deadline: work.now + limitMs });
  const drawn = [...units].map(([unit, { slices }]) => ({ unit, slices }));
  return { type: "check", task: { job: job.spec.id, id: event.random, limitMs, units: drawn } };
}

/** Takes what was found of one unit of a task. */
export function takeChecks(state: CoreState, event: Event<"check-report">, work: Work): Reply {
  const job = state.jobs.get(event.job);
  if (!job) return { type: "error", code: "not-found", details: { what: `job ${event.job}` } };
  const task = job.checkTasks.get(event.task);
  if (!task) {
    const details = { job: event.job, state: job.state, verb: "checked by this task", todo: "Give the task up, and ask for another one." };
    return { type: "error", code: "wrong-state", details };
  }
  job.checkerAt = work.now;
  const { unit, isSame } = event;
  const drawn = task.units.get(unit);
  const open = job.open.get(unit);
  // Else it was told before, or a quorum has it by now.
  if (drawn && open) {
    letGo(job, unit, open);
    open.check = { digest: drawn.digest, slices: drawn.slices.length, isSame };
    conclude(state, job, unit, open, work);
  }
  if (task.units.size === 0) job.checkTasks.delete(event.task);
  return { type: "done" };
}

/** Takes back what was not told of in time, and gives to a quorum what nobody checks. */
export function chaseChecks(state: CoreState, job: Job, work: Work): void {
  for (const [id, task] of job.checkTasks) if (task.deadline <= work.now) giveUp(job, id, task);
  if (job.state !== "running") return;
  const isOver = whyNobodyChecks(state, job, work.now) !== "";
  for (const [unit, since] of [...job.checks]) {
    if (!isOver && since + MAX_CHECK_WAIT_MS > work.now) return;
    const open = job.open.get(unit);
    if (!open) throw new Error(`unit ${unit} waits for a check and is not open`);
    giveToQuorum(job, unit, open);
    conclude(state, job, unit, open, work);
  }
}

function giveUp(job: Job, id: string, { units }: CheckTask): void {
  job.checkTasks.delete(id);
  for (const unit of units.keys()) job.unchecked.add(unit);
}
