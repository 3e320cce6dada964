/** The GPU time that a job's owner lets it take: asked of its quote before it runs, and of what it has taken while it does. */
import type { Reply } from "./effects.ts";
import type { CoreEvent } from "./events.ts";
import { enter } from "./job.ts";
import { MICROS_PER_HOUR, type Quote } from "./quote.ts";
import { type CoreState, isSpent, type Job } from "./state.ts";
import { isOver } from "./store.ts";
import type { Work } from "./work.ts";

const RAISE = "raise it with resume --max-gpu-hours";

/** Pauses the job when what was recorded is all it may take. */
export function heedCap(state: CoreState, job: Job, work: Work): void {
  if (job.state === "running" && isSpent(job))
    enter(state, job, "paused", `it has taken the ${hours(capOf(job))} GPU-hours that it may: ${RAISE}`, work);
}

/** Why a job of this quote must not begin, or "". */
export function overCap(job: Job, quote: Quote | null): string {
  if (job.spec.maxGpuMicros === null || !quote || quote.gpuHours <= capOf(job)) return "";
  return `it would take ${hours(quote.gpuHours)} GPU-hours, and may take ${hours(capOf(job))}: ${RAISE}, or resume it to see how far it gets`;
}

/** Its owner lets it take more, or less. */
export function setCap(state: CoreState, event: Extract<CoreEvent, { type: "job-cap" }>, work: Work): Reply {
  const job = state.jobs.get(event.job);
  if (!job) return { type: "error", code: "not-found", details: { what: `job ${event.job}` } };
  if (isOver(job)) {
    const todo = "Submit the package again to run it once more.";
    return { type: "error", code: "wrong-state", details: { job: event.job, state: job.state, verb: "given more GPU-hours", todo } };
  }
  job.spec = { ...job.spec, maxGpuMicros: event.maxGpuMicros };
  work.store({ type: "spec", job: event.job, spec: job.spec });
  heedCap(state, job, work);
  return { type: "done" };
}

function capOf({ spec }: Job): number {
  return (spec.maxGpuMicros ?? Number.POSITIVE_INFINITY) / MICROS_PER_HOUR;
}

function hours(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
