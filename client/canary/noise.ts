/** What outputs begin with, so that what was written can be told from what was not. */
import type { OutputPlan } from "../../shared/plan.ts";

/** Bytes that no kernel writes by chance, one after the other: multiplicative hashes of their places (Knuth, 6.4). `flip`: bits that are turned. */
export function noiseOf(bytes: number, start: number, flip = 0): Uint8Array {
  const noise = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at++) noise[at] = (Math.imul(start + at, 2654435761) >>> 24) ^ flip;
  return noise;
}

/** Whether a byte of an output, from its beginning, is padding, which counts as zero. */
export function isPadding({ padding }: Pick<OutputPlan, "padding">, at: number): boolean {
  if (!padding) return false;
  const place = at % padding.stride;
  return padding.ranges.some(([start, end]) => place >= start && place < end);
}
