/** What other languages call types. */

const NO_F64 = "WGSL has no floats of 64 bits: use f32, or pairs of u32 as u64 or i64 for fixed point.";
const NO_64 = "WGSL has no integers of 64 bits: use vec2<u32>, the low half first.";
const NO_SMALL = "WGSL has no integers of 8 or 16 bits: use u32, and shift the parts out of it.";

/** By the name in lower case, what to write. */
export const OTHER_TYPE_NAMES: Readonly<Record<string, string>> = {
  f64: NO_F64,
  double: NO_F64,
  float64: NO_F64,
  float: "WGSL's name is f32.",
  float32: "WGSL's name is f32.",
  float16: "WGSL's name is f16.",
  half: "WGSL's name is f16.",
  int: "WGSL's name is i32.",
  int32: "WGSL's name is i32.",
  uint: "WGSL's name is u32.",
  uint32: "WGSL's name is u32.",
};

const SCALARS = { float: "f", half: "h", int: "i", uint: "u", ivec: "i", uvec: "u" };
const SIDES = [2, 3, 4];
const VECTORS = Object.entries(SCALARS).flatMap(([name, letter]) =>
  SIDES.map((side) => [`${name}${side}`, `WGSL's name is vec${side}${letter}.`]),
);
const MATRICES = SIDES.flatMap((side) =>
  [`float${side}x${side}`, `mat${side}`].map((name) => [name, `WGSL's name is mat${side}x${side}f.`]),
);

/** The same in a kernel, where an output's types of 8, 16 and 64 bits are no types either. */
export const OTHER_KERNEL_TYPES: Readonly<Record<string, string>> = {
  ...OTHER_TYPE_NAMES,
  ...Object.fromEntries([...VECTORS, ...MATRICES]),
  ...Object.fromEntries(
    ["f64", "double", "float64"].map((name) => [name, "WGSL has no floats of 64 bits: use f32, or fixed point in vec2<u32>."]),
  ),
  ...Object.fromEntries(["u64", "i64", "uint64", "int64", "long", "ulong"].map((name) => [name, NO_64])),
  ...Object.fromEntries(["u8", "i8", "u16", "i16", "uint8", "int8", "uint16", "int16", "short", "byte"].map((name) => [name, NO_SMALL])),
};
