/**
 * What the auditor's result, or its check, says of those who gave one. Confirmed by surprise: one audit passed. Contradicted: an error, or a
 * lie. Two clusters with the same wrong result did not err by chance, and who errs again and again is no use either: proven
 * wrong (sentence.ts). Over floats nobody is blamed.
 */
import type { AccountId } from "../../shared/ids.ts";
import { accountOf } from "./account.ts";
import { isAuditor, MAX_CONTRADICTED, VETTED_PASSED } from "./audit.ts";
import { isRejected, noteRejected } from "./checker.ts";
import { isAlike } from "./likeness.ts";
import { isChecked, noteFalseAlarm } from "./sampling.ts";
import type { CoreState, Job, OpenUnit } from "./state.ts";
import type { Audited } from "./store.ts";
import { votesFor } from "./votes.ts";
import type { Work } from "./work.ts";

/** Takes note of a unit that is final with `digest`. */
export function noteRuling(state: CoreState, job: Job, open: OpenUnit, digest: string, work: Work): Audited {
  const isRight = (told: string) => isAlike(open, told, digest) === true;
  const isRuled = open.ruling !== null && isRight(open.ruling);
  if (!isRuled && (open.lone !== "yes" || !isChecked(open, digest))) return "no";
  const volunteers = open.replicas.filter((replica) => !isAuditor(replica) && (replica.counted || isRejected(open, replica)));
  if (!isRuled) {
    const { check } = job.spec;
    if (check?.how === "checker") {
      noteRejected(state, job, open);
      return "checker";
    }
    const share = check?.how === "slices" && open.check ? open.check.slices / check.slices : 1;
    for (const { account } of volunteers) pass(state, account, share, work);
    return "slices";
  }
  job.audited++;
  if (open.unjudged === digest) job.unrunTasks++;
  if (open.check && open.check.isSame !== (open.check.digest === digest) && isOfAll(job, open.check)) noteFalseAlarm(job, work);
  // Who was right in a dispute may have made it up with the other side: what passes was a surprise.
  const isSurprise =
    volunteers.every(({ digest: told }) => told === volunteers[0]?.digest) || volunteers.every((each) => isRight(each.digest));
  if (volunteers.some((replica) => !isRight(replica.digest) && votesFor(open, replica.digest) >= job.spec.quorum)) job.overruled++;
  for (const { account: id, cluster, digest: told } of volunteers) {
    const account = accountOf(state, id);
    if (isRight(told)) {
      if (!isSurprise) continue;
      pass(state, id, 1, work);
    } else if (!job.spec.floats) {
      const alike = volunteers.some((other) => other.account !== id && other.digest === told);
      const known = work.proven.get(id)?.alike ?? false;
      if (alike || ++account.contradicted >= MAX_CONTRADICTED) work.proven.set(id, { cluster, alike: alike || known });
    }
  }
  return isSurprise ? "surprise" : "dispute";
}

/** By surprise; `share`: what was looked at of the unit. */
function pass(state: CoreState, id: AccountId, share: number, work: Work): void {
  const account = accountOf(state, id);
  account.contradicted = Math.max(0, account.contradicted - share);
  if (++account.record.passed === VETTED_PASSED) work.vetted.add(id);
}

/** Slices that are right say nothing of the others; a checker judges all of a result, right or wrong. */
function isOfAll({ spec }: Job, { isSame }: { isSame: boolean }): boolean {
  return !isSame || spec.check?.how === "checker";
}
