/** Which kinds of GPUs agree on a job's kernel, and which do not, as everybody may see it. */
import Type, { type Static } from "typebox";

/** A kind is told of when so many of its volunteers computed units that others computed too; fewer are told of together. */
export const MIN_TOLD_HOSTS = 3;
/** Volunteers of a kind are counted so far. */
export const MAX_HOSTS_COUNTED = 100;

const word = (description: string) => Type.String({ description });

const GpuKindSchema = Type.Object({
  kind: Type.Union([Type.Literal("gpu"), Type.Literal("vendor"), Type.Literal("others"), Type.Literal("auditor")], {
    description:
      "gpu: one kind; vendor: kinds of this vendor that have too few volunteers each; others: all that would be too few by vendor too; auditor: the coordinator's own.",
  }),
  vendor: word("As the host says; empty: it did not, or several."),
  architecture: word("The same."),
  browser: word("The same."),
  os: word("The same."),
  hosts: Type.Integer({ description: `Volunteers of it who computed units that others computed too; ${MAX_HOSTS_COUNTED}: or more.` }),
});
export type GpuKind = Static<typeof GpuKindSchema>;

const DifferenceSchema = Type.Object({
  unit: Type.Integer(),
  audited: Type.Boolean({ description: "The coordinator's auditor has the unit's result too; else volunteers alone decided." }),
  byte: Type.Integer({ description: "The first byte of the result that differs, or of the first element that is beyond the tolerance." }),
  output: Type.String({ description: "Empty: the results are none of this job." }),
  dtype: Type.String(),
  index: Type.Array(Type.Integer(), { description: "The element, in the output's shape." }),
  right: Type.String({ description: "The value of who gave the unit's result." }),
  deviating: Type.String({ description: "The value of who differed." }),
});
export type PortabilityExample = Static<typeof DifferenceSchema>;

const DeviationSchema = Type.Object({
  right: Type.Integer({ description: "Place in `kinds` of who gave the unit's result, or one like it: the reference." }),
  deviating: Type.Integer({ description: "Of who did not." }),
  units: Type.Integer({ description: "Comparisons in which they differed, but for those of volunteers who were proven wrong." }),
  hosts: Type.Integer({ description: "Volunteers who differed." }),
  examples: Type.Array(DifferenceSchema, { description: "For the job's owner alone: beside a unit's page they tell of whom the GPU is." }),
});

const PairSchema = Type.Object({
  kinds: Type.Array(Type.Integer(), {
    minItems: 2,
    maxItems: 2,
    description: "Places in `kinds`, the smaller first; the same twice: among themselves.",
  }),
  same: Type.Integer({ description: "Units of which both had the same right bytes." }),
  alike: Type.Integer({ description: "Units of which both were right with different bytes, within the tolerance." }),
  taken: Type.Number({ description: "The largest part of the tolerance that one of those took from the unit's result, 0 to 1." }),
  undecided: Type.Integer({ description: "Failed units on which they differed: there is no reference." }),
  differed: Type.Array(DeviationSchema),
});

export const PortabilitySchema = Type.Object({
  job: Type.Integer(),
  compare: Type.String({ description: "How results are compared, in words." }),
  kinds: Type.Array(GpuKindSchema),
  pairs: Type.Array(PairSchema, { description: "Those that differ most first." }),
  proven: Type.Integer({
    description: "Comparisons left out because the auditor has proven their volunteers wrong, in this job or another.",
  }),
  untold: Type.Integer({ description: `Comparisons left out because all who are not told of by name are fewer than ${MIN_TOLD_HOSTS}.` }),
});
export type PortabilityReport = Static<typeof PortabilitySchema>;
