/** `job.json`: one TypeBox definition gives the types, the validation and the published JSON Schema. */
import Type, { type Static } from "typebox";
import { GFLOP_PER_CREDIT, MAX_GFLOP_PER_UNIT } from "./credit.ts";
import { PLAIN_LINES_PATTERN, PLAIN_PATTERN } from "./plain.ts";

export const MAX_KERNEL_BYTES = 256 * 1024;
export const MAX_MANIFEST_BYTES = 256 * 1024;
export const MAX_UNITS = Number.MAX_SAFE_INTEGER;

const IDENTIFIER = "^([A-Za-z_][A-Za-z0-9_]*)$";
/** The path of a file in a package, relative to job.json. */
export const PATH_PATTERN = "^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$";
export const MAX_PATH_CHARACTERS = 200;

const File = Type.String({
  pattern: PATH_PATTERN,
  maxLength: MAX_PATH_CHARACTERS,
  description: "A file of the package, its path relative to job.json.",
  examples: ["points.bin"],
});

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

const SetMap = Type.Record(Type.String(), ValueSchema, {
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
      description: "Records one unit gets; the last unit may get fewer and sees zeros.",
      examples: [1024],
    }),
  },
  { additionalProperties: false },
);

const Init = Type.Union(
  [
    Type.Literal("zero"),
    Type.Object(
      { constant: Type.Number({ description: "Every element has this value (element type of the binding)." }) },
      { additionalProperties: false },
    ),
    Type.Object({ file: File, split: Type.Optional(Split) }, { additionalProperties: false }),
  ],
  {
    description: "Contents before `set` is written and before every unit; default zero.",
    examples: ["zero", { constant: 1 }, { file: "points.bin" }, { file: "points.bin", split: { recordBytes: 16, recordsPerUnit: 1024 } }],
  },
);

const Binding = Type.Object(
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

const WorkgroupCount = Type.Integer({ minimum: 1, maximum: 65535 });
const Pass = Type.Object(
  {
    entryPoint: Type.Optional(
      Type.String({
        pattern: IDENTIFIER,
        description: "A @compute function. May be left out when the kernel has one.",
        examples: ["main"],
      }),
    ),
    workgroups: Type.Array(WorkgroupCount, {
      minItems: 1,
      maxItems: 3,
      description: "Workgroups in x, y and z; what is left out is 1.",
      examples: [[64], [8, 8, 1]],
    }),
    repeat: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: "Iterations of this pass, default 1." })),
    set: Type.Optional(
      Type.Record(Type.String(), SetMap, {
        description: "What this pass writes before each iteration, by binding, then by path.",
        examples: [{ params: { stage: "$pass.iteration" } }],
      }),
    ),
    swap: Type.Optional(
      Type.Array(Type.Tuple([Type.String({ pattern: IDENTIFIER }), Type.String({ pattern: IDENTIFIER })]), {
        maxItems: 8,
        description: "Pairs of storage bindings whose contents trade places between iterations.",
        examples: [[["source", "target"]]],
      }),
    ),
    table: Type.Optional(File),
  },
  { additionalProperties: false },
);

const Dtype = Type.Union(
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

const Over = Type.Optional(
  Type.Union([Type.Literal("all"), Type.Literal("units")], {
    description: "all: one number over units and elements (default). units: element by element, an array of `shape`.",
  }),
);
const ReduceSchema = Type.Union(
  [
    Type.Object({ kind: Type.Literal("concat") }, { additionalProperties: false }),
    Type.Object({ kind: Type.Literal("sum"), over: Over }, { additionalProperties: false }),
    Type.Object({ kind: Type.Literal("min"), over: Over }, { additionalProperties: false }),
    Type.Object({ kind: Type.Literal("max"), over: Over }, { additionalProperties: false }),
    Type.Object(
      { kind: Type.Literal("count"), over: Over },
      { additionalProperties: false, description: "Counts elements that are not zero." },
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
        description: "Each unit is a tile of shape [height, width]; tiles are laid out row by row.",
      },
    ),
  ],
  {
    description: "What becomes of the units' outputs, in index order; default concat.",
    examples: [{ kind: "sum" }, { kind: "image", columns: 19, range: [0, 600], scale: "log" }],
  },
);

const Output = Type.Object(
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
  },
  { additionalProperties: false },
);

export const ManifestSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    name: Type.String({
      pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
      maxLength: 64,
      description: "Short name in lower case.",
      examples: ["deep-mandelbrot"],
    }),
    title: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 80,
        pattern: PLAIN_PATTERN,
        description: "What volunteers read; default the name.",
        examples: ["Deep Mandelbrot"],
      }),
    ),
    for: Type.Optional(
      Type.String({
        maxLength: 120,
        pattern: PLAIN_PATTERN,
        description: "For whom or what this is computed.",
        examples: ["An open atlas of the Mandelbrot set"],
      }),
    ),
    description: Type.Optional(
      Type.String({
        maxLength: 2000,
        pattern: PLAIN_LINES_PATTERN,
        description: "What is computed and why, for volunteers who want to know.",
      }),
    ),
    noun: Type.Optional(
      Type.Union([Type.Literal("picture"), Type.Literal("count"), Type.Literal("sum"), Type.Literal("table")], {
        description: "What volunteers make; default by the first output's reduce.",
      }),
    ),
    answer: Type.Optional(
      Type.String({
        maxLength: 80,
        pattern: PLAIN_PATTERN,
        description: "Words before the running answer of a job that is no picture.",
        examples: ["Primes below 10^9"],
      }),
    ),
    kernel: Type.Array(File, {
      minItems: 1,
      maxItems: 64,
      description: "WGSL or WESL files; the first is the root, the others are imported by it.",
      examples: [["kernel.wgsl"]],
    }),
    units: Type.Union(
      [
        Type.Object(
          { count: Type.Integer({ minimum: 1, maximum: MAX_UNITS }) },
          { additionalProperties: false, description: "This many units." },
        ),
        Type.Object(
          { grid: Type.Tuple([Type.Integer({ minimum: 1 }), Type.Integer({ minimum: 1 }), Type.Integer({ minimum: 1 })]) },
          { additionalProperties: false, description: "One unit a cell; index = x + y * gx + z * gx * gy." },
        ),
        Type.Object({ rows: File }, { additionalProperties: false, description: "One unit a row of this CSV file with a header line." }),
        Type.Object(
          { split: Type.String({ pattern: IDENTIFIER }) },
          { additionalProperties: false, description: "One unit a piece of the file that this binding is split from." },
        ),
      ],
      { description: "The unit space.", examples: [{ count: 1000 }, { grid: [19, 20, 1] }, { rows: "params.csv" }, { split: "points" }] },
    ),
    seed: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0 }), Type.String({ pattern: "^[0-9]{1,20}$" })], {
        description: "Start of $unit.seed, 64 bits; default 0.",
      }),
    ),
    bindings: Type.Optional(
      Type.Record(Type.String({ pattern: IDENTIFIER }), Binding, {
        additionalProperties: false,
        description: "By the WGSL variable's name. Group, binding, type and layout come from the kernel itself.",
      }),
    ),
    passes: Type.Array(Pass, { minItems: 1, maxItems: 64, description: "Dispatches, in order." }),
    overrides: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.Number(), Type.Boolean()]), { description: "Pipeline constants, by name or @id." }),
    ),
    requires: Type.Optional(
      Type.Object(
        {
          features: Type.Optional(Type.Array(Type.Union([Type.Literal("shader-f16"), Type.Literal("subgroups")]), { maxItems: 8 })),
          limits: Type.Optional(Type.Record(Type.String(), Type.Integer({ minimum: 0 }))),
        },
        {
          additionalProperties: false,
          description: "WebGPU features and limits beyond the defaults; only hosts that have them get this job.",
          examples: [{ features: ["shader-f16"], limits: { maxStorageBufferBindingSize: 268435456 } }],
        },
      ),
    ),
    output: Type.Array(Output, { minItems: 1, maxItems: 8, description: "What is compared, kept and delivered." }),
    verify: Type.Optional(
      Type.Object(
        {
          tier: Type.Optional(Type.Literal("quorum")),
          quorum: Type.Optional(
            Type.Integer({ minimum: 2, maximum: 5, description: "Matching replicas from distinct volunteers, default 2." }),
          ),
          compare: Type.Optional(Type.Literal("exact", { description: "Byte for byte. Floats that differ between GPUs do not pass." })),
        },
        { additionalProperties: false },
      ),
    ),
    gflopPerUnit: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: MAX_GFLOP_PER_UNIT,
        description: `Operations of one unit in GFLOP, at most ${MAX_GFLOP_PER_UNIT}, provisional until measured; ${GFLOP_PER_CREDIT} are one credit. Default 1.`,
      }),
    ),
    priority: Type.Optional(Type.Integer({ minimum: -10, maximum: 10, description: "Higher goes first, default 0." })),
  },
  {
    additionalProperties: false,
    title: "Idlewave job",
    description: "A kernel package: which units there are, what each binding holds, what is dispatched and what comes out.",
  },
);

export type Manifest = Static<typeof ManifestSchema>;
export type ManifestBinding = Static<typeof Binding>;
export type ManifestPass = Static<typeof Pass>;
export type ManifestOutput = Static<typeof Output>;

/** The published schema, `GET /schemas/job.json`. */
export const MANIFEST_JSON_SCHEMA: object = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  ...(published(ManifestSchema) as object),
};

/** TypeBox writes tuples as drafts before 2020-12 do: a list of `items` and `additionalItems`. */
function published(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(published);
  if (schema === null || typeof schema !== "object") return schema;
  const { items, additionalItems, ...rest } = schema as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) copy[key] = key === "examples" ? value : published(value);
  if (Array.isArray(items)) return { ...copy, prefixItems: published(items), items: false };
  return {
    ...copy,
    ...(items === undefined ? {} : { items: published(items) }),
    ...(additionalItems === undefined ? {} : { additionalItems }),
  };
}
