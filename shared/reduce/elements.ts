/** Result bytes read as numbers: little-endian, whatever the machine. */
import type { Dtype } from "../plan.ts";

export type Element = number | bigint;

export interface Elements {
  readonly length: number;
  at(index: number): Element;
}

/** True when elements of this type are exact integers and sums of them are exact too. */
export function isInteger(dtype: Dtype): boolean {
  return dtype !== "f32" && dtype !== "f16";
}

/** The elements of `bytes`. 64-bit ones are BigInt, f16 are widened. Throws `RangeError` on a torn last element. */
export function elementsOf(dtype: Dtype, bytes: Uint8Array): Elements {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = (width: number, at: (offset: number) => Element): Elements => {
    if (bytes.byteLength % width !== 0) throw new RangeError(`${bytes.byteLength} bytes are no whole number of ${dtype}`);
    return { length: bytes.byteLength / width, at: (index) => at(index * width) };
  };
  switch (dtype) {
    case "u8":
      return reader(1, (offset) => view.getUint8(offset));
    case "u32":
      return reader(4, (offset) => view.getUint32(offset, true));
    case "i32":
      return reader(4, (offset) => view.getInt32(offset, true));
    case "f32":
      return reader(4, (offset) => view.getFloat32(offset, true));
    case "f16":
      return reader(2, (offset) => widenHalf(view.getUint16(offset, true)));
    case "u64":
      return reader(8, (offset) => view.getBigUint64(offset, true));
    case "i64":
      return reader(8, (offset) => view.getBigInt64(offset, true));
    default:
      return dtype satisfies never;
  }
}

/** IEEE 754 binary16 to a number, exactly. */
function widenHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
