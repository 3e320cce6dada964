/** GPU time as volunteers tell it: believed up to what can be true. All figures in microseconds, clocks in milliseconds. */
import { addMicros } from "../../shared/gputime.ts";
import type { AccountId, UnitIndex } from "../../shared/ids.ts";
import { accountOf } from "./account.ts";
import { MAX_HOLD_MS } from "./lease.ts";
import type { Account, CoreState, Job } from "./state.ts";
import type { Work } from "./work.ts";

/** No unit may take longer: an hour. */
export const MAX_GPU_MICROS = 3_600_000_000;

/**
 * A replica's GPU time, a whole number: never more than has passed since its units were handed out, nor than MAX_GPU_MICROS.
 * `issuedAt` and `now` in ms. What is no number is 0.
 */
export function believedMicros(told: number, issuedAt: number, now: number): number {
  const passed = Math.min(MAX_GPU_MICROS, (now - issuedAt) * 1000);
  return told > 0 && passed > 0 ? Math.floor(Math.min(told, passed)) : 0;
}

/**
 * What an account can have computed since the first assignment that it answered here was issued, less what was recorded of it, and
 * no more than one can be held for: one key is one device, over however many lines.
 */
export interface GpuBudget {
  micros: number;
  /** Until when it is counted; 0: it has answered nothing. */
  at: number;
}

/** Counts the time up to `now`, before anything is taken for an assignment of `issuedAt`. */
export function accrue({ gpu }: Pick<Account, "gpu">, issuedAt: number, now: number): void {
  const from = gpu.at === 0 ? issuedAt : gpu.at;
  gpu.micros = Math.min(MAX_HOLD_MS * 1000, gpu.micros + Math.max(0, now - from) * 1000);
  gpu.at = Math.max(gpu.at, now);
}

/** Takes a replica's believed time from what its account can have computed. Returns what is recorded of it. */
export function takeMicros(job: Pick<Job, "gpuMicros">, { gpu }: Pick<Account, "gpu">, believed: number): number {
  const taken = Math.min(believed, gpu.micros);
  gpu.micros -= taken;
  job.gpuMicros = addMicros(job.gpuMicros, taken);
  return taken;
}

/** An answer that becomes no replica took a GPU's time too; what is sent once more did not. */
export function countUnrecorded(
  state: CoreState,
  job: Job,
  id: AccountId,
  { unit, gpuMicros }: { unit: UnitIndex; gpuMicros: number },
  work: Work,
): void {
  if (state.unrecorded.note(job.spec.id, unit, id)) store(job, takeMicros(job, accountOf(state, id), gpuMicros), work);
}

/** The auditor has checked a unit, in about so many microseconds of its GPU. */
export function countCheck(job: Job, about: number, work: Work): void {
  const micros = Math.round(about);
  job.gpuMicros = addMicros(job.gpuMicros, micros);
  store(job, micros, work);
}

function store(job: Job, micros: number, work: Work): void {
  if (micros > 0) work.store({ type: "gpu-time", job: job.spec.id, micros });
}
