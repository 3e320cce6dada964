/** Builds what reducers read: a plan of one output, and units with or without results. */
import fc from "fast-check";
import { DTYPE_BYTES, type Dtype, type JobPlan, type OutputPlan, PLAN_VERSION, type Reduce } from "../../../shared/plan.ts";
import type { Element } from "../../../shared/reduce/elements.ts";
import type { SourceUnit } from "../../../shared/reduce/pieces.ts";
import { frame } from "../../../shared/result.ts";

export const DTYPES: readonly Dtype[] = ["u8", "u32", "i32", "f32", "f16", "u64", "i64"];

export function planOf(dtype: Dtype, shape: number[], reduce: Reduce, units: number): JobPlan {
  const byteLength = shape.reduce((product, side) => product * side, DTYPE_BYTES[dtype]);
  const output: OutputPlan = { name: "answer", buffer: 0, dtype, shape, byteLength, reduce };
  return {
    version: PLAN_VERSION,
    slicing: { whole: "It is a test." },
    kernel: "",
    units: { count: units },
    buffers: [],
    passes: [],
    outputs: [output],
    overrides: {},
    requires: { features: [], limits: {} },
    seed: "0",
  };
}

export function outputOf(plan: JobPlan): OutputPlan {
  return plan.outputs[0] as OutputPlan;
}

/** One unit's elements, or null for a hole. */
export type UnitElements = Element[] | null;

export async function* sourceOf(dtype: Dtype, units: readonly UnitElements[]): AsyncGenerator<SourceUnit> {
  for (const [unit, elements] of units.entries()) yield { unit, bytes: elements ? frame([bytesOf(dtype, elements)]) : null };
}

/** Elements as the GPU leaves them: little-endian. f16 takes numbers that are halves exactly. */
export function bytesOf(dtype: Dtype, elements: readonly Element[]): Uint8Array {
  const width = DTYPE_BYTES[dtype];
  const bytes = new Uint8Array(elements.length * width);
  const view = new DataView(bytes.buffer);
  elements.forEach((element, i) => {
    const at = i * width;
    if (dtype === "u8") view.setUint8(at, Number(element));
    else if (dtype === "u32") view.setUint32(at, Number(element), true);
    else if (dtype === "i32") view.setInt32(at, Number(element), true);
    else if (dtype === "f32") view.setFloat32(at, Number(element), true);
    else if (dtype === "f16") view.setUint16(at, halfBits(Number(element)), true);
    else if (dtype === "u64") view.setBigUint64(at, BigInt(element), true);
    else view.setBigInt64(at, BigInt(element), true);
  });
  return bytes;
}

/** Bits of a small integer, a NaN or an infinity as binary16. */
function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === 0) return sign;
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | ((size / 2 ** exponent - 1) * 1024);
}

const ELEMENT: Record<Dtype, fc.Arbitrary<Element>> = {
  u8: fc.integer({ min: 0, max: 255 }),
  u32: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 0xffffffff })),
  i32: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  f32: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.float({ noNaN: true, noDefaultInfinity: true })),
  f16: fc.integer({ min: -2048, max: 2048 }),
  u64: fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
  i64: fc.oneof(fc.bigInt({ min: -9n, max: 9n }), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })),
};

export interface Case {
  dtype: Dtype;
  shape: number[];
  units: UnitElements[];
}

/** Jobs of 1 to 12 units of up to 12 elements, some of them holes. */
export function cases(dtypes: readonly Dtype[] = DTYPES): fc.Arbitrary<Case> {
  const shape = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 });
  return fc.tuple(fc.constantFrom(...dtypes), shape).chain(([dtype, sides]) => {
    const length = sides.reduce((product, side) => product * side, 1);
    const unit = fc.option(fc.array(ELEMENT[dtype], { minLength: length, maxLength: length }), { nil: null, freq: 4 });
    return fc.array(unit, { minLength: 1, maxLength: 12 }).map((units) => ({ dtype, shape: sides, units }));
  });
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}
