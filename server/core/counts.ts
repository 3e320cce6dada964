/** How a job stands, in numbers. */
import type { Job } from "./state.ts";

export interface JobCounts {
  final: number;
  failed: number;
  /** Units with an open assignment. */
  leased: number;
  /** Units with a recorded replica that have not ended. */
  voted: number;
  /** Of them, those that wait for the auditor, its checks too, or for somebody in them to be vetted. */
  held: number;
  /** Units that have not ended. */
  left: number;
  /** Final units that the auditor computed too; agreements that it found wrong, since this process began. */
  audited: number;
  overruled: number;
  /** Final units of which the auditor ran slices again, or whose result the job's checker accepted. */
  checked: number;
  /** Of its tolerance (state.ts). */
  taken: number | null;
  counted: number;
  refused: number;
  /** Accounts that hold an assignment. */
  volunteers: number;
  /** Replicas of final units, and what was run of them to check them, over final units; 0 while there is none. */
  executionsPerUnit: number;
}

export function countsOf(job: Job): JobCounts {
  const { pages, audited, overruled, checked, taken, counted, refused } = job;
  return {
    final: pages.final,
    failed: pages.failed.size,
    leased: pages.leased,
    voted: job.open.size,
    held: job.owed + job.provisional.size + job.checks.size,
    left: job.spec.units - pages.final - pages.failed.size,
    ...{ audited, overruled, checked, taken, counted, refused },
    volunteers: job.holders.size,
    executionsPerUnit: pages.final === 0 ? 0 : (job.recorded + checksOf(job)) / pages.final,
  };
}

/** Executions that the checks of its final units took. */
function checksOf({ spec: { check, unitMicros }, checkedSlices }: Job): number {
  if (check?.how === "checker") return (checkedSlices * check.micros) / Math.max(1, unitMicros ?? 0);
  return check?.how === "slices" && check.slices > 0 ? checkedSlices / check.slices : 0;
}
