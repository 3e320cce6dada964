/** What the votes on an open unit come to. The auditor's word, where it was asked, stands above them; over floats it is one vote. */
import type { Job, OpenUnit, Replica } from "./state.ts";

/** A digest that is the unit's, if its bytes are there. */
export function isDecided(job: Job, open: OpenUnit, digest: string): boolean {
  if (open.ruling !== null && !job.spec.floats) return digest === open.ruling;
  return votesFor(open, digest) >= neededVotes(job, open);
}

/** Some digest is decided. */
export function isAgreed(job: Job, open: OpenUnit): boolean {
  if (open.ruling !== null && !job.spec.floats) return true;
  return bestVotes(open) >= neededVotes(job, open);
}

/** Votes that an untouched unit is given out for: where the auditor checks what one volunteer says, nobody else is asked before. */
export function firstVotes({ spec }: Job): number {
  return spec.check ? 1 : spec.quorum;
}

/** One, where the auditor checks it. Else the quorum, and one more where the auditor contradicts it and a float may be to blame: others are asked again. */
export function neededVotes(job: Job, open: OpenUnit): number {
  const { quorum } = job.spec;
  if (open.lone === "yes") return 1;
  if (open.ruling === null) return quorum;
  const isContradicted = open.replicas.some(({ counted, digest }) => counted && digest !== open.ruling && votesFor(open, digest) >= quorum);
  return isContradicted ? quorum + 1 : quorum;
}

/** Votes of the digest that has most. */
export function bestVotes(open: OpenUnit): number {
  let best = 0;
  for (const { counted, digest } of open.replicas) if (counted) best = Math.max(best, votesFor(open, digest));
  return best;
}

/** Some digest would be decided if votes that came late counted as the others do. */
export function isAgreedWithLate(job: Job, open: OpenUnit): boolean {
  const votes = new Map<string, number>();
  for (const { counted, digest } of open.replicas) if (counted) votes.set(digest, (votes.get(digest) ?? 0) + 1);
  return Math.max(0, ...votes.values()) >= neededVotes(job, open);
}

/** Distinct clusters that voted for the digest; of a late vote and of one that was asked for meanwhile, the latter. */
export function votesFor(open: OpenUnit, digest: string): number {
  let votes = 0;
  for (const replica of open.replicas) {
    if (!replica.counted || replica.digest !== digest) continue;
    if (replica.lateAt === null || !open.replicas.some((other) => other.counted && other.digest === digest && isMeanwhile(other, replica)))
      votes++;
  }
  return votes;
}

/** Two votes differ. */
export function isDisputed({ replicas }: OpenUnit): boolean {
  let first: string | undefined;
  for (const { counted, digest } of replicas) {
    if (!counted) continue;
    first ??= digest;
    if (digest !== first) return true;
  }
  return false;
}

/** `other` was asked for after the late replica was assigned and before it came. */
function isMeanwhile(other: Replica, { assignedAt, lateAt, account }: Replica): boolean {
  return lateAt !== null && other.account !== account && other.assignedAt >= assignedAt && other.assignedAt <= lateAt;
}
