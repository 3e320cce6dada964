/** The types of elements that outputs may have. */
import Type from "typebox";

export const Dtype = Type.Union(
  [
    Type.Literal("u8"),
    Type.Literal("u32"),
    Type.Literal("i32"),
    Type.Literal("f32"),
    Type.Literal("f16"),
    Type.Literal("u64"),
    Type.Literal("i64"),
  ],
  {
    description:
      "How the output's bytes are read. u64 and i64 are pairs of u32, least significant first; u8 is raw bytes, for records of mixed types.",
    examples: ["u32"],
  },
);
