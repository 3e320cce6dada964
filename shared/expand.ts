/**
 * Expansion of a unit into buffer bytes: the one function both sides run, so that admission judges exactly what a volunteer
 * will write. Integers are exact (BigInt), everything else is f64; what does not fit its field is an `ExpandError`, never a
 * wrapped number.
 */
import type { FieldWrite, JobPlan, RowTable, Source, SourceRef, UnitSpace } from "./plan.ts";

/** `overflow`: the value does not fit; `not-integer`: a fraction for an integer field; `missing`: the source is not there. */
export class ExpandError extends Error {
  override readonly name = "ExpandError";
  readonly code: "overflow" | "not-integer" | "missing";
  constructor(code: ExpandError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** All that a `Source` may refer to, for one unit and, in a pass, one iteration. */
export interface Scope {
  units: UnitSpace;
  /** 64 bits unsigned. */
  seed: bigint;
  index: number;
  rows?: RowTable;
  /** The unit's row, `rows.rowBytes` long. */
  row?: Uint8Array;
  pass?: { index: number; iteration: number /** The pass table's line of this iteration. */; line?: readonly string[] };
}

/** The scope of one unit outside of any pass. */
export function unitScope(plan: Pick<JobPlan, "units" | "seed" | "rows">, index: number, row?: Uint8Array): Scope {
  return { units: plan.units, seed: BigInt(plan.seed), index, rows: plan.rows, row };
}

/** The same unit before iteration `iteration` of pass `pass`. */
export function passScope(scope: Scope, plan: Pick<JobPlan, "passes">, pass: number, iteration: number): Scope {
  return { ...scope, pass: { index: pass, iteration, line: plan.passes[pass]?.table?.lines[iteration] } };
}

/** Bytes that a write covers from its offset on. */
export function fieldBytes(write: Pick<FieldWrite, "as" | "words">): number {
  if (write.as === "f16") return 2;
  return write.as === "limbs" ? 4 * (write.words ?? 1) : 4;
}

/** Writes one field into `view`, whose byte 0 is the buffer's byte `origin`. Throws `ExpandError`. */
export function writeField(view: DataView, write: FieldWrite, scope: Scope, origin = 0): void {
  const at = write.offset - origin;
  const value = evaluate(write.value, scope);
  switch (write.as) {
    case "u32":
      view.setUint32(at, Number(integer(value, 0n, 0xffff_ffffn, "u32")), true);
      return;
    case "i32":
      view.setInt32(at, Number(integer(value, -0x8000_0000n, 0x7fff_ffffn, "i32")), true);
      return;
    case "f32":
      view.setFloat32(at, finite(Number(value), Math.fround(Number(value)), "f32"), true);
      return;
    case "f16":
      view.setUint16(at, float16Bits(Number(value)), true);
      return;
    case "limbs": {
      const words = write.words ?? 1;
      const bits = BigInt(32 * words);
      const whole = integer(value, -(1n << (bits - 1n)), (1n << bits) - 1n, `${words} words`);
      for (let i = 0; i < words; i++) view.setUint32(at + 4 * i, Number((whole >> BigInt(32 * i)) & 0xffff_ffffn), true);
      return;
    }
    default:
      write.as satisfies never;
  }
}

/** `scale * of + offset`: a BigInt when all three are integers, else a number in f64. Throws `ExpandError`. */
export function evaluate(source: Source, scope: Scope): bigint | number {
  const offset = decimal(source.offset);
  if (!source.of) return offset;
  const scale = decimal(source.scale);
  const of = refer(source.of, scope);
  if (typeof of === "bigint" && typeof scale === "bigint" && typeof offset === "bigint") return scale * of + offset;
  return Number(scale) * Number(of) + Number(offset);
}

function refer(ref: SourceRef, scope: Scope): bigint | number {
  switch (ref.kind) {
    case "unit":
      return unitValue(ref.field, scope);
    case "row": {
      const column = scope.rows?.columns[ref.column];
      if (!column || !scope.row || scope.row.byteLength < 8 * (ref.column + 1)) {
        throw new ExpandError("missing", `Unit ${scope.index} has no column ${ref.column} of its row.`);
      }
      const view = new DataView(scope.row.buffer, scope.row.byteOffset + 8 * ref.column, 8);
      if (column.type === "f64") return view.getFloat64(0, true);
      return column.type === "i64" ? view.getBigInt64(0, true) : view.getBigUint64(0, true);
    }
    case "pass":
      if (!scope.pass) throw new ExpandError("missing", `$pass.${ref.field} has no value outside of a pass.`);
      return BigInt(ref.field === "index" ? scope.pass.index : scope.pass.iteration);
    case "pass-row": {
      const text = scope.pass?.line?.[ref.column];
      if (text === undefined) throw new ExpandError("missing", `The pass's table has no column ${ref.column} in this iteration.`);
      return decimal(text);
    }
    default:
      return ref satisfies never;
  }
}

function unitValue(field: "index" | "x" | "y" | "z" | "count" | "seed", scope: Scope): bigint {
  if (field === "index") return BigInt(scope.index);
  if (field === "count") return BigInt(scope.units.count);
  if (field === "seed") return unitSeed(scope.seed, scope.index);
  const [gx, gy] = scope.units.grid ?? [scope.units.count, 1];
  if (field === "x") return BigInt(scope.index % gx);
  const row = Math.floor(scope.index / gx);
  return BigInt(field === "y" ? row % gy : Math.floor(row / gy));
}

const U64 = 0xffff_ffff_ffff_ffffn;

/**
 * `$unit.seed`: the first output of SplitMix64 (Steele, Lea and Flood 2014) whose state is `seed + index` mod 2^64; a
 * function of both alone, so units can be computed in any order. Vector: seed 1234567, index 0 → 6457827717110365317.
 */
export function unitSeed(seed: bigint, index: number): bigint {
  let z = (seed + BigInt(index) + 0x9e37_79b9_7f4a_7c15n) & U64;
  z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & U64;
  z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & U64;
  return z ^ (z >> 31n);
}

/** Plain digits are an exact integer, everything else is f64. */
function decimal(text: string): bigint | number {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.startsWith("+") ? text.slice(1) : text);
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new ExpandError("missing", `"${text.slice(0, 40)}" is no number.`);
  return value;
}

function integer(value: bigint | number, from: bigint, to: bigint, what: string): bigint {
  if (typeof value === "number" && !Number.isInteger(value)) {
    throw new ExpandError(Number.isFinite(value) ? "not-integer" : "overflow", `${value} is no integer, ${what} holds integers.`);
  }
  const whole = BigInt(value);
  if (whole < from || whole > to) throw new ExpandError("overflow", `${whole} does not fit ${what}: ${from} to ${to}.`);
  return whole;
}

function finite(value: number, rounded: number, what: string): number {
  if (Number.isFinite(value) && !Number.isFinite(rounded)) throw new ExpandError("overflow", `${value} does not fit ${what}.`);
  return rounded;
}

/** IEEE 754 binary16 of `value`, rounded once, to nearest even. Throws `ExpandError` where a finite value would be infinite. */
export function float16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  // 65,520 lies halfway between the largest f16 and the next power of two, and goes up.
  if (size >= 65520) throw new ExpandError("overflow", `${value} does not fit f16.`);
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  // log2 may be one off beside a power of two; the carry of the addition below mends it upwards, this line downwards.
  const floor = exponent > -14 && 2 ** exponent > size ? exponent - 1 : exponent;
  const steps = roundEven(size / 2 ** (floor - 10));
  return sign | (size < 2 ** -14 ? steps : ((floor + 14) << 10) + steps);
}

function roundEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
