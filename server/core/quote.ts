/** What a measured job would take on today's network: an estimate for its owner, made of what hosts tell of their speed. */
import { GFLOP_PER_CREDIT } from "../../shared/credit.ts";
import { isAuditor } from "./audit.ts";
import type { HostFacts, JobSpec } from "./events.ts";
import { meets } from "./needs.ts";
import { SAMPLE_SLICES, WHOLE_SHARE } from "./sampling.ts";
import type { CoreState, Job } from "./state.ts";

const MICROS_PER_SECOND = 1e6;
const SECONDS_PER_HOUR = 3600;
export const MICROS_PER_HOUR = MICROS_PER_SECOND * SECONDS_PER_HOUR;

export interface Quote {
  /** Executions of the units that are left, audits too. */
  executions: number;
  /** GPU time of them: on the connected hosts that can run the job, or, when there is none, on the auditor's GPU. */
  gpuHours: number;
  /** Connected hosts that serve its pool, or the public, and can run it. */
  hosts: number;
  /** If all of them ran nothing else, all the time; null: nobody is here. */
  finishSeconds: number | null;
}

/** Null when the job's time is not known. */
export function quoteOf(state: CoreState, { spec, pages }: Job): Quote | null {
  if (spec.unitMicros === null) return null;
  const hosts = [...state.hosts.values()].filter((host) => !isAuditor(host) && host.pool === spec.pool && meets(spec.requires, host));
  const executions = (pages.units - pages.ended) * executionsOf(spec, state.auditShare);
  const seconds = executions * secondsOf(hosts, spec.creditPerUnit * GFLOP_PER_CREDIT, spec.unitMicros / MICROS_PER_SECOND);
  const finishSeconds = hosts.length === 0 ? null : seconds / hosts.length;
  return { executions, gpuHours: seconds / SECONDS_PER_HOUR, hosts: hosts.length, finishSeconds };
}

/** Executions of one unit among people who are honest. */
function executionsOf({ quorum, check, unitMicros }: JobSpec, auditShare: number): number {
  if (check?.how === "whole") return 2;
  if (check?.how === "checker" && check.why === "") return 1 + check.micros / Math.max(1, unitMicros ?? 0) + WHOLE_SHARE;
  if (check?.how === "slices" && check.why === "") return 1 + Math.min(1, SAMPLE_SLICES / check.slices) + WHOLE_SHARE;
  return quorum + auditShare;
}

/** GPU seconds of one execution on the mean of the hosts that tell their speed; where none does, as long as the auditor's. */
function secondsOf(hosts: readonly HostFacts[], gflop: number, auditorSeconds: number): number {
  const speeds = hosts.flatMap(({ gflops }) => (gflops ? [gflops] : []));
  if (speeds.length === 0) return auditorSeconds;
  return gflop / (speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length);
}
