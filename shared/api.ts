/** What the HTTP API answers: one TypeBox definition gives the types, the validation and the OpenAPI page. */
import Type, { type Static } from "typebox";
import { CanaryFindingSchema } from "./canary.ts";

/** What each slice writes is nobody's but the auditor's to know. */
const { slices: _, ...CanaryShown } = CanaryFindingSchema.properties;

export const JobStateSchema = Type.Union(
  [
    Type.Literal("draft"),
    Type.Literal("canary"),
    Type.Literal("running"),
    Type.Literal("paused"),
    Type.Literal("done"),
    Type.Literal("cancelled"),
    Type.Literal("failed"),
  ],
  { description: "draft → canary → running ⇄ paused → done | cancelled | failed" },
);
export type JobState = Static<typeof JobStateSchema>;

export const JobStatusSchema = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  name: Type.String(),
  title: Type.String(),
  for: Type.String(),
  description: Type.String(),
  noun: Type.String(),
  answer: Type.String(),
  answerSoFar: Type.Optional(
    Type.String({ description: "Running answer of a job that is no picture, a decimal over its final units; absent when there is none." }),
  ),
  owner: Type.String({ description: "Name of the owner's token." }),
  pool: Type.Optional(
    Type.Object(
      { id: Type.Integer(), name: Type.String() },
      { description: "Whose members alone compute and see the job; absent: everybody." },
    ),
  ),
  state: JobStateSchema,
  reason: Type.String({
    description: "What the job waits for, what keeps its volunteers from agreeing, or why it ended; empty when there is nothing to say.",
  }),
  priority: Type.Integer(),
  createdAt: Type.String({ description: "ISO 8601." }),
  finishedAt: Type.String({ description: "ISO 8601, empty while it is not done." }),
  plan: Type.String({ description: "SHA-256 of the plan, a blob." }),
  source: Type.String({ description: "SHA-256 of the kernel as the owner wrote it, a blob." }),
  floats: Type.Boolean({
    description:
      "Its kernel computes with floats or makes something else of them, or a result holds some, so that correct GPUs may disagree; true of a job of a release that did not look.",
  }),
  units: Type.Object({
    total: Type.Integer(),
    final: Type.Integer(),
    failed: Type.Integer(),
    leased: Type.Integer({ description: "Units with an open assignment now." }),
    voted: Type.Integer({ description: "Units with a recorded replica that are not final." }),
  }),
  replicas: Type.Object({
    counted: Type.Integer({ description: "Replicas that came with a result, whatever became of it: one of NaN that is refused too." }),
    refused: Type.Integer({ description: "Replicas of final units that differed from the canonical result." }),
  }),
  executionsPerUnit: Type.Number({
    description: "Replicas recorded for final units, and what slices of them were run again, over final units.",
  }),
  volunteers: Type.Integer({ description: "Accounts that hold an assignment now." }),
  madeBy: Type.Optional(
    Type.Integer({
      description:
        "Of a job that is done: accounts of whom it has a final unit. Absent: it is not done, or began before they were counted.",
    }),
  ),
  unitsPerMinute: Type.Number({
    description: "Units that became final in the last minute; where they began within it, as many as a minute of that pace has.",
  }),
  gpuHours: Type.Number({
    description:
      "GPU time that it has taken: of every answer, as volunteers tell it, those too that came too late; and the auditor's, slices that it checked too. Not the canary's, nor of what nobody answered.",
  }),
  maxGpuHours: Type.Union([Type.Number(), Type.Null()], { description: "What it may take; null: any." }),
  quote: Type.Optional(
    Type.Object(
      {
        executions: Type.Number({ description: "Executions of the units that are left, audits too." }),
        gpuHours: Type.Number({ description: "GPU time of them on the hosts that are connected; on the auditor's GPU when nobody is." }),
        hosts: Type.Integer({ description: "Connected hosts that can run it." }),
        finishSeconds: Type.Union([Type.Number(), Type.Null()], {
          description: "When it would be done if all of them ran nothing else, all the time; null: nobody is here.",
        }),
      },
      { description: "An estimate for today's network; absent: the time of a unit was not measured, or the job is over." },
    ),
  ),
  creditPerUnit: Type.Number({ description: "By the owner's figure, or, of a job that was measured, by its time beside the benchmark's." }),
  canary: Type.Optional(
    Type.Object(
      { ...CanaryShown, at: Type.String({ description: "ISO 8601." }) },
      { description: "What the auditor found when it measured the job before volunteers met it; absent: it was not measured." },
    ),
  ),
  resultBytes: Type.Integer({ description: "Bytes of one unit's result." }),
  downloadBytes: Type.Object(
    {
      once: Type.Integer({ description: "Of its plan, which holds the kernel, and of whole files." }),
      unit: Type.Integer({ description: "Of a unit's row and its pieces of files, on top." }),
    },
    { description: "What a volunteer downloads." },
  ),
  verification: Type.Object({
    tier: Type.Union(
      [Type.Literal("quorum"), Type.Literal("checker"), Type.Literal("sampled"), Type.Literal("audited"), Type.Literal("trusted")],
      { description: "As its owner asked; limits says what is done now." },
    ),
    quorum: Type.Integer({ description: "Matching replicas that a unit which begins now needs." }),
    compare: Type.String({ description: "How results are compared: exact, byte for byte, or each output within which tolerance." }),
    taken: Type.Optional(
      Type.Union([Type.Number(), Type.Null()], {
        description:
          "Of a job with a tolerance: the largest part of it that an accepted result took, 0 to 1, since the coordinator began; null: none was accepted.",
      }),
    ),
    limits: Type.String({ description: "What this does not protect from." }),
    auditor: Type.Union(
      [Type.Literal("none"), Type.Literal("away"), Type.Literal("behind"), Type.Literal("auditing"), Type.Literal("unable")],
      {
        description:
          "Whether the coordinator's own auditor looks at what volunteers agree on: there is none; it is waited for; it has more to do than it can; it does; it cannot run this job, or answered nothing of it for two hours.",
      },
    ),
    audited: Type.Integer({ description: "Final units that the auditor computed too." }),
    slices: Type.Optional(
      Type.Object(
        {
          of: Type.Integer({ description: "Slices of a unit; 0: they cannot be told apart." }),
          run: Type.Integer({ description: "How many the auditor runs again of a unit of somebody whom it knows." }),
          checked: Type.Integer({ description: "Final units of which it did." }),
        },
        { description: "Of the tier sampled." },
      ),
    ),
    checker: Type.Optional(
      Type.Object(
        {
          price: Type.Union([Type.Number(), Type.Null()], {
            description: "What it takes over one result, in executions of a unit, as the canary measured both; null: it did not.",
          }),
          judged: Type.Integer({ description: "Final units whose results it judged." }),
        },
        { description: "Of the tier checker." },
      ),
    ),
    held: Type.Integer({
      description:
        "Units that volunteers agree on, or disagree about, or that one computed, and that wait for the auditor or for volunteers whom it knows.",
    }),
  }),
});
export type JobStatus = Static<typeof JobStatusSchema>;

export const JobListSchema = Type.Object({ jobs: Type.Array(JobStatusSchema) });

export const FaultSchema = Type.Object({
  file: Type.String(),
  line: Type.Optional(Type.Integer()),
  column: Type.Optional(Type.Integer()),
  field: Type.Optional(Type.String()),
  missing: Type.Optional(Type.String({ description: "Path of a file that the package should have." })),
  wrong: Type.String(),
  right: Type.String(),
});

export const ErrorSchema = Type.Object({
  code: Type.String(),
  message: Type.String(),
  todo: Type.String(),
  faults: Type.Optional(Type.Array(FaultSchema)),
});
export type ErrorBody = Static<typeof ErrorSchema>;

export const WarningsSchema = Type.Array(Type.String(), { description: "What is admitted and may not be meant." });

export const SubmittedSchema = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  units: Type.Integer(),
  url: Type.String(),
  warnings: WarningsSchema,
});
export type Submitted = Static<typeof SubmittedSchema>;

export const NetworkSchema = Type.Object({
  name: Type.String(),
  operator: Type.String({ description: "Who runs this network." }),
  purpose: Type.String({ description: "Why." }),
  contact: Type.String(),
  source: Type.String({ description: "Address of the source code that this coordinator runs." }),
  wire: Type.Integer(),
  version: Type.String(),
  allowSoftware: Type.Boolean(),
  volunteers: Type.Integer({ description: "Connected accounts." }),
  measures: Type.Boolean({ description: "Whether new jobs are measured before volunteers meet them." }),
});
export type NetworkInfo = Static<typeof NetworkSchema>;

const RefusedReplicaSchema = Type.Object({
  unit: Type.Integer(),
  volunteer: Type.String({ description: "First 12 hexadecimal digits of the account's key." }),
  digest: Type.String(),
  canonical: Type.String(),
  at: Type.String(),
});
export type RefusedReplica = Static<typeof RefusedReplicaSchema>;
export const RefusedListSchema = Type.Object({ refused: Type.Array(RefusedReplicaSchema) });

const VolunteerSchema = Type.Object({
  id: Type.String({ description: "First 12 hexadecimal digits of the account's key." }),
  credit: Type.Object({ escrow: Type.Number(), final: Type.Number() }),
  units: Type.Object({ submitted: Type.Integer(), final: Type.Integer(), refused: Type.Integer() }),
});
export const VolunteerListSchema = Type.Object({ volunteers: Type.Array(VolunteerSchema) });

export const RESULT_FORMATS = ["raw", "npy", "csv", "ndjson", "png", "json"] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];
