/** An output: how its bytes are read and what becomes of them. */
import Type, { type Static } from "typebox";
import { Compare } from "./compare.ts";
import { Dtype } from "./dtype.ts";
import { IDENTIFIER } from "./file.ts";

const Over = Type.Optional(
  Type.Union([Type.Literal("all"), Type.Literal("units")], {
    description: "all: one number over units and elements (default). units: element by element, an array of `shape`.",
  }),
);
const ReduceSchema = Type.Union(
  [
    Type.Object({ kind: Type.Literal("concat") }, { additionalProperties: false }),
    Type.Object(
      { kind: Type.Literal("sum"), over: Over },
      {
        additionalProperties: false,
        description:
          "Integers are summed exactly: raw and npy hold the sum as u64, or as i64 when it is below zero, whatever the dtype. Floats are summed as f64.",
      },
    ),
    Type.Object({ kind: Type.Literal("min"), over: Over }, { additionalProperties: false }),
    Type.Object({ kind: Type.Literal("max"), over: Over }, { additionalProperties: false }),
    Type.Object(
      { kind: Type.Literal("count"), over: Over },
      { additionalProperties: false, description: "Counts elements that are not zero; u64 in raw and npy." },
    ),
    Type.Object(
      {
        kind: Type.Literal("histogram"),
        bins: Type.Integer({ minimum: 1, maximum: 65536 }),
        range: Type.Tuple([Type.Number(), Type.Number()], { description: "From and to.", examples: [[0, 100]] }),
      },
      {
        additionalProperties: false,
        examples: [{ kind: "histogram", bins: 64, range: [0, 100] }],
        description: "Counts elements in `bins` equal bins over [from, to); the last bin includes `to`. Elements outside are listed apart.",
      },
    ),
    Type.Object(
      {
        kind: Type.Literal("topk"),
        k: Type.Integer({ minimum: 1, maximum: 65536 }),
        order: Type.Optional(Type.Union([Type.Literal("largest"), Type.Literal("smallest")])),
      },
      {
        additionalProperties: false,
        examples: [{ kind: "topk", k: 10 }],
        description: "The k largest (default) or smallest elements with their unit and index; ties by lower unit, then index.",
      },
    ),
    Type.Object(
      {
        kind: Type.Literal("image"),
        columns: Type.Integer({ minimum: 1, maximum: 65536, description: "Tiles in one row of the picture." }),
        range: Type.Tuple([Type.Number(), Type.Number()], {
          description: "Values drawn as the first and the last colour.",
          examples: [[0, 600]],
        }),
        scale: Type.Optional(
          Type.Union([Type.Literal("linear"), Type.Literal("log"), Type.Literal("sqrt")], {
            description: "How the ramp is spread over the range, default linear.",
          }),
        ),
      },
      {
        additionalProperties: false,
        examples: [{ kind: "image", columns: 19, range: [0, 600] }],
        description:
          "Each unit is a tile of shape [height, width]; tiles are laid out row by row. raw, npy, csv and json have the pixels in the picture's order, not unit by unit.",
      },
    ),
  ],
  {
    description: "What becomes of the units' outputs, in index order; default concat.",
    examples: [{ kind: "sum" }, { kind: "image", columns: 19, range: [0, 600], scale: "log" }],
  },
);

export const Output = Type.Object(
  {
    binding: Type.String({
      pattern: IDENTIFIER,
      description: "A storage variable that the kernel writes. Each can be an output once.",
      examples: ["counts"],
    }),
    dtype: Dtype,
    shape: Type.Array(Type.Integer({ minimum: 1, maximum: 2 ** 30 }), {
      minItems: 1,
      maxItems: 4,
      description: "Shape of one unit's output; padding of vec3 and structs is part of it and counts as zero.",
      examples: [[32, 32]],
    }),
    reduce: Type.Optional(ReduceSchema),
    compare: Type.Optional(
      Type.Union(Compare.anyOf, {
        description: "How this output is compared, before what verify.compare says for all of them.",
        examples: [{ rtol: 0.00001 }],
      }),
    ),
  },
  { additionalProperties: false },
);

export type ManifestOutput = Static<typeof Output>;
