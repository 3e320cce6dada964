/**
 * Quarantine of a kernel with which devices are lost.
 *
 *   running ──devices of QUARANTINE_CLUSTERS clusters were lost──▶ paused, with the reason ──resume──▶ running, nothing is held against it
 *
 * Only who has had work verified lately is heard, or is a member of the job's pool: two free keys must not stop a job. What was heard lives in memory.
 */
import { accountOf } from "./account.ts";
import { mayBeOne } from "./cluster.ts";
import { pauseFor } from "./job.ts";
import type { CoreState, Job, Lease } from "./state.ts";
import type { Work } from "./work.ts";

/** One may have a bad driver; two that cannot be one person have the kernel in common. */
const QUARANTINE_CLUSTERS = 2;

const REASON =
  "graphics cards of two volunteers were lost with it, or so they say: look at its loops and bounds, and resume it if they are right";

/** A replica of the job failed because a device was lost with it. */
export function noteLoss(state: CoreState, job: Job, { account, cluster }: Pick<Lease, "account" | "cluster">, work: Work): void {
  if (job.state !== "running" || (job.spec.pool === undefined && accountOf(state, account).final === 0)) return;
  if (job.losses.some((loss) => mayBeOne(state, job, loss, { account, cluster }))) return;
  job.losses.push({ account, cluster });
  if (job.losses.length >= QUARANTINE_CLUSTERS) pauseFor(state, job, REASON, work);
}
