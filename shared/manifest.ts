/** `job.json`: one TypeBox definition gives the types, the validation and the published JSON Schema. */
import Type, { type Static } from "typebox";
import { GFLOP_PER_CREDIT, MAX_GFLOP_PER_UNIT } from "./credit.ts";
import { LANGUAGE_FEATURES } from "./language-features.ts";
import { Binding } from "./manifest/binding.ts";
import { Checker } from "./manifest/checker.ts";
import { Compare } from "./manifest/compare.ts";
import { fileSchema, IDENTIFIER, NAME_PATTERN } from "./manifest/file.ts";
import { Output } from "./manifest/output.ts";
import { Pass } from "./manifest/pass.ts";
import { PLAIN_LINES_PATTERN, PLAIN_NAME_PATTERN } from "./plain.ts";

export const MAX_KERNEL_BYTES = 256 * 1024;
export const MAX_MANIFEST_BYTES = 256 * 1024;
export const MAX_UNITS = Number.MAX_SAFE_INTEGER;

export const MaxGpuHours = Type.Number({
  exclusiveMinimum: 0,
  maximum: 1_000_000_000,
  description:
    "GPU time that the job may take in all, hours, of every answer and of the auditor's checks: beyond it the job pauses, and before, where an auditor's quote is above it. Default any.",
});

export const ManifestSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    name: Type.String({
      pattern: NAME_PATTERN,
      maxLength: 64,
      description: "Short name in lower case.",
      examples: ["deep-mandelbrot"],
    }),
    title: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 80,
        pattern: PLAIN_NAME_PATTERN,
        description: "What volunteers read; default the name.",
        examples: ["Deep Mandelbrot"],
      }),
    ),
    for: Type.Optional(
      Type.String({
        maxLength: 120,
        pattern: PLAIN_NAME_PATTERN,
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
        pattern: PLAIN_NAME_PATTERN,
        description: "Words before the running answer of a job that is no picture.",
        examples: ["Primes below 10^9"],
      }),
    ),
    kernel: Type.Array(fileSchema("A kernel file of the package", "kernel.wgsl"), {
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
        Type.Object(
          { rows: fileSchema("A CSV file of the package with a header line and a line a unit, for $row.column", "params.csv") },
          { additionalProperties: false, description: "One unit a row of this CSV file with a header line." },
        ),
        Type.Object(
          { split: Type.String({ pattern: IDENTIFIER }) },
          { additionalProperties: false, description: "One unit a piece of the file that this binding is split from." },
        ),
      ],
      { description: "The unit space.", examples: [{ count: 1000 }, { grid: [19, 20, 1] }, { rows: "params.csv" }, { split: "points" }] },
    ),
    seed: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0 }), Type.String({ pattern: "^[0-9]{1,20}$" })], {
        description:
          "Where $unit.seed starts, 64 bits; default 0. A unit's is the first output of SplitMix64 whose state is this number plus the unit's index, modulo 2^64: with 1234567, unit 0 has 6457827717110365317.",
      }),
    ),
    bindings: Type.Optional(
      Type.Record(Type.String({ pattern: IDENTIFIER }), Binding, {
        additionalProperties: false,
        description: "By the WGSL variable's name. Group, binding, type and layout come from the kernel itself.",
      }),
    ),
    passes: Type.Array(Pass, {
      minItems: 1,
      maxItems: 64,
      description: "Dispatches, in order.",
      examples: [[{ workgroups: [64] }]],
    }),
    overrides: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.Number(), Type.Boolean()]), { description: "Pipeline constants, by name or @id." }),
    ),
    requires: Type.Optional(
      Type.Object(
        {
          features: Type.Optional(
            Type.Array(
              Type.Union([Type.Literal("shader-f16"), Type.Literal("subgroups"), ...LANGUAGE_FEATURES.map((name) => Type.Literal(name))]),
              {
                maxItems: 32,
                description: "WebGPU's features and WGSL's language features. What the kernel needs is added at admission.",
              },
            ),
          ),
          limits: Type.Optional(Type.Record(Type.String(), Type.Integer({ minimum: 0 }))),
        },
        {
          additionalProperties: false,
          description: "WebGPU features and limits beyond the defaults; only hosts that have them get this job.",
          examples: [{ features: ["shader-f16"], limits: { maxStorageBufferBindingSize: 268435456 } }],
        },
      ),
    ),
    output: Type.Array(Output, {
      minItems: 1,
      maxItems: 8,
      description: "What is compared, kept and delivered.",
      examples: [[{ binding: "counts", dtype: "u32", shape: [64] }]],
    }),
    verify: Type.Optional(
      Type.Object(
        {
          tier: Type.Optional(
            Type.Union(
              [Type.Literal("quorum"), Type.Literal("checker"), Type.Literal("sampled"), Type.Literal("audited"), Type.Literal("trusted")],
              {
                description:
                  "quorum, the default: so many matching replicas. checker: each unit is computed once, and the coordinator's auditor runs verify.checker over its result; sampled: the auditor runs some of its slices again, drawn at random, of a kernel without floats and of one dispatch; audited: it computes all of each unit again. Where the auditor is not here, or finds that the checker takes what is wrong or slices of the kernel cannot be told apart, all three are as quorum. trusted, for a pool alone: each unit is computed once, and its members are believed.",
              },
            ),
          ),
          quorum: Type.Optional(
            Type.Integer({
              minimum: 2,
              maximum: 5,
              description:
                "Matching replicas from distinct volunteers, default 2; of the tiers checker, sampled and audited while nobody checks.",
            }),
          ),
          compare: Type.Optional(
            Type.Union(Compare.anyOf, {
              description:
                "How results are compared, all outputs that do not say it themselves; default exact. Not for checker, sampled or trusted.",
              examples: [{ rtol: 0.00001 }],
            }),
          ),
          checker: Type.Optional(Checker),
        },
        { additionalProperties: false },
      ),
    ),
    pool: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 0xffffffff,
        description: "Number of a pool of yours: its members alone compute the job and see it. Without one it is public.",
      }),
    ),
    gflopPerUnit: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: MAX_GFLOP_PER_UNIT,
        description: `Operations of one unit in GFLOP, at most ${MAX_GFLOP_PER_UNIT}, provisional until an auditor has measured it; ${GFLOP_PER_CREDIT} are one credit. Default 1.`,
      }),
    ),
    maxGpuHours: Type.Optional(MaxGpuHours),
    priority: Type.Optional(Type.Integer({ minimum: -10, maximum: 10, description: "Higher goes first, default 0." })),
  },
  {
    additionalProperties: false,
    title: "Idlewave job",
    description: "A kernel package: which units there are, what each binding holds, what is dispatched and what comes out.",
  },
);

export type Manifest = Static<typeof ManifestSchema>;

/** Votes that make a digest canonical, unless the job says otherwise. */
const DEFAULT_QUORUM = 2;

/** Matching replicas that a unit of the job needs. */
export function quorumOf({ verify }: Pick<Manifest, "verify">): number {
  return verify?.tier === "trusted" ? 1 : (verify?.quorum ?? DEFAULT_QUORUM);
}

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
