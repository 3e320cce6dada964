/** What an engine is held to, here and by `npm run bench -- engine`, and how slices are judged. */
import { median } from "./median.ts";
import type { Submit } from "./watched-engine.ts";

/** Least speed in slices of 30 ms over whole dispatches. */
export const SLICED_SHARE = 0.97;
/** Slices, or a donor, cannot be faster than the bare kernel: above this something else was busy while that was measured. */
export const MOST_SHARE = 1.05;
/** Least share of slices within `BAND` times of their target. */
export const SLICES_WITHIN = 0.95;
export const BAND = 2;
/** A slice is never longer, in targets. */
export const LONGEST_TARGETS = 3;
/** Slices in which the controller learns. */
export const LEARNING = 20;
/** Beyond what is queued, two slice targets. */
const STOP_BEYOND_MS = 100;

/** Longest allowed time from Stop to an idle GPU at this slice target, both in ms. */
export function stopAllowed(targetMillis: number): number {
  return STOP_BEYOND_MS + 2 * targetMillis;
}

export interface SliceTimes {
  /** Share within `BAND` times of the target; a unit's last slice may be short. */
  within: number;
  /** In targets. */
  longest: number;
  median: number;
}

/** Slices against their target in µs, once the controller has learned. Throws when there are too few. */
export function judgeSlices(submits: readonly Submit[], target: number): SliceTimes {
  const known = submits.slice(LEARNING);
  if (known.length === 0) throw new Error("there were too few slices to judge");
  const isMet = ({ micros, ends }: Submit) => micros <= BAND * target && (ends > 0 || BAND * micros >= target);
  const times = known.map(({ micros }) => micros / target);
  return { within: known.filter(isMet).length / known.length, longest: Math.max(...times), median: median(times) };
}
