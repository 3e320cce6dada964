/**
 * What the auditor's result, or its check of slices, says of those who gave one. Confirmed by surprise: one audit passed. Contradicted: an error, or a
 * lie. Two clusters with the same wrong result did not err by chance, and who errs again and again is no use either: proven
 * wrong (sentence.ts). Over floats nobody is blamed.
 */
import type { AccountId } from "../../shared/ids.ts";
import { accountOf } from "./account.ts";
import { isAuditor, VETTED_PASSED } from "./audit.ts";
import { isAlike } from "./likeness.ts";
import { isChecked, noteFalseAlarm } from "./sampling.ts";
import type { CoreState, Job, OpenUnit } from "./state.ts";
import type { Audited } from "./store.ts";
import { votesFor } from "./votes.ts";
import type { Work } from "./work.ts";

/** Errors alone, less the audits passed since, that prove an account wrong: a card that errs once in a thousand never gets there. */
export const MAX_CONTRADICTED = 4;

/** Takes note of a unit that is final with `digest`. */
export function noteRuling(state: CoreState, job: Job, open: OpenUnit, digest: string, work: Work): Audited {
  const isRight = (told: string) => isAlike(open, told, digest) === true;
  const isRuled = open.ruling !== null && isRight(open.ruling);
  if (!isRuled && (open.lone !== "yes" || !isChecked(open, digest))) return "no";
  const volunteers = open.replicas.filter((replica) => replica.counted && !isAuditor(replica));
  if (!isRuled) {
    const { check } = job.spec;
    const share = check?.how === "slices" && open.check ? open.check.slices / check.slices : 1;
    for (const { account } of volunteers) pass(state, account, share, work);
    return "slices";
  }
  job.audited++;
  if (open.check?.isSame === false && open.check.digest === digest) noteFalseAlarm(job, work);
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
