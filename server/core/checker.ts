/**
 * Results that the job's own checker judges. It is the owner's word, and nobody is convicted by that alone.
 *
 *   check ──accepted──▶ final; WHOLE_SHARE of them, and those by which somebody would be proven wrong: due, the auditor computes them
 *     └──refused──▶ no vote, and another volunteer is asked ──the same result again──▶ due, if the auditor may owe it, else no vote
 *
 * What the auditor computed stands above the checker, and where the two differ three times the job goes on with its quorum. Whoever
 * told what was refused is contradicted once another result was accepted, up to one short of what convicts; the last one takes the
 * auditor's word. A result over which the checker does not end is the auditor's to compute too; of three right ones in a row it is
 * the checker that cannot be run. Over floats nobody is blamed, and nothing is computed whole: correct GPUs may differ.
 */
import { accountOf } from "./account.ts";
import { isAuditor, MAX_CONTRADICTED, MAX_DISPUTED_MS, MAX_OWED_MS, mayOwe } from "./audit.ts";
import type { CoreState, Job, OpenUnit, Replica } from "./state.ts";
import type { Work } from "./work.ts";

/** The checker refused it: whoever told it has no vote by it. */
export function reject(open: OpenUnit, digest: string): void {
  if (!open.rejected.includes(digest)) open.rejected.push(digest);
  for (const replica of open.replicas) if (replica.digest === digest) replica.counted = false;
}

/** The checker does not end over it: the auditor computes the unit, where it may, else it is as one that was refused. */
export function leaveUnjudged(state: CoreState, job: Job, open: OpenUnit, digest: string): void {
  if (!job.spec.floats && mayOwe(state, job, MAX_DISPUTED_MS)) open.unjudged = digest;
  else {
    reject(open, digest);
    job.unrunTasks++;
  }
}

/** It told what the checker refused. */
export function isRejected({ rejected }: OpenUnit, { status, digest }: Replica): boolean {
  return status === "ok" && rejected.includes(digest);
}

/** Somebody tells again what was refused: it is in doubt where the auditor has time to say, else it is refused again. */
export function settleRejected(state: CoreState, job: Job, open: OpenUnit): void {
  if (open.hold === "due" || open.ruling !== null || (!job.spec.floats && mayOwe(state, job, MAX_DISPUTED_MS))) return;
  for (const replica of open.replicas) if (isRejected(open, replica)) replica.counted = false;
}

/** The auditor is to compute a result that was accepted too. `share`: of them. */
export function isDoubted(state: CoreState, job: Job, open: OpenUnit, share: number, work: Work): boolean {
  if (job.spec.floats || !mayOwe(state, job, MAX_OWED_MS)) return false;
  const isDrawn = work.isDrawn(share);
  return isDrawn || refusedOf(open).some(({ account }) => accountOf(state, account).contradicted >= MAX_CONTRADICTED - 1);
}

/** A unit is final with another result than these told. */
export function noteRejected(state: CoreState, job: Job, open: OpenUnit): void {
  if (job.spec.floats) return;
  for (const { account: id } of refusedOf(open)) {
    const account = accountOf(state, id);
    account.contradicted = Math.max(account.contradicted, Math.min(MAX_CONTRADICTED - 1, account.contradicted + 1));
  }
}

function refusedOf(open: OpenUnit): Replica[] {
  return open.replicas.filter((replica) => isRejected(open, replica) && !isAuditor(replica));
}
