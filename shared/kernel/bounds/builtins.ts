/** What WGSL's functions of bits make of integers that are not known. */
import { ALL_AXES, type Range } from "./range.ts";

/** The results of those that no argument changes the bounds of. */
const RESULTS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  countOneBits: [0, 32],
  countLeadingZeros: [0, 32],
  countTrailingZeros: [0, 32],
  dot4U8Packed: [0, 4 * 255 * 255],
  dot4I8Packed: [-4 * 127 * 128, 4 * 128 * 128],
};

/** Components of the vectors that these make. */
const PARTS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  unpack4xU8: [0, 255],
  unpack4xI8: [-128, 127],
};

export function resultOfBuiltin(name: string, [first, , count]: readonly (Range | undefined)[], isUnsigned: boolean): Range | undefined {
  const result = RESULTS[name];
  if (result) return { min: result[0], max: result[1], axes: ALL_AXES };
  if (name === "abs") return first && !isUnsigned ? absolute(first) : first;
  if (name === "sign") return { min: -1, max: 1, axes: ALL_AXES };
  if (name === "extractBits" && isUnsigned)
    return count && count.max < 32 ? { min: 0, max: 2 ** count.max - 1, axes: ALL_AXES } : undefined;
  return undefined;
}

export function partOfBuiltin(name: string): Range | undefined {
  const part = PARTS[name];
  return part && { min: part[0], max: part[1], axes: ALL_AXES };
}

/** The absolute value of the least i32 is itself. */
function absolute({ min, max, axes }: Range): Range | undefined {
  if (min <= -(2 ** 31)) return undefined;
  return { min: min > 0 ? min : max < 0 ? -max : 0, max: Math.max(max, -min), axes };
}
