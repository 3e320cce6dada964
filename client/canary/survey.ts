/**
 * Whether some slices of a unit, drawn at random, are a sample of it: each byte of the outputs is written by exactly one slice,
 * with the whole unit's value, and how many bytes a slice writes does not depend on the unit. Slices are numbered in binary: of
 * each digit those with a one and those with a zero are run, so that a byte is told by what wrote it.
 */

import type { SliceRuns } from "../../shared/canary.ts";
import { drawSlices, MAX_RANGES, NEWCOMER_SLICES } from "../../shared/checks.ts";
import type { UnitInput } from "../engine/seam.ts";
import type { Below } from "./cut.ts";
import { rangesOf, type Sampler, type Written } from "./sampler.ts";

export type Survey = { slices: SliceRuns } | { unsampled: string };

/** `units`: with their result bytes; the first is surveyed, the others are looked at as a newcomer's will be. */
export async function survey(sampler: Sampler, units: readonly { input: UnitInput; bytes: Uint8Array }[], below: Below): Promise<Survey> {
  const [first, ...others] = units;
  if (!first) return { unsampled: "None of its units was run." };
  const counts = await surveyed(sampler, first);
  if (typeof counts === "string") return { unsampled: counts };
  for (const { input, bytes } of others) {
    const all = sampler.slices.length;
    const slices = drawSlices(below, Math.min(NEWCOMER_SLICES, all), all);
    const expected = slices.reduce((all, slice) => all + (counts[slice] as number), 0);
    const written = await sampler.written(input, slices, expected);
    if (written.bytes !== expected)
      return { unsampled: `How much a slice writes is another in unit ${input.index} than in ${first.input.index}.` };
    if (!isRight(written, bytes)) return { unsampled: `Slices of unit ${input.index} write other bytes than all of it does.` };
    if (rangesOf(written).length > 2 * MAX_RANGES) return { unsampled: "What slices write lies in too many places." };
  }
  return { slices: runsOf(counts) };
}

/** Bytes that each slice writes, or why that cannot be said. */
async function surveyed(sampler: Sampler, { input, bytes }: { input: UnitInput; bytes: Uint8Array }): Promise<Float64Array | string> {
  const all = sampler.slices.length;
  const numbers = Array.from({ length: all }, (_, slice) => slice);
  const total = sampler.outputBytes;
  const owner = new Uint16Array(bytes.byteLength);
  let whole: Written | undefined;
  for (let digit = 1; digit < all; digit *= 2) {
    const ones = await sampler.written(
      input,
      numbers.filter((slice) => (slice & digit) !== 0),
      Number.POSITIVE_INFINITY,
    );
    const zeros = await sampler.written(
      input,
      numbers.filter((slice) => (slice & digit) === 0),
      total - ones.bytes,
    );
    if (!isRight(ones, bytes) || !isRight(zeros, bytes)) return "Slices write other bytes alone than all of them do.";
    for (let at = 0; at < owner.length; at++) {
      if (ones.mask[at] === 1 && zeros.mask[at] === 1) return "Some bytes are written by several slices.";
      if (ones.mask[at] === 1) owner[at] = (owner[at] as number) + digit;
    }
    if (ones.bytes + zeros.bytes !== total)
      return "Some bytes of its outputs are written by no slice, and nobody could tell what they should be.";
    whole = { ...ones, mask: ones.mask.map((mark, at) => mark | (zeros.mask[at] as number)) };
  }
  whole ??= await sampler.written(input, numbers, total);
  if (whole.mask.reduce((sum, mark) => sum + mark, 0) !== total)
    return "Some bytes of its outputs are written by no slice, and nobody could tell what they should be.";
  const counts = new Float64Array(all);
  for (let at = 0; at < owner.length; at++) {
    if (whole.mask[at] === 0) continue;
    const slice = owner[at] as number;
    if (slice >= all) return "Some bytes are written by several slices.";
    counts[slice] = (counts[slice] as number) + 1;
  }
  return counts;
}

function isRight({ mask, result }: Written, bytes: Uint8Array): boolean {
  return mask.every((mark, at) => mark === 0 || result[at] === bytes[at]);
}

function runsOf(counts: Float64Array): SliceRuns {
  const runs: SliceRuns = [];
  for (const bytes of counts) {
    const last = runs.at(-1);
    if (last?.[1] === bytes) last[0]++;
    else runs.push([1, bytes]);
  }
  return runs;
}
