/**
 * What the auditor's result says of those who gave one. Confirmed by surprise: one audit passed. Contradicted: an error, or a
 * lie. Two clusters with the same wrong result did not err by chance, and who errs again and again is no use either: proven
 * wrong (sentence.ts). Over floats nobody is blamed.
 */
import { accountOf } from "./account.ts";
import { isAuditor, VETTED_PASSED } from "./audit.ts";
import type { CoreState, Job, OpenUnit } from "./state.ts";
import type { Audited } from "./store.ts";
import { votesFor } from "./votes.ts";
import type { Work } from "./work.ts";

/** Errors alone, less the audits passed since, that prove an account wrong: a card that errs once in a thousand never gets there. */
export const MAX_CONTRADICTED = 4;

/** Takes note of a unit that is final with `digest`. */
export function noteRuling(state: CoreState, job: Job, open: OpenUnit, digest: string, work: Work): Audited {
  if (open.ruling !== digest) return "no";
  job.audited++;
  const volunteers = open.replicas.filter((replica) => replica.counted && !isAuditor(replica));
  // Who was right in a dispute may have made it up with the other side: what passes was a surprise.
  const isSurprise = volunteers.every((replica) => replica.digest === volunteers[0]?.digest);
  if (volunteers.some((replica) => replica.digest !== digest && votesFor(open, replica.digest) >= job.spec.quorum)) job.overruled++;
  for (const { account: id, cluster, digest: told } of volunteers) {
    const account = accountOf(state, id);
    if (told === digest) {
      if (!isSurprise) continue;
      account.contradicted = Math.max(0, account.contradicted - 1);
      if (++account.record.passed === VETTED_PASSED) work.vetted.add(id);
    } else if (!job.spec.floats) {
      const alike = volunteers.some((other) => other.account !== id && other.digest === told);
      const known = work.proven.get(id)?.alike ?? false;
      if (alike || ++account.contradicted >= MAX_CONTRADICTED) work.proven.set(id, { cluster, alike: alike || known });
    }
  }
  return isSurprise ? "surprise" : "dispute";
}
