/** What the votes on an open unit come to. The auditor's word, where it was asked, stands above them; over floats it is one vote. */
import { isAlike } from "./likeness.ts";
import type { Job, OpenUnit, Replica } from "./state.ts";

/** A digest that is the unit's, if its bytes are there. */
export function isDecided(job: Job, open: OpenUnit, digest: string): boolean {
  if (open.ruling !== null && !job.spec.floats) return digest === open.ruling;
  return votesFor(open, digest) >= neededVotes(job, open) && (!open.distances || isCounted(open, digest));
}

/** Some digest is decided, or would be if what was not compared yet were alike. */
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
  return isContradicted(open, open.ruling, quorum) ? quorum + 1 : quorum;
}

/** Others are a quorum for a result that is not the auditor's; those who are as near to the auditor's are not of them. */
function isContradicted(open: OpenUnit, ruling: string, quorum: number): boolean {
  const others = open.replicas.filter(({ counted, digest }) => counted && isAlike(open, digest, ruling) === false);
  return others.some(({ digest }) => votesAmong(open, others, digest, false) >= quorum);
}

/** Votes of the digest that has most, or may have once all is compared. */
export function bestVotes(open: OpenUnit): number {
  let best = 0;
  for (const { counted, digest } of open.replicas) if (counted) best = Math.max(best, votesAmong(open, open.replicas, digest, true));
  return best;
}

/** Some vote came when its lease was over. */
export function isAnyLate({ replicas }: OpenUnit): boolean {
  for (const { lateAt } of replicas) if (lateAt !== null) return true;
  return false;
}

/** Some digest would be decided if votes that came late counted as the others do. */
export function isAgreedWithLate(job: Job, open: OpenUnit): boolean {
  const voters = open.replicas.filter(({ counted }) => counted);
  const votes = voters.map(({ digest }) => voters.filter((other) => isAlike(open, other.digest, digest)).length);
  return Math.max(0, ...votes) >= neededVotes(job, open);
}

/** Distinct clusters that voted for the digest; of a late vote and of one that was asked for meanwhile, the latter. */
export function votesFor(open: OpenUnit, digest: string): number {
  return votesAmong(open, open.replicas, digest, false);
}

/** `ifUnknown`: whether what was not compared with it yet counts. */
function votesAmong(open: OpenUnit, replicas: readonly Replica[], digest: string, ifUnknown: boolean): number {
  let votes = 0;
  for (const replica of replicas) {
    if (!isFor(open, replica, digest, ifUnknown)) continue;
    if (replica.lateAt === null || !replicas.some((other) => isFor(open, other, digest, ifUnknown) && isMeanwhile(other, replica))) votes++;
  }
  return votes;
}

function isFor(open: OpenUnit, { counted, digest: told }: Replica, digest: string, ifUnknown: boolean): boolean {
  return counted && (isAlike(open, told, digest) ?? ifUnknown);
}

/** Two votes differ, and there is none that all are alike to. */
export function isDisputed(open: OpenUnit): boolean {
  const voters = open.replicas.filter(({ counted }) => counted);
  if (!open.distances) return voters.some(({ digest }) => digest !== voters[0]?.digest);
  return voters.length > 0 && !voters.some((one) => voters.every((other) => isAlike(open, other.digest, one.digest) !== false));
}

function isCounted({ replicas }: OpenUnit, digest: string): boolean {
  return replicas.some((replica) => replica.counted && replica.digest === digest);
}

/** `other` was asked for after the late replica was assigned and before it came. */
function isMeanwhile(other: Replica, { assignedAt, lateAt, account }: Replica): boolean {
  return lateAt !== null && other.account !== account && other.assignedAt >= assignedAt && other.assignedAt <= lateAt;
}
