/** How results of different volunteers are compared. */
import Type, { type Static } from "typebox";
import { Dtype } from "./dtype.ts";

export const Compare = Type.Union(
  [
    Type.Literal("exact", { description: "Byte for byte. Floats that differ between GPUs do not pass." }),
    Type.Object(
      {
        atol: Type.Optional(Type.Number({ minimum: 0, description: "How far two elements may be apart: atol + rtol * max(|a|, |b|)." })),
        rtol: Type.Optional(
          Type.Number({ minimum: 0, maximum: 0.5, description: "The same, as a share of the larger of both.", examples: [0.00001] }),
        ),
        ulps: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 2 ** 20,
            description: "Instead: so many representable numbers apart, for short chains of operations.",
            examples: [4],
          }),
        ),
        outliers: Type.Optional(
          Type.Number({
            minimum: 0,
            maximum: 0.1,
            description: "Share of an output's elements that may be further apart, rounded down to whole ones; default 0.",
          }),
        ),
        nonFinite: Type.Optional(
          Type.Union([Type.Literal("refuse"), Type.Literal("allow")], {
            description: "Results with NaN or infinities are refused (default), or NaN is like NaN and an infinity like itself.",
          }),
        ),
        dtype: Type.Optional(
          Type.Union(Dtype.anyOf, {
            description:
              "How the output's bytes are read to be compared, default its own dtype: f16 for halves that are packed in u32, u8 for packed colours.",
            examples: ["f16"],
          }),
        ),
      },
      {
        additionalProperties: false,
        description:
          "Within a tolerance, for floats that GPUs round, fuse or flush differently. It is room to cheat in: let it be no wider than the kernel needs. Numbers as small as the smallest normal one (f32 1.2e-38, f16 6.1e-5) count as zero.",
      },
    ),
  ],
  { examples: [{ rtol: 0.00001 }, { atol: 0.001, rtol: 0.00001, outliers: 0.001 }, { ulps: 4 }] },
);
export type Compare = Static<typeof Compare>;
