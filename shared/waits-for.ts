/** What an answered unit waits for: the page and the command line say the same. */
import type { JobStatus } from "./api.ts";

type Verified = Pick<JobStatus, "verification" | "pool">;

/** Its units are computed by one volunteer each, and the coordinator's auditor checks them. */
export function isCheckedByAuditor({ verification, pool }: Verified): boolean {
  return verification.quorum === 1 && !pool;
}

/** `stranger`: the word for a volunteer whom nobody knows. Where members are believed nobody computes it a second time. */
export function waitsFor(job: Verified | null, stranger: string): string {
  if (job?.pool) return job.verification.quorum === 1 ? "the coordinator" : "another member";
  return job && isCheckedByAuditor(job) ? "the coordinator's check" : stranger;
}
