/**
 * Votes that came late in a network too small to send somebody else. They do not count beside those of whoever was asked
 * meanwhile (verify.ts), so that nobody can choose whom to meet; where all who are active have voted there is nothing to choose,
 * and the unit would wait for ever.
 */
import { clustersOf } from "./active.ts";
import type { CoreState, Job } from "./state.ts";
import { conclude } from "./verify.ts";
import { isAgreedWithLate } from "./votes.ts";
import type { Work } from "./work.ts";

/** Somebody else has so long to come, ms, where nobody else is active. */
export const LATE_GRACE_MS = 60_000;
/** And so long where others are, who may be unable to run the kernel. */
export const LATE_MOST_MS = 3_600_000;

/** Lets late votes of a job count fully where nobody else came in time. */
export function heedLate(state: CoreState, job: Job, work: Work): void {
  const active = clustersOf(state, job);
  for (const [unit, since] of job.late) {
    if (since + LATE_GRACE_MS > work.now) return;
    const open = job.open.get(unit);
    if (!open || !isAgreedWithLate(job, open)) {
      job.late.delete(unit);
      continue;
    }
    const voters = open.replicas.filter(({ counted }) => counted);
    if (active > voters.length && since + LATE_MOST_MS > work.now) continue;
    job.late.delete(unit);
    for (const replica of voters) replica.lateAt = null;
    conclude(state, job, unit, open, work);
  }
}
