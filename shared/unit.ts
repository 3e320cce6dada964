/** One unit as everybody may see it: what was computed, what came out, who said so. */
import Type, { type Static } from "typebox";

const ReplicaSchema = Type.Object({
  volunteer: Type.String({ description: "First 12 hexadecimal digits of the account's key, or `forgotten`." }),
  auditor: Type.Boolean({ description: "The coordinator's own; false too when that was not kept." }),
  outcome: Type.Union([Type.Literal("final"), Type.Literal("refused"), Type.Literal("void")], {
    description: "final: paid for the canonical result; refused: it differed; void: it earned nothing, and nobody is to blame.",
  }),
  ran: Type.Boolean({ description: "The kernel ran." }),
  digest: Type.String({ description: "SHA-256 of the result bytes; empty: it did not run, or it was not kept." }),
  bytes: Type.Boolean({ description: "Its result bytes are kept and can be fetched." }),
  gpuMicros: Type.Number({ description: "GPU time as the volunteer says." }),
  credit: Type.Number({ description: "What it was paid; 0 while no signature of its volunteer covers it." }),
});

const InputSchema = Type.Object({
  binding: Type.String(),
  offset: Type.Integer({ description: "Byte in the buffer." }),
  type: Type.String({ description: "u32, i32, f32, f16, or limbs: a whole number of several u32." }),
  value: Type.String({ description: "A decimal." }),
});

export const UnitSchema = Type.Object({
  job: Type.Integer(),
  unit: Type.Integer(),
  state: Type.Union([Type.Literal("open"), Type.Literal("final"), Type.Literal("failed"), Type.Literal("dropped")], {
    description: "open: it has not ended; failed: too many replicas without agreement; dropped: its job ended before it did.",
  }),
  endedAt: Type.String({ description: "ISO 8601; empty before its end." }),
  plan: Type.String({ description: "SHA-256 of the plan, a blob: what was computed." }),
  inputs: Type.Array(InputSchema, { description: "What is written into the bindings for this unit, the first hundred fields." }),
  inputCount: Type.Integer({ description: "How many there are." }),
  digest: Type.String({ description: "SHA-256 of the canonical result bytes; empty unless the unit is final." }),
  resultBytes: Type.Integer({ description: "Length of its result bytes." }),
  rule: Type.Union(
    [
      Type.Literal("audit"),
      Type.Literal("checker"),
      Type.Literal("slices"),
      Type.Literal("quorum"),
      Type.Literal("not-kept"),
      Type.Literal("none"),
    ],
    {
      description:
        "What made it final: the coordinator's auditor computed it too; one volunteer computed it, and the job's checker, run by the auditor, accepted it; one volunteer computed it, and the auditor ran slices of it again; so many alike; which of them was not kept, its page of 4,096 units has ended; it is not final.",
    },
  ),
  quorum: Type.Integer({ description: "Volunteers of different clusters who must agree." }),
  replicas: Type.Array(ReplicaSchema, { description: "In the order they were recorded; none before the unit has ended." }),
});
export type Unit = Static<typeof UnitSchema>;
