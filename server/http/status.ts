/** A job's status, built in this one place. */
import type { JobStatus } from "../../shared/api.ts";
import { type JobPlan, resultBytes } from "../../shared/plan.ts";
import type { PlannedJob } from "../access/plans.ts";
import type { JobCounts } from "../coordinator.ts";
import type { JobAuditState } from "../core/audit.ts";
import type { JobSpec } from "../core/events.ts";
import type { JobRow } from "../core/store.ts";

const LIMITS = "Two volunteers who agree to lie, or one person who computes from two networks, can pass a wrong result.";
const AUDITED_LIMITS =
  "The coordinator computes a share of the units again, and many of newcomers; two volunteers who lie together, and seldom, can still pass a wrong result.";

/** `waitsFor`: why it gets no further now, or "". */
export function jobStatus(
  row: JobRow,
  { manifest, plan }: PlannedJob,
  spec: Readonly<JobSpec>,
  counts: JobCounts,
  waitsFor: string,
  auditor: JobAuditState,
  answerSoFar: string | undefined,
): JobStatus {
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
    state: row.state,
    reason: row.reason || waitsFor,
    priority: spec.priority,
    createdAt: new Date(row.createdAt).toISOString(),
    finishedAt: row.finishedAt === null ? "" : new Date(row.finishedAt).toISOString(),
    plan: row.plan,
    source: row.source,
    units: { total: plan.units.count, final: counts.final, failed: counts.failed, leased: counts.leased, voted: counts.voted },
    replicas: { counted: counts.counted, refused: counts.refused },
    executionsPerUnit: counts.executionsPerUnit,
    volunteers: counts.volunteers,
    unitsPerMinute: counts.unitsPerMinute,
    creditPerUnit: spec.creditPerUnit,
    resultBytes: resultBytes(plan),
    verification: {
      ...{ tier: "quorum", quorum: spec.quorum, compare: "exact" },
      limits: auditor === "auditing" ? AUDITED_LIMITS : LIMITS,
      ...{ auditor, audited: counts.audited, held: counts.held },
    },
  };
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
