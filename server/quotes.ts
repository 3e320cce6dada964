/** What jobs have taken, may take and would take, for whoever watches them: a quote looks at all hosts, so it is kept for a while. */
import type { JobId } from "../shared/ids.ts";
import type { JobSpec } from "./core/events.ts";
import { MICROS_PER_HOUR, type Quote, quoteOf } from "./core/quote.ts";
import type { CoreState, Job } from "./core/state.ts";
import { isOver } from "./core/store.ts";

/** A quote is this old at most, ms. */
const QUOTE_MS = 5_000;

export interface Spending {
  gpuHours: number;
  /** null: any. */
  maxGpuHours: number | null;
  /** null: not known, or the job is over. */
  quote: Quote | null;
}

export class Quotes {
  private readonly kept = new Map<JobId, { at: number; spec: JobSpec; quote: Quote | null }>();

  spending(state: CoreState, job: Job, now: number): Spending {
    const { maxGpuMicros } = job.spec;
    return {
      gpuHours: job.gpuMicros / MICROS_PER_HOUR,
      maxGpuHours: maxGpuMicros === null ? null : maxGpuMicros / MICROS_PER_HOUR,
      quote: isOver(job) ? null : this.quoteOf(state, job, now),
    };
  }

  private quoteOf(state: CoreState, job: Job, now: number): Quote | null {
    const known = this.kept.get(job.spec.id);
    // A job that was measured since has another spec.
    if (known?.spec === job.spec && now - known.at < QUOTE_MS) return known.quote;
    const quote = quoteOf(state, job);
    this.kept.set(job.spec.id, { at: now, spec: job.spec, quote });
    return quote;
  }
}
