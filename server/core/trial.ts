/**
 * A job that the canary has measured meets few volunteers first: the others once a unit of theirs agrees, or when the trial has
 * lasted long enough.
 */
import type { AccountId } from "../../shared/ids.ts";
import type { Job } from "./state.ts";

/** A unit may need more to agree. */
export const TRIAL_VOLUNTEERS = 3;
/** A trial lasts no longer, ms: who tries the job first may answer nothing. */
export const TRIAL_MS = 600_000;

/** The account may have units of the job now. */
export function mayTry(job: Job, account: AccountId, now: number): boolean {
  if (now >= job.trialUntil || job.pages.final > 0 || job.provisional.size > 0) return true;
  const triers = new Set(job.holders.keys());
  for (const { replicas } of job.open.values()) for (const replica of replicas) triers.add(replica.account);
  return triers.has(account) || triers.size < Math.max(TRIAL_VOLUNTEERS, job.spec.quorum);
}
