/** Where two results of one unit differ first. */
import { compareResults, isTolerant, type Likeness } from "./comparator.ts";
import type { Dtype, JobPlan } from "./plan.ts";
import { elementsOf } from "./reduce/elements.ts";
import { unframe } from "./result.ts";

export interface Difference {
  /** The first byte of the result bytes that differs; their length when one is the beginning of the other. */
  byte: number;
  /** Null where a result is none of this job, so that its bytes mean nothing. */
  element: DifferentElement | null;
  /** Present where they are alike all the same, within the job's tolerance: the largest part of it that two elements take, 0 to 1. */
  distance?: number;
}

export interface DifferentElement {
  output: string;
  dtype: Dtype;
  /** In the output's shape. */
  index: number[];
  /** Decimals, or NaN and infinities by name. */
  mine: string;
  theirs: string;
}

/** Undefined when they are the same bytes. */
export function differenceOf(plan: Pick<JobPlan, "outputs">, mine: Uint8Array, theirs: Uint8Array): Difference | undefined {
  const byte = firstDifference(mine, theirs);
  if (byte === undefined) return undefined;
  try {
    const element = differentElement(plan, unframe(plan, mine), unframe(plan, theirs));
    const { isAlike, distance } = isTolerant(plan) ? compareResults(plan, mine, theirs) : { isAlike: false, distance: 0 };
    return { byte, element, ...(isAlike ? { distance } : {}) };
  } catch (error) {
    if (error instanceof RangeError) return { byte, element: null };
    throw error;
  }
}

/** The same where it is known which element is too far: of results within a tolerance the first byte that differs says little. */
export function differenceAt({ outputs }: Pick<JobPlan, "outputs">, mine: Uint8Array, theirs: Uint8Array, far: Far): Difference {
  const [ours, others] = [unframe({ outputs }, mine)[far.output], unframe({ outputs }, theirs)[far.output]];
  const output = outputs[far.output];
  if (!ours || !others || !output) throw new RangeError(`there is no output ${far.output}`);
  const dtype = output.compare?.dtype ?? output.dtype;
  const [one, other] = [elementsOf(dtype, ours), elementsOf(dtype, others)];
  // As many as the output's, unless packed values are compared as another type.
  const shape = one.length === elementsOf(output.dtype, ours).length ? output.shape : [one.length];
  const element = {
    output: output.name,
    dtype,
    index: indexOf(far.element, shape),
    mine: shown(one.at(far.element)),
    theirs: shown(other.at(far.element)),
  };
  const width = ours.byteLength / one.length;
  return { byte: ours.byteOffset - mine.byteOffset + far.element * width, element };
}

type Far = NonNullable<Likeness["far"]>;

function differentElement(
  { outputs }: Pick<JobPlan, "outputs">,
  mine: readonly Uint8Array[],
  theirs: readonly Uint8Array[],
): DifferentElement | null {
  for (const [number, { name, dtype, shape }] of outputs.entries()) {
    const [one, other] = [mine[number], theirs[number]];
    const at = one && other && firstDifference(one, other);
    if (at === undefined) continue;
    const [ours, others] = [elementsOf(dtype, one), elementsOf(dtype, other)];
    const flat = Math.floor(at / (one.byteLength / ours.length));
    return { output: name, dtype, index: indexOf(flat, shape), mine: shown(ours.at(flat)), theirs: shown(others.at(flat)) };
  }
  return null;
}

function firstDifference(one: Uint8Array, other: Uint8Array): number | undefined {
  const length = Math.min(one.byteLength, other.byteLength);
  for (let at = 0; at < length; at++) if (one[at] !== other[at]) return at;
  return one.byteLength === other.byteLength ? undefined : length;
}

/** Place of the element in an array of `shape`, the last dimension running fastest. */
function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const length of shape.toReversed()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return index;
}

/** Zeros of two signs are different bytes. */
function shown(value: number | bigint): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
