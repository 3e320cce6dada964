/** A reduction's value as little-endian bytes, with the NumPy type that reads them. */
import type { Dtype } from "../plan.ts";
import type { Element } from "../reduce/elements.ts";
import type { ReducedType, ReducedValue, TopEntry } from "../reduce/reduced.ts";
import { badFormat } from "./results.ts";

type BinaryType = Dtype | "f64";

/** NumPy's name of a type, as in a `.npy` header. */
export const NUMPY_TYPE: Record<BinaryType, string> = {
  u8: "|u1",
  f16: "<f2",
  u32: "<u4",
  i32: "<i4",
  f32: "<f4",
  u64: "<u8",
  i64: "<i8",
  f64: "<f8",
};

interface Binary {
  /** The `descr` of a `.npy` header, a Python literal. */
  descr: string;
  shape: number[];
  bytes: Uint8Array;
}

/** Throws `bad-format` when there is no value, or an exact integer needs more than 64 bits. */
export function binaryOf(value: ReducedValue, format: string): Binary {
  switch (value.kind) {
    case "number": {
      if (value.value === null) throw badFormat(format, "there is no unit yet");
      return packed([value.value], value.type, [], format);
    }
    case "array": {
      if (value.values === null) throw badFormat(format, "there is no unit yet");
      return packed(value.values, value.type, value.shape, format);
    }
    case "histogram":
      return packed(value.counts.map(BigInt), "u64", [value.counts.length], format);
    case "topk":
      return records(value.entries, value.type, format);
    default:
      return value satisfies never;
  }
}

function packed(values: readonly Element[], type: ReducedType, shape: number[], format: string): Binary {
  const fits = widthOf(values, type, format);
  const bytes = new Uint8Array(values.length * BYTES[fits]);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    write(view, i * BYTES[fits], fits, value);
  });
  return { descr: `'${NUMPY_TYPE[fits]}'`, shape, bytes };
}

/** Records of value, unit (u64) and index (u64). */
function records(entries: readonly TopEntry[], type: ReducedType, format: string): Binary {
  const values = entries.map((entry) => entry.value);
  const fits = widthOf(values, type, format);
  const size = BYTES[fits] + 16;
  const bytes = new Uint8Array(entries.length * size);
  const view = new DataView(bytes.buffer);
  entries.forEach((entry, i) => {
    write(view, i * size, fits, entry.value);
    view.setBigUint64(i * size + BYTES[fits], BigInt(entry.unit), true);
    view.setBigUint64(i * size + BYTES[fits] + 8, BigInt(entry.index), true);
  });
  return { descr: `[('value', '${NUMPY_TYPE[fits]}'), ('unit', '<u8'), ('index', '<u8')]`, shape: [entries.length], bytes };
}

const BYTES: Record<BinaryType, number> = { u8: 1, f16: 2, u32: 4, i32: 4, f32: 4, u64: 8, i64: 8, f64: 8 };

/** Exact integers are unsigned where they can be; f16 values are written widened, as f32 holds each of them. */
function widthOf(values: readonly Element[], type: ReducedType, format: string): BinaryType {
  if (type === "f16") return "f32";
  if (type !== "integer") return type;
  let least = 0n;
  let most = 0n;
  for (const value of values as readonly bigint[]) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least >= 0n && most < 1n << 64n) return "u64";
  if (least >= -(1n << 63n) && most < 1n << 63n) return "i64";
  throw badFormat(format, "the exact integer needs more than 64 bits; json holds it");
}

function write(view: DataView, at: number, stored: BinaryType, value: Element): void {
  switch (stored) {
    case "u8":
      view.setUint8(at, Number(value));
      return;
    case "u32":
      view.setUint32(at, Number(value), true);
      return;
    case "i32":
      view.setInt32(at, Number(value), true);
      return;
    case "f32":
      view.setFloat32(at, Number(value), true);
      return;
    case "f64":
      view.setFloat64(at, Number(value), true);
      return;
    case "u64":
      view.setBigUint64(at, BigInt(value), true);
      return;
    case "i64":
      view.setBigInt64(at, BigInt(value), true);
      return;
    case "f16":
      throw new RangeError("f16 is widened before it is written");
    default:
      stored satisfies never;
  }
}
