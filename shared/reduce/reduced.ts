/** What a reduction comes to. Integers are BigInt when they may pass 53 bits, floats are f64. */

import { IdlewaveError } from "../errors.ts";
import type { UnitRun } from "../ids.ts";
import { DTYPE_BYTES, type Dtype, type OutputPlan } from "../plan.ts";
import type { Element } from "./elements.ts";
import type { Piece } from "./pieces.ts";

/** Type of a reduced number: an output's own, f64 for sums of floats, `integer` for exact sums and counts of any size. */
export type ReducedType = Dtype | "f64" | "integer";

export interface TopEntry {
  value: Element;
  unit: number;
  /** Index of the element in the unit's output, in row-major order. */
  index: number;
}

export type ReducedValue =
  /** `value` is null for the smallest or largest of nothing. */
  | { kind: "number"; type: ReducedType; value: Element | null }
  | { kind: "array"; type: ReducedType; shape: number[]; values: Element[] | null }
  | { kind: "histogram"; range: [number, number]; counts: number[]; below: number; above: number; nan: number }
  | { kind: "topk"; type: ReducedType; entries: TopEntry[] };

export interface Reduced {
  value: ReducedValue;
  /** How many units went into it. */
  units: number;
  /** Units that did not, in runs. */
  holes: UnitRun[];
}

/** Keeps account of the units and holes that a reducer saw. */
export interface Seen {
  units: number;
  holes: UnitRun[];
}

/** The bytes of each unit, in order; units and holes are counted in `seen`. */
export async function* finals(pieces: AsyncIterable<Piece>, seen: Seen): AsyncGenerator<{ unit: number; bytes: Uint8Array }> {
  for await (const piece of pieces) {
    if ("hole" in piece) seen.holes.push(piece.hole);
    else {
      seen.units++;
      yield piece;
    }
  }
}

/** Elements that are folded in one go, some milliseconds of work. */
const SLICE_ELEMENTS = 65_536;

/** The same in slices of whole elements, `from` the first of each: between those of one unit others have their turn. */
export async function* slices(
  output: OutputPlan,
  pieces: AsyncIterable<Piece>,
  seen: Seen,
): AsyncGenerator<{ unit: number; from: number; bytes: Uint8Array }> {
  const width = DTYPE_BYTES[output.dtype];
  for await (const { unit, bytes } of finals(pieces, seen)) {
    for (let at = 0; at < bytes.byteLength; at += SLICE_ELEMENTS * width) {
      if (at > 0) await turn();
      yield { unit, from: at / width, bytes: bytes.subarray(at, at + SLICE_ELEMENTS * width) };
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Elements of an array that is reduced unit by unit: it is held in memory, as 8 to 32 bytes an element. */
const MAX_ARRAY_ELEMENTS = 1 << 22;

/** Number of elements of one unit's output. Throws `bad-format` when an array of them would not fit in memory. */
export function arrayLength(output: OutputPlan, format: string): number {
  const length = output.shape.reduce((product, side) => product * side, 1);
  if (length > MAX_ARRAY_ELEMENTS) {
    const why = `reduced over units it has ${length} elements, at most ${MAX_ARRAY_ELEMENTS} are held in memory`;
    throw new IdlewaveError("bad-format", { format, why });
  }
  return length;
}
