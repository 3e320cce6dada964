/**
 * Whether two results of a unit are alike, where the job declares a comparator: floats that two correct GPUs may round, fuse or
 * flush differently. `|a - b| <= atol + rtol * max(|a|, |b|)`, or so many representable numbers apart (`ulps`), for all elements
 * but a capped share of outliers. Symmetric, and of one result with itself true, unless it holds what is not finite and nothing
 * like that is declared. Not transitive: results are compared with one reference, never in a chain.
 */
import { DTYPE_BYTES, type Dtype, type JobPlan } from "./plan.ts";
import { elementsOf } from "./reduce/elements.ts";
import { unframe } from "./result.ts";

export interface Comparator {
  /** How the bytes of the output are read: for packed values another type than the output's. */
  dtype: Dtype;
  /** How far two elements may be apart. */
  within: { atol: number; rtol: number } | { ulps: number };
  /** Share of elements that may be further apart, 0 to 1; rounded down to whole elements. */
  outliers: number;
  /** What becomes of results with NaN or infinities: refused, or NaN is like NaN and an infinity like itself. */
  nonFinite: "refuse" | "allow";
}

export interface Likeness {
  isAlike: boolean;
  /** The largest part of what is allowed that two elements which are near enough take, 0 to 1. */
  distance: number;
  /** Elements that are further apart, as far as they were counted. */
  outliers: number;
  /** The first element that is further apart, or not finite, where they are not alike for it: the output's number, and its place there. */
  far?: { output: number; element: number };
}

/** The smallest number that WGSL lets nobody flush to zero: whatever is declared, less than that is no difference. */
const LEAST_NORMAL: Partial<Record<Dtype, number>> = { f32: 2 ** -126, f16: 2 ** -14 };

/** Elements that are compared in one go, a millisecond or two of work. */
const SLICE_ELEMENTS = 16_384;
/** Bytes that are compared one by one in one go, of about the same work. */
const SLICE_BYTES = 1 << 20;

const ALIKE: Likeness = { isAlike: true, distance: 0, outliers: 0 };

/** Some output of the job is compared within a tolerance. */
export function isTolerant({ outputs }: Pick<JobPlan, "outputs">): boolean {
  return outputs.some(({ compare }) => compare !== undefined);
}

/**
 * Compares result bytes of one unit; yields between slices of them, so that others have their turn. Outputs without a
 * comparator are compared byte for byte; of one result with itself only what is not finite is looked for. Throws `RangeError` when they are no results of this job.
 */
export function* comparing(plan: Pick<JobPlan, "outputs">, one: Uint8Array, other: Uint8Array): Generator<void, Likeness> {
  const [ours, theirs] = [unframe(plan, one), unframe(plan, other)];
  let all = ALIKE;
  for (const [number, { compare }] of plan.outputs.entries()) {
    const [mine, its] = [ours[number] as Uint8Array, theirs[number] as Uint8Array];
    const found = yield* one === other ? ofOneself(compare, mine) : comparingOutput(compare, mine, its);
    all = {
      isAlike: found.isAlike,
      distance: Math.max(all.distance, found.distance),
      outliers: all.outliers + found.outliers,
    };
    if (!all.isAlike) return found.first === undefined ? all : { ...all, far: { output: number, element: found.first } };
  }
  return all;
}

/** The same in one go. */
export function compareResults(plan: Pick<JobPlan, "outputs">, one: Uint8Array, other: Uint8Array): Likeness {
  const comparison = comparing(plan, one, other);
  for (;;) {
    const { done, value } = comparison.next();
    if (done) return value;
  }
}

/** `first`: the place of the first element that is no match. */
type OutputLikeness = Omit<Likeness, "far"> & { first?: number };

function* ofOneself(comparator: Comparator | undefined, bytes: Uint8Array): Generator<void, OutputLikeness> {
  if (!comparator || comparator.nonFinite === "allow" || LEAST_NORMAL[comparator.dtype] === undefined) return ALIKE;
  const width = DTYPE_BYTES[comparator.dtype];
  for (const [from, to] of slicesOf(bytes.byteLength, SLICE_ELEMENTS * width)) {
    if (from > 0) yield;
    const elements = elementsOf(comparator.dtype, bytes.subarray(from, to));
    for (let at = 0; at < (to - from) / width; at++)
      if (!Number.isFinite(elements.at(at))) return { ...ALIKE, isAlike: false, first: from / width + at };
  }
  return ALIKE;
}

/** The output is like none, itself included: it holds what is not finite. */
export function isRefusedAlone({ dtype, nonFinite }: Comparator, bytes: Uint8Array): boolean {
  if (nonFinite === "allow" || LEAST_NORMAL[dtype] === undefined) return false;
  const elements = elementsOf(dtype, bytes);
  for (let index = 0; index < elements.length; index++) if (!Number.isFinite(elements.at(index))) return true;
  return false;
}

function* comparingOutput(comparator: Comparator | undefined, one: Uint8Array, other: Uint8Array): Generator<void, OutputLikeness> {
  if (one.byteLength !== other.byteLength) return { ...ALIKE, isAlike: false };
  if (!comparator) return { ...ALIKE, isAlike: yield* comparingBytes(one, other) };
  const width = DTYPE_BYTES[comparator.dtype];
  const most = Math.floor(comparator.outliers * (one.byteLength / width));
  const apart = distanceIn(comparator);
  let distance = 0;
  let outliers = 0;
  let first: number | undefined;
  for (const [from, to] of slicesOf(one.byteLength, SLICE_ELEMENTS * width)) {
    if (from > 0) yield;
    const far = apart(one.subarray(from, to), other.subarray(from, to));
    for (let at = 0; at < (to - from) / width; at++) {
      const found = far(at);
      // What is not finite is no outlier: it is refused however few there are.
      if (Number.isNaN(found)) return { isAlike: false, distance, outliers, first: from / width + at };
      if (found <= 1) distance = Math.max(distance, found);
      else {
        first ??= from / width + at;
        if (++outliers > most) return { isAlike: false, distance, outliers, first };
      }
    }
  }
  return { isAlike: true, distance, outliers };
}

/** Of the element at an index: how many times what is allowed two elements are apart; NaN where one is not finite and that is refused. */
type Distances = (one: Uint8Array, other: Uint8Array) => (index: number) => number;

function distanceIn({ dtype, within, nonFinite }: Comparator): Distances {
  const least = LEAST_NORMAL[dtype] ?? 0;
  const isFloat = least > 0;
  return (one, other) => {
    const [ours, theirs] = [elementsOf(dtype, one), elementsOf(dtype, other)];
    const [place, itsPlace] = [placesOf(dtype, one), placesOf(dtype, other)];
    return (index) => {
      const [a, b] = [ours.at(index), theirs.at(index)];
      if (isFloat && !(Number.isFinite(a) && Number.isFinite(b))) {
        if (nonFinite === "refuse") return Number.NaN;
        return Object.is(a, b) ? 0 : Number.POSITIVE_INFINITY;
      }
      if (a === b) return 0;
      if (isFloat && "ulps" in within) return Math.abs(place(index) - itsPlace(index)) / within.ulps;
      const difference = typeof a === "bigint" ? Math.abs(Number(a - (b as bigint))) : Math.abs(a - (b as number));
      if ("ulps" in within) return difference / within.ulps;
      const largest = Math.max(Math.abs(Number(a)), Math.abs(Number(b)));
      return difference / Math.max(within.atol + within.rtol * largest, least);
    };
  };
}

/** The element's place among the numbers of its type: 0 for zeros and what may be flushed to them, 1 for the smallest normal one. */
function placesOf(dtype: Dtype, bytes: Uint8Array): (index: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, sign, subnormal] = dtype === "f16" ? [2, 0x8000, 0x3ff] : [4, 0x80000000, 0x7fffff];
  return (index) => {
    const bits = width === 2 ? view.getUint16(index * width, true) : view.getUint32(index * width, true);
    const magnitude = Math.max(0, (bits % sign) - subnormal);
    return bits >= sign ? -magnitude : magnitude;
  };
}

/** Of as many bytes each. */
function* comparingBytes(one: Uint8Array, other: Uint8Array): Generator<void, boolean> {
  for (const [from, to] of slicesOf(one.byteLength, SLICE_BYTES)) {
    if (from > 0) yield;
    const [ours, theirs] = [wordsOf(one.subarray(from, to)), wordsOf(other.subarray(from, to))];
    for (let at = 0; at < ours.length; at++) if (ours[at] !== theirs[at]) return false;
  }
  return true;
}

/** A copy, because a view in words must begin at a multiple of four; zeros fill the last word. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(bytes.byteLength / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

/** Where each slice begins and ends. */
function* slicesOf(byteLength: number, most: number): Generator<[from: number, to: number]> {
  for (let from = 0; from < byteLength; from += most) yield [from, Math.min(from + most, byteLength)];
}
