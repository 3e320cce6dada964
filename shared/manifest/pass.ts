/** A pass: what is dispatched, how often, and what changes between iterations. */
import Type, { type Static } from "typebox";
import { SetMap } from "./binding.ts";
import { fileSchema, IDENTIFIER } from "./file.ts";

const WorkgroupCount = Type.Integer({ minimum: 1, maximum: 65535 });
export const Workgroups = Type.Array(WorkgroupCount, {
  minItems: 1,
  maxItems: 3,
  description: "Workgroups in x, y and z; what is left out is 1.",
  examples: [[64], [8, 8, 1]],
});
export const Pass = Type.Object(
  {
    entryPoint: Type.Optional(
      Type.String({
        pattern: IDENTIFIER,
        description: "A @compute function. May be left out when the kernel has one.",
        examples: ["main"],
      }),
    ),
    workgroups: Workgroups,
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
    table: Type.Optional(
      fileSchema("A CSV file of the package with a header line and a line an iteration, for $pass.column", "stages.csv"),
    ),
  },
  { additionalProperties: false },
);

export type ManifestPass = Static<typeof Pass>;
