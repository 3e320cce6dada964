import type { JobState } from "./api.ts";

const ENDED: ReadonlySet<JobState> = new Set(["done", "cancelled", "failed"]);

/** Nothing of the job is computed any more, for good. */
export function hasEnded(state: JobState): boolean {
  return ENDED.has(state);
}
