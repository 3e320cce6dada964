/**
 * A job that the canary has measured meets few volunteers first, each of another cluster, so that they can agree: the others once
 * a unit of theirs does, or when the trial has lasted long enough.
 */
import { keptName } from "./cluster.ts";
import type { HostFacts } from "./events.ts";
import type { Job } from "./state.ts";

/** A unit may need more to agree. */
export const TRIAL_VOLUNTEERS = 3;
/** A trial lasts no longer, ms: who tries the job first may answer nothing. */
export const TRIAL_MS = 600_000;

/** The volunteer may have units of the job now. */
export function mayTry(job: Job, { account, cluster }: Pick<HostFacts, "account" | "cluster">, now: number): boolean {
  if (now >= job.trialUntil || job.pages.final > 0 || job.provisional.size > 0 || job.holders.has(account)) return true;
  const triers = new Set(job.clusterHolders.keys());
  for (const { replicas } of job.open.values()) {
    for (const replica of replicas) {
      if (replica.account === account) return true;
      triers.add(keptName(replica.cluster));
    }
  }
  return !triers.has(keptName(cluster)) && triers.size < Math.max(TRIAL_VOLUNTEERS, job.spec.quorum);
}
