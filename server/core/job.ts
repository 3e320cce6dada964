/**
 * The job machine.
 *
 *   draft ──start, no auditor can run it────▶ running ⇄ pause, resume ⇄ paused
 *     ├─start─▶ canary ──it was measured──────────▶│                       │
 *     │           │     ├─two runs differ─▶ paused  ├──the last unit ends───┴──▶ done, or failed when no unit is final
 *     │           │     └─refused─▶ failed          ├──FAILED_LIMIT units failed, more than are final──▶ failed
 *     │           │        (canary.ts)              └──devices were lost with it (quarantine.ts)──▶ paused
 *     └──cancel (from any of these)──▶ cancelled
 *
 * done, failed and cancelled are the end. A paused job gives out nothing and still takes what was computed. `halt` pauses it
 * and takes what volunteers hold from them at once, as the end does, and as a pause for lost devices.
 */
import type { JobState } from "../../shared/api.ts";
import { byServingOrder } from "../../shared/serving.ts";
import { isAudited } from "./audit.ts";
import { settleVoid } from "./credit.ts";
import type { Reply } from "./effects.ts";
import type { CoreEvent, JobSpec } from "./events.ts";
import { endJobLeases, endLease } from "./expiry.ts";
import { Pages } from "./pages.ts";
import { isPoolOff } from "./pool.ts";
import { Ring } from "./ring.ts";
import { checkSpec } from "./spec.ts";
import { type CoreState, isSpent, type Job } from "./state.ts";
import { isOver } from "./store.ts";
import { TRIAL_MS } from "./trial.ts";
import type { Work } from "./work.ts";

/** So many failed units, and more than are final: the kernel is at fault, and the volunteers' time is worth more. */
export const FAILED_LIMIT = 256;

const RAISE = "Let it take more with resume --max-gpu-hours.";

type Verb = Extract<CoreEvent, { type: "job-verb" }>["verb"];
const VERBS: Record<Verb, { from: readonly JobState[]; to: JobState; done: string }> = {
  start: { from: ["draft"], to: "running", done: "started (with resume)" },
  pause: { from: ["running"], to: "paused", done: "paused" },
  halt: { from: ["running", "paused"], to: "paused", done: "halted" },
  resume: { from: ["paused"], to: "running", done: "resumed" },
  cancel: { from: ["draft", "canary", "running", "paused"], to: "cancelled", done: "cancelled" },
};

/** A job without history. */
export function addJob(state: CoreState, spec: JobSpec, jobState: JobState): Job {
  checkSpec(spec);
  if (state.jobs.has(spec.id)) throw new Error(`job ${spec.id} exists`);
  const job: Job = {
    spec,
    state: jobState,
    canary: null,
    gpuMicros: 0,
    trialUntil: 0,
    pages: new Pages(spec.units),
    ring: new Ring(),
    cursor: 0,
    open: new Map(),
    wanted: new Map(),
    late: new Map(),
    holders: new Map(),
    clusterHolders: new Map(),
    returned: new Map(),
    due: new Set(),
    owed: 0,
    owedSince: 0,
    isStalled: false,
    provisional: new Map(),
    provisionalOf: new Map(),
    auditedFrom: 0,
    audited: 0,
    overruled: 0,
    checks: new Map(),
    unchecked: new Set(),
    checkTasks: new Map(),
    ...{ checkerAt: 0, checkedFrom: 0, checked: 0, checkedSlices: 0, falseAlarms: 0, unrunTasks: 0, suspects: new Set() },
    losses: [],
    differed: 0,
    taken: null,
    counted: 0,
    refused: 0,
    recorded: 0,
  };
  state.jobs.set(spec.id, job);
  rank(state);
  return job;
}

export function applyVerb(state: CoreState, event: Extract<CoreEvent, { type: "job-verb" }>, work: Work): Reply {
  const job = state.jobs.get(event.job);
  if (!job) return { type: "error", code: "not-found", details: { what: `job ${event.job}` } };
  const verb = VERBS[event.verb];
  if (!verb.from.includes(job.state)) {
    const details = { job: event.job, state: job.state, verb: verb.done, todo: waysOut(job.state) };
    return { type: "error", code: "wrong-state", details };
  }
  if (event.verb === "resume" && isSpent(job)) {
    const details = { job: event.job, state: job.state, verb: "resumed, for it has taken the GPU-hours that it may", todo: RAISE };
    return { type: "error", code: "wrong-state", details };
  }
  if (verb.to === "running" && isPoolOff(state, job)) {
    const todo = `Its pool ${job.spec.pool} is off: npx idlewave pool invite ${job.spec.pool} switches it on again.`;
    return { type: "error", code: "wrong-state", details: { job: event.job, state: job.state, verb: verb.done, todo } };
  }
  const isMeasured = event.verb === "start" && state.canaryMs > 0 && isAudited(state, job, work.now);
  enter(state, job, isMeasured ? "canary" : verb.to, "", work);
  if (event.verb === "halt") withdraw(state, job, work);
  return { type: "done" };
}

/** What can be done to a job in `state`, one sentence. */
function waysOut(state: JobState): string {
  const ways = Object.values(VERBS).filter(({ from }) => from.includes(state));
  if (ways.length === 0) return "It is over: submit the package again to run it once more.";
  return `It can be ${ways.map(({ done }) => done).join(" or ")}.`;
}

/** Ends the job when its last unit has ended, or too many failed. */
export function endIfOver(state: CoreState, job: Job, work: Work): void {
  if (job.state !== "running" && job.state !== "paused") return;
  const { pages } = job;
  const failed = pages.failed.size;
  const reason = failed === 0 ? "" : `${failed} of ${pages.units} units failed`;
  if (pages.ended === pages.units) enter(state, job, pages.final > 0 ? "done" : "failed", reason, work);
  else if (failed >= FAILED_LIMIT && failed > pages.final) enter(state, job, "failed", reason, work);
}

/** Pauses a running job at once until its owner resumes it. */
export function pauseFor(state: CoreState, job: Job, reason: string, work: Work): void {
  enter(state, job, "paused", reason, work);
  withdraw(state, job, work);
}

/** Nobody computes it any more: its units wait for others, and whoever had some hears of it. */
function withdraw(state: CoreState, job: Job, work: Work): void {
  for (const lease of state.leases.values()) if (lease.job === job.spec.id) endLease(state, lease, work);
  work.tell({ type: "job-withdrawn", job: job.spec.id });
}

export function enter(state: CoreState, job: Job, to: JobState, reason: string, work: Work): void {
  job.state = to;
  settle(job, work.now);
  job.losses.length = 0;
  job.isStalled = false;
  work.store({ type: "job-state", job: job.spec.id, state: to, reason, at: work.now });
  work.tell({ type: "job-changed", job: job.spec.id });
  if (isOver(job)) {
    endJobLeases(state, job);
    work.tell({ type: "job-withdrawn", job: job.spec.id });
    // The store voids their escrow with the job's state.
    for (const open of job.open.values()) settleVoid(state, job, open, work);
    job.open.clear();
    job.wanted.clear();
    job.late.clear();
    job.returned.clear();
    job.due.clear();
    job.owed = 0;
    job.provisional.clear();
    job.provisionalOf.clear();
    job.checks.clear();
    job.unchecked.clear();
    job.checkTasks.clear();
    job.ring = new Ring();
  }
  rank(state);
}

/** What a job of this state is remembered of in memory alone. */
export function settle(job: Job, now: number): void {
  job.canary = job.state === "canary" ? { askedAt: now, broken: 0, run: null } : null;
  job.trialUntil = job.state === "running" && job.spec.measured ? now + TRIAL_MS : 0;
  // While it did not run nobody was asked for its checks.
  job.checkerAt = now;
  job.unrunTasks = 0;
  for (const unit of job.checks.keys()) job.checks.set(unit, now);
}

function rank(state: CoreState): void {
  state.inCanary = [...state.jobs.values()].filter((job) => job.state === "canary").sort((a, b) => a.spec.id - b.spec.id);
  state.running = [...state.jobs.values()].filter((job) => job.state === "running").sort((a, b) => byServingOrder(a.spec, b.spec));
}
