/** What a binding holds: where its bytes come from and what is written into it. */
import Type, { type Static } from "typebox";
import { fileSchema } from "./file.ts";

const Affine = Type.Object(
  {
    of: Type.String({
      pattern: "^\\$(unit|row|pass)\\.[A-Za-z_][A-Za-z0-9_]*$",
      description: "What is scaled.",
      examples: ["$unit.index"],
    }),
    scale: Type.Optional(
      Type.Union([Type.Number(), Type.String()], { description: "Factor, default 1. A decimal string for more than 53 bits." }),
    ),
    offset: Type.Optional(
      Type.Union([Type.Number(), Type.String()], { description: "Summand, default 0. A decimal string for more than 53 bits." }),
    ),
  },
  { additionalProperties: false, description: "scale * of + offset, exact for integers." },
);

/** A value of a field: scalar, list (vector, matrix by columns, array) or struct by member. */
type Value = number | string | Static<typeof Affine> | Value[] | { [member: string]: Value };
const ValueSchema = Type.Unsafe<Value>({
  description:
    'A number, or the same number as a decimal string, which is needed beyond 53 bits: for 64-bit integers (vec2<u32> or arrays of u32, least significant word first); "$unit.index|x|y|z|count|seed", "$row.column", "$pass.index|iteration|column"; an affine map {of, scale, offset}; a list for vectors, matrices (column after column) and arrays; an object for a struct\'s members.',
  examples: [1024, "$unit.index", { of: "$unit.x", scale: 32 }, ["$row.x", "$row.y"], { width: 64, height: 64 }],
});

export const SetMap = Type.Record(Type.String(), ValueSchema, {
  description:
    'What is written, by path inside the binding: a member ("width"), an index ("[3]"), a chain ("cells[2].position.x"), or "" for the whole of a bare scalar, vector, matrix or array.',
  examples: [{ width: 64, first: "$unit.index" }],
});

const Split = Type.Object(
  {
    recordBytes: Type.Integer({ minimum: 1, maximum: 4 * 1024 * 1024, description: "Bytes of one record.", examples: [16] }),
    recordsPerUnit: Type.Integer({
      minimum: 1,
      maximum: 16 * 1024 * 1024,
      description:
        'Records one unit gets; the last unit may get fewer and sees zeros. {"of": "$unit.index", "scale": -1024, "offset": 100000}, of 1024 records a unit and 100000 in all, tells a kernel how many there are from its unit\'s first on; the unit has the least of that and 1024.',
      examples: [1024],
    }),
  },
  { additionalProperties: false },
);

const InputFile = fileSchema("An input file of the package", "points.bin");

const Init = Type.Union(
  [
    Type.Literal("zero"),
    Type.Object(
      { constant: Type.Number({ description: "Every element has this value (element type of the binding)." }) },
      { additionalProperties: false },
    ),
    Type.Object({ file: InputFile, split: Type.Optional(Split) }, { additionalProperties: false }),
  ],
  {
    description: "Contents before `set` is written and before every unit; default zero.",
    examples: ["zero", { constant: 1 }, { file: "points.bin" }, { file: "points.bin", split: { recordBytes: 16, recordsPerUnit: 1024 } }],
  },
);

export const Binding = Type.Object(
  {
    init: Type.Optional(Init),
    set: Type.Optional(SetMap),
    elements: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2 ** 30,
        description: "Length of the runtime-sized array at the binding's end. Not needed when an output's shape or a file gives it.",
        examples: [4096],
      }),
    ),
    scratch: Type.Optional(Type.Boolean({ description: "Written by the kernel, never compared." })),
  },
  { additionalProperties: false },
);

export type ManifestBinding = Static<typeof Binding>;
