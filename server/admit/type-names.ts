/** What other languages call the types of an output. */

const NO_F64 = "WGSL has no floats of 64 bits: use f32, or pairs of u32 as u64 or i64 for fixed point.";
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
