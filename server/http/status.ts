/** A job's status, built in this one place. */

import type { JobStatus } from "../../shared/api.ts";
import { priceWords } from "../../shared/checker.ts";
import { isTolerant } from "../../shared/comparator.ts";
import { comparatorWords } from "../../shared/comparator-words.ts";
import { inputBytes, type JobPlan } from "../../shared/plan.ts";
import type { PlannedJob } from "../access/plans.ts";
import type { Coordinator, JobCounts } from "../coordinator.ts";
import type { JobAuditState } from "../core/audit.ts";
import type { JobSpec, UnitCheck } from "../core/events.ts";
import type { PoolRow } from "../core/pool-store.ts";
import { SAMPLE_SLICES, WHOLE_SHARE } from "../core/sampling.ts";
import type { CanaryRecord, JobRow } from "../core/store.ts";

const TRUSTED_LIMITS =
  "Each unit is computed once: whoever was invited to the pool is believed, and a wrong result, or a broken card's, is not found out.";
const POOL_LIMITS =
  "Members are compared with each other, wherever they come from: this finds out a broken card, not one person who joined the pool twice.";
const LIMITS = "Two volunteers who agree to lie, or one person who computes from two networks, can pass a wrong result.";
const AUDITED_LIMITS =
  "The coordinator computes a share of the units again, and many of newcomers; two volunteers who lie together, and seldom, can still pass a wrong result.";

const WHOLE_LIMITS = "The coordinator computes each unit again: its own hardware is believed.";
const TOLERANT_LIMITS = "Every number may be as far off as the tolerance allows, by chance or on purpose: it is room to cheat in.";
/** -ln of the probability, one in ten thousand, with which what is called found out is not. */
const SEEN = 9.6;

type Spending = NonNullable<ReturnType<Coordinator["spending"]>>;

/** `waitsFor`: why it gets no further now, or "". */
export function jobStatus(
  row: JobRow,
  { manifest, plan, resultBytes, planBytes }: PlannedJob,
  spec: Readonly<JobSpec>,
  counts: JobCounts,
  waitsFor: string,
  spending: Spending,
  auditor: JobAuditState,
  whyNotChecked: string,
  answerSoFar: string | undefined,
  pool: Pick<PoolRow, "id" | "name"> | undefined,
  madeBy: number | null,
): JobStatus {
  const inputs = inputBytes(plan);
  return {
    id: row.id,
    name: manifest.name,
    title: manifest.title ?? manifest.name,
    for: manifest.for ?? "",
    description: manifest.description ?? "",
    noun: manifest.noun ?? nounOf(plan),
    answer: manifest.answer ?? "",
    ...(answerSoFar === undefined ? {} : { answerSoFar }),
    owner: row.ownerName,
    ...(pool === undefined ? {} : { pool: { id: pool.id, name: pool.name } }),
    state: row.state,
    reason: waitsFor || row.reason,
    priority: spec.priority,
    createdAt: new Date(row.createdAt).toISOString(),
    finishedAt: row.finishedAt === null ? "" : new Date(row.finishedAt).toISOString(),
    plan: row.plan,
    source: row.source,
    floats: spec.floats,
    units: { total: plan.units.count, final: counts.final, failed: counts.failed, leased: counts.leased, voted: counts.voted },
    replicas: { counted: counts.counted, refused: counts.refused },
    executionsPerUnit: counts.executionsPerUnit,
    volunteers: counts.volunteers,
    ...(madeBy === null ? {} : { madeBy }),
    unitsPerMinute: counts.unitsPerMinute,
    ...{ gpuHours: spending.gpuHours, maxGpuHours: spending.maxGpuHours },
    ...(spending.quote ? { quote: spending.quote } : {}),
    creditPerUnit: pool === undefined ? spec.creditPerUnit : 0,
    ...(row.canary ? { canary: canaryOf(row.canary) } : {}),
    resultBytes,
    downloadBytes: { ...inputs, once: planBytes + inputs.once },
    verification: {
      ...{
        tier: manifest.verify?.tier ?? "quorum",
        quorum: spec.check && whyNotChecked === "" ? 1 : spec.quorum,
        compare: comparatorWords(plan),
      },
      ...(isTolerant(plan) ? { taken: counts.taken } : {}),
      limits: [
        limitsOf(manifest, spec, row.canary, whyNotChecked, pool !== undefined, auditor),
        ...roomWords(plan, row.canary, counts),
      ].join(" "),
      ...{ auditor, audited: counts.audited, held: counts.held },
      ...(spec.check?.how === "slices" ? { slices: slicesOf(spec.check, counts) } : {}),
      ...(spec.check?.how === "checker" ? { checker: { price: priceOf(spec.check, spec.unitMicros), judged: counts.checked } } : {}),
    },
  };
}

/** What a tolerance leaves open, and how much of it was needed so far. */
function roomWords(plan: JobPlan, canary: CanaryRecord | null, { taken }: JobCounts): string[] {
  if (!isTolerant(plan)) return [];
  const percent = (part: number) => `${Number((100 * part).toPrecision(2))} %`;
  const measured = canary?.taken === undefined ? [] : [`Runs on the coordinator's own GPU took ${percent(canary.taken)} of it.`];
  return [TOLERANT_LIMITS, ...measured, ...(taken === null ? [] : [`Results that were accepted took ${percent(taken)} of it at most.`])];
}

/** What is drawn of how many. */
function slicesOf({ slices: all }: Extract<UnitCheck, { how: "slices" }>, { checked }: JobCounts) {
  return { of: all, run: Math.min(all, SAMPLE_SLICES), checked };
}

/** Of one judgement, in executions of a unit. */
function priceOf({ micros, why }: Extract<UnitCheck, { how: "checker" }>, unitMicros: number | null): number | null {
  return unitMicros && why === "" ? micros / unitMicros : null;
}

function canaryOf({ at, slices: _, ...finding }: CanaryRecord): NonNullable<JobStatus["canary"]> {
  return { ...finding, at: new Date(at).toISOString() };
}

function limitsOf(
  { verify }: PlannedJob["manifest"],
  { check, unitMicros, floats }: Readonly<JobSpec>,
  canary: CanaryRecord | null,
  whyNotChecked: string,
  isOfPool: boolean,
  auditor: JobAuditState,
): string {
  if (verify?.tier === "trusted") return TRUSTED_LIMITS;
  if (isOfPool) return POOL_LIMITS;
  if (!check) return quorumLimits(auditor);
  if (whyNotChecked !== "") {
    const asked = ASKED[check.how];
    return `Its owner asked that units are computed once and ${asked}; now they are not, and volunteers must agree: ${whyNotChecked}. ${quorumLimits(auditor)}`;
  }
  switch (check.how) {
    case "whole":
      return WHOLE_LIMITS;
    case "slices":
      return sampledLimits(check.slices);
    case "checker":
      return checkerLimits(check, unitMicros, floats, canary);
    default:
      return check satisfies never;
  }
}

const ASKED = { whole: "computed again by the coordinator", slices: "checked by slices", checker: "judged by its checker" };

/** What a checker leaves open is what it does not look at. */
function checkerLimits(
  check: Extract<UnitCheck, { how: "checker" }>,
  unitMicros: number | null,
  floats: boolean,
  canary: CanaryRecord | null,
): string {
  const price = priceOf(check, unitMicros);
  const cost = price === null ? "" : `, for ${priceWords(price)},`;
  const { tried = 0, missed = 0 } = canary?.checker ?? {};
  const seen =
    missed === 0
      ? `Of ${tried} right results in which one bit was changed it accepted none.`
      : `Of ${tried} right results in which one bit was changed it accepted ${missed}: what it does not look at is believed.`;
  const again = floats ? "" : ` and computes ${WHOLE_SHARE * 100} % of the units again`;
  return `The coordinator runs the owner's checker over each result${cost}${again}: a result is right as far as the checker tells. ${seen}`;
}

/** A share c of corrupt slices passes k drawn ones with a probability of about (1 - c)^k: below e^-9.6, 7e-5, from c = 9.6 / k on. */
function sampledLimits(slices: number): string {
  const run = Math.min(slices, SAMPLE_SLICES);
  if (run === slices) return `The coordinator runs all ${slices} slices of each unit again: a wrong byte is found out.`;
  const seen = Math.ceil((100 * SEEN) / run);
  const alone = (100 * (1 - run / slices)).toFixed(0);
  return `The coordinator runs ${run} of the ${slices} slices of each unit again, drawn after the volunteer's answer: a unit of which ${seen} % is wrong is found out but once in ten thousand times, one wrong slice alone passes with ${alone} %.`;
}

function quorumLimits(auditor: JobAuditState): string {
  return auditor === "auditing" ? AUDITED_LIMITS : LIMITS;
}

function nounOf(plan: JobPlan): string {
  switch (plan.outputs[0]?.reduce.kind) {
    case "image":
      return "picture";
    case "count":
    case "histogram":
      return "count";
    case "sum":
      return "sum";
    default:
      return "table";
  }
}
