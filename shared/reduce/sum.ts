/** Sums: exact in BigInt for integers, pairwise in f64 for floats, over everything or element by element over units. */
import type { OutputPlan } from "../plan.ts";
import { type Elements, elementsOf, isInteger } from "./elements.ts";
import type { Pieces } from "./pieces.ts";
import { arrayLength, finals, type Reduced, type Seen, slices } from "./reduced.ts";

/** At most this many 32-bit numbers are added as f64 before they could pass 2^53. */
const EXACT_RUN = 1 << 20;

/** The sum of all elements of all units (`over: "all"`), or for each element over units. Of nothing: 0. */
export async function sum(output: OutputPlan, over: "all" | "units", pieces: Pieces): Promise<Reduced> {
  const seen: Seen = { units: 0, holes: [] };
  if (over === "all") {
    const value = isInteger(output.dtype) ? await integerTotal(output, pieces, seen) : await floatTotal(output, pieces, seen);
    return { value: { kind: "number", type: typeof value === "bigint" ? "integer" : "f64", value }, ...seen };
  }
  const length = arrayLength(output, "a sum over units");
  const shape = [...output.shape];
  if (isInteger(output.dtype)) {
    const values = new Array<bigint>(length).fill(0n);
    for await (const { from, bytes } of slices(output, pieces, seen)) {
      const elements = elementsOf(output.dtype, bytes);
      for (let i = 0; i < elements.length; i++) values[from + i] = (values[from + i] as bigint) + BigInt(elements.at(i));
    }
    return { value: { kind: "array", type: "integer", shape, values }, ...seen };
  }
  const tree = new PairwiseTree<Float64Array>((a, b) => a.map((value, i) => value + (b[i] as number)));
  for await (const { bytes } of finals(pieces, seen)) {
    const elements = elementsOf(output.dtype, bytes);
    tree.add(Float64Array.from({ length }, (_, i) => elements.at(i) as number));
  }
  const values = [...(tree.total() ?? new Float64Array(length))];
  return { value: { kind: "array", type: "f64", shape, values }, ...seen };
}

async function integerTotal(output: OutputPlan, pieces: Pieces, seen: Seen): Promise<bigint> {
  let total = 0n;
  for await (const { bytes } of slices(output, pieces, seen)) total += integerSum(elementsOf(output.dtype, bytes));
  return total;
}

function integerSum(elements: Elements): bigint {
  let total = 0n;
  for (let from = 0; from < elements.length; from += EXACT_RUN) {
    const to = Math.min(from + EXACT_RUN, elements.length);
    let run = 0;
    for (let i = from; i < to; i++) {
      const element = elements.at(i);
      if (typeof element === "bigint") total += element;
      else run += element;
    }
    total += BigInt(run);
  }
  return total;
}

async function floatTotal(output: OutputPlan, pieces: Pieces, seen: Seen): Promise<number> {
  const tree = new PairwiseTree<number>((a, b) => a + b);
  for await (const { bytes } of slices(output, pieces, seen)) {
    const elements = elementsOf(output.dtype, bytes);
    for (let i = 0; i < elements.length; i++) tree.add(elements.at(i) as number);
  }
  return tree.total() ?? 0;
}

/**
 * Adds a stream pairwise, as a binary counter carries: the error grows with the logarithm of the count, and the order of
 * additions depends on the count alone. Holds one partial sum a level.
 */
class PairwiseTree<T> {
  private readonly levels: (T | undefined)[] = [];
  private readonly plus: (a: T, b: T) => T;

  constructor(plus: (a: T, b: T) => T) {
    this.plus = plus;
  }

  add(value: T): void {
    let carry = value;
    for (let level = 0; ; level++) {
      const held = this.levels[level];
      if (held === undefined) {
        this.levels[level] = carry;
        return;
      }
      this.levels[level] = undefined;
      carry = this.plus(held, carry);
    }
  }

  total(): T | undefined {
    let total: T | undefined;
    for (const held of this.levels) {
      if (held !== undefined) total = total === undefined ? held : this.plus(held, total);
    }
    return total;
  }
}
