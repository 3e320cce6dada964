/** The canary: what the auditor is asked about a job before volunteers meet it, and what it found. */
import Type, { type Static } from "typebox";
import { FeaturesSchema, HostLimitsSchema } from "./messages.ts";
import { PLAIN_PATTERN } from "./plain.ts";

/** Slices that a unit is cut into at most, where some are to be run alone. */
export const MAX_SLICES = 2048;
/** Characters of a sentence in a finding. */
export const MAX_SENTENCE = 400;
const MAX_MICROS = 1e15;

/**
 * What the canary makes of a kernel. `T`: each slice writes bytes of its own, which it never reads before; `R`: it also reads
 * what it writes over; `E`: slices write the same bytes, and agree on them; `opaque`: nothing of the kind could be shown.
 * `refused`: it does not end, or takes the GPU with it.
 */
const CanaryVerdictSchema = Type.Union(
  [Type.Literal("T"), Type.Literal("R"), Type.Literal("E"), Type.Literal("opaque"), Type.Literal("refused")],
  {
    description:
      "What slices of the kernel write: bytes of their own alone (T), what they read before too (R), the same bytes alike (E), or nothing that could be told apart (opaque). refused: it does not end, or takes the GPU with it.",
  },
);

const Sentence = (description: string) => Type.String({ maxLength: MAX_SENTENCE, pattern: PLAIN_PATTERN, description });
const Micros = (description: string) =>
  Type.Union([Type.Number({ minimum: 0, maximum: MAX_MICROS }), Type.Null()], {
    description: `${description}, microseconds; null: not measured.`,
  });

/** Slices that follow each other and write so many bytes of outputs each. */
const SliceRuns = Type.Array(
  Type.Tuple([
    Type.Integer({ minimum: 1, maximum: MAX_SLICES, description: "So many slices one after the other write" }),
    Type.Integer({ minimum: 0, maximum: 2 ** 32, description: "so many bytes each." }),
  ]),
  { minItems: 1, maxItems: MAX_SLICES, description: "What the slices of a unit write, each its own bytes, all of the outputs together." },
);
export type SliceRuns = Static<typeof SliceRuns>;

/** How many slices there are. */
export function countSlices(runs: SliceRuns): number {
  return runs.reduce((all, [times]) => all + times, 0);
}

/** Bytes that these slices write, ascending numbers. */
export function bytesWritten(runs: SliceRuns, slices: readonly number[]): number {
  let bytes = 0;
  let [run, before] = [0, 0];
  for (const slice of slices) {
    for (let times = runs[run]?.[0] ?? 0; slice >= before + times; times = runs[run]?.[0] ?? 0) {
      if (++run > runs.length) throw new RangeError(`there is no slice ${slice}`);
      before += times;
    }
    bytes += runs[run]?.[1] ?? 0;
  }
  return bytes;
}

export const CanaryFindingSchema = Type.Object(
  {
    verdict: CanaryVerdictSchema,
    why: Sentence("Why it is opaque or refused; empty for the others."),
    differs: Sentence("Where two runs of one unit gave different bytes; empty when none did."),
    units: Type.Array(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), {
      maxItems: 16,
      description: "Units that were run.",
    }),
    unitMicros: Micros("GPU time of a whole unit on the auditor's GPU"),
    benchmarkMicros: Micros("GPU time of one unit of the benchmark there"),
    taken: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: "Of a job with a tolerance: the largest part of it that runs of one unit on the auditor's GPU took, 0 to 1.",
      }),
    ),
    slices: Type.Optional(SliceRuns),
    checker: Type.Optional(
      Type.Object(
        {
          micros: Type.Number({ minimum: 0, maximum: MAX_MICROS, description: "GPU time of it over one result, microseconds." }),
          tried: Type.Integer({ minimum: 0, maximum: 1024, description: "Right results in which one bit was changed." }),
          missed: Type.Integer({ minimum: 0, maximum: 1024, description: "How many of them it accepted." }),
        },
        { description: "Of a job with a checker, which accepted what the auditor computed itself, and neither zeros nor noise." },
      ),
    ),
    unchecked: Type.Optional(Sentence("Why the job's checker is not believed, where it is not.")),
    unsampled: Type.Optional(
      Sentence("Why units cannot be checked by some of their slices, where they cannot, or why that was not found out."),
    ),
  },
  { additionalProperties: false },
);
export type CanaryFinding = Static<typeof CanaryFindingSchema>;

/** Before anything was tried. */
export const NOTHING_FOUND: CanaryFinding = {
  ...{ verdict: "opaque", why: "Nothing of it could be measured.", differs: "", units: [] },
  ...{ unitMicros: null, benchmarkMicros: null },
};

/** What an auditor tells of its GPU when it asks for a job to measure. */
export const CanaryClaimSchema = Type.Object(
  {
    features: FeaturesSchema,
    limits: HostLimitsSchema,
  },
  { additionalProperties: false },
);

/** One job to measure; `run` names this measurement. */
const CanaryRunSchema = Type.Object({
  job: Type.Integer({ minimum: 1 }),
  run: Type.String(),
  plan: Type.String({ description: "SHA-256 of the plan, a blob." }),
  limitMs: Type.Integer({ description: "What is not known after so long stays unknown." }),
});
export type CanaryRun = Static<typeof CanaryRunSchema>;
export const CanaryAnswerSchema = Type.Object({ run: Type.Union([CanaryRunSchema, Type.Null()], { description: "null: no job waits." }) });

const RunId = Type.String({ pattern: "^[0-9a-f]{32}$", description: "`run` of the answer to the claim." });
export const CanaryAliveSchema = Type.Object({ run: RunId }, { additionalProperties: false });
export const CanaryReportSchema = Type.Object({ run: RunId, finding: CanaryFindingSchema }, { additionalProperties: false });

/** A coordinator waits for the next sign of a measurement for so long, ms; the auditor gives one in each ALIVE_EVERY_MS. */
export const CANARY_SILENCE_MS = 30_000;
export const ALIVE_EVERY_MS = 5_000;
