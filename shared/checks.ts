/** What the auditor is asked to run again of units that one volunteer computed, or to let the job's own checker judge, and what it tells of that. */
import Type, { type Static } from "typebox";
import { CanaryClaimSchema, MAX_SENTENCE, MAX_SLICES } from "./canary.ts";
import { PLAIN_PATTERN } from "./plain.ts";

/** Slices that are drawn of a unit whose volunteer is not vetted. */
export const NEWCOMER_SLICES = 256;
/** Separate ranges of bytes that the slices drawn of a unit may write. */
export const MAX_RANGES = 65_536;

const UnitNumber = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const CheckClaimSchema = CanaryClaimSchema;

const CheckTaskSchema = Type.Object({
  job: Type.Integer({ minimum: 1 }),
  task: Type.String(),
  plan: Type.String({ description: "SHA-256 of the plan, a blob." }),
  how: Type.Union([Type.Literal("slices"), Type.Literal("checker")], {
    description: "Slices are run again, or the plan's checker is run over the result, which is asked for unit by unit.",
  }),
  limitMs: Type.Integer({ description: "What is not told of after so long is drawn anew." }),
  units: Type.Array(
    Type.Object({
      unit: UnitNumber,
      slices: Type.Array(Type.Integer({ minimum: 0, maximum: MAX_SLICES - 1 }), {
        description: "Numbers of slices, ascending, in the partition of the dispatch into MAX_SLICES boxes at most; none for the checker.",
      }),
      bytes: Type.Integer({ minimum: 0, description: "Bytes of outputs that they write, as the canary found it; for the checker 0." }),
    }),
  ),
});
export type CheckTask = Static<typeof CheckTaskSchema>;
export const CheckAnswerSchema = Type.Object({
  task: Type.Union([CheckTaskSchema, Type.Null()], { description: "null: no unit waits for a check." }),
});

const Task = Type.String({ pattern: "^[0-9a-f]{32}$", description: "`task` of the answer to the claim." });
const ToldSlicesSchema = Type.Object(
  {
    task: Task,
    unit: UnitNumber,
    ranges: Type.Array(Type.Integer({ minimum: 0, maximum: 2 ** 32 }), {
      maxItems: 2 * MAX_RANGES,
      description:
        "What the slices wrote, in the unit's result bytes: where a range begins and how many bytes it has, ascending and apart.",
    }),
    digest: Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 of the bytes in them, one range after the other." }),
  },
  { additionalProperties: false },
);
export type ToldSlices = Static<typeof ToldSlicesSchema>;

const JudgedSchema = Type.Object(
  { task: Task, unit: UnitNumber, accepted: Type.Boolean({ description: "By the plan's checker." }) },
  { additionalProperties: false },
);
/** What was found of one unit of a task. */
export type Checked = Omit<ToldSlices, "task" | "unit"> | Omit<Static<typeof JudgedSchema>, "task" | "unit">;

const UnrunSchema = Type.Object(
  {
    task: Task,
    why: Type.String({ minLength: 1, maxLength: MAX_SENTENCE, pattern: PLAIN_PATTERN }),
  },
  {
    additionalProperties: false,
    description: "Why the units of the task that were not told of could not be run: they are drawn anew.",
  },
);
export const CheckReportSchema = Type.Union([ToldSlicesSchema, JudgedSchema, UnrunSchema]);

/** `size` numbers below `all`, all different, ascending: each set is as likely (Floyd, CACM 30(9), 1987). `below`: draws one below a number. */
export function drawSlices(below: (most: number) => number, size: number, all: number): number[] {
  const drawn = new Set<number>();
  for (let last = all - size; last < all; last++) {
    const slice = below(last + 1);
    drawn.add(drawn.has(slice) ? last : slice);
  }
  return [...drawn].sort((a, b) => a - b);
}

/** The bytes in `ranges` of a result, or undefined when they are not so many, or no ranges of it. */
export function bytesIn(result: Uint8Array, ranges: readonly number[], bytes: number): Uint8Array<ArrayBuffer> | undefined {
  const joined = new Uint8Array(bytes);
  let [at, end] = [0, -1];
  for (let pair = 0; pair + 1 < ranges.length; pair += 2) {
    const [from, length] = [ranges[pair] as number, ranges[pair + 1] as number];
    if (from <= end || length === 0 || from + length > result.byteLength || at + length > bytes) return undefined;
    joined.set(result.subarray(from, from + length), at);
    at += length;
    end = from + length;
  }
  return ranges.length % 2 === 0 && at === bytes ? joined : undefined;
}
