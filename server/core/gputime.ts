/** GPU time as volunteers tell it: believed up to what can be true. All figures in microseconds, clocks in milliseconds. */
import { addMicros } from "../../shared/gputime.ts";
import type { Account, Job } from "./state.ts";

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

/** What an account can have computed while it was connected, less what was recorded of it: one key is one device, over however many lines. */
export interface GpuBudget {
  micros: number;
  /** Until when it is counted. */
  at: number;
}

/** Counts the time up to `now` if a host is here: before their number changes, and before anything is taken. */
export function accrue({ gpu, hosts }: Pick<Account, "gpu" | "hosts">, now: number): void {
  gpu.micros = Math.min(Number.MAX_SAFE_INTEGER, gpu.micros + (hosts > 0 ? Math.max(0, now - gpu.at) * 1000 : 0));
  gpu.at = Math.max(gpu.at, now);
}

/** Takes a replica's believed time from what its account can have computed. Returns what is recorded of it. */
export function takeMicros(job: Pick<Job, "gpuMicros">, { gpu }: Pick<Account, "gpu">, believed: number): number {
  const taken = Math.min(believed, gpu.micros);
  gpu.micros -= taken;
  job.gpuMicros = addMicros(job.gpuMicros, taken);
  return taken;
}
