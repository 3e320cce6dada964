/**
 * Credit of a replica: escrowed when it is recorded, settled once when its unit ends.
 *
 *   recorded ──▶ escrow ──unit final, digest canonical──▶ final; what it is paid stays in escrow until its statement is signed
 *                       ──unit final, another result───▶ refused, nothing earned
 *                       ──unit failed, kernel failed───▶ void, nothing earned
 *                       ──never compared with it, for its bytes did not come──▶ void, nothing earned
 *                       ──another of the same cluster counted──▶ void: one computation is paid once
 *
 * In a pool nobody independent has verified anything: its units earn nothing, and change no standing.
 */
import { creditOf, MAX_GFLOP_PER_UNIT } from "../../shared/credit.ts";
import type { AccountId } from "../../shared/ids.ts";
import { accountOf } from "./account.ts";
import { noteActive } from "./active.ts";
import { isAuditor } from "./audit.ts";
import { isAlike, isUnread } from "./likeness.ts";
import { noteOpen, standingOf } from "./standing.ts";
import type { CoreState, Job, OpenUnit, Replica } from "./state.ts";
import { endUnder } from "./statement.ts";
import type { Settled, StoreOp } from "./store.ts";
import type { Work } from "./work.ts";

/** Credit comes in binary fractions, so that sums of doubles are exact below 2^27 credits, in whatever order. */
const CREDIT_GRAIN = 2 ** -26;

/** Credit a replica puts into escrow. A kernel that could not run did no work that anybody can check. */
export function escrowOf(job: Job, status: "ok" | "failed"): number {
  if (job.spec.pool !== undefined) return 0;
  // A job of an earlier release may have been admitted with more than an owner may declare.
  const worth = Math.min(job.spec.creditPerUnit, creditOf(MAX_GFLOP_PER_UNIT));
  return status === "ok" ? Math.round(worth / CREDIT_GRAIN) * CREDIT_GRAIN : 0;
}

/** Settles every replica of a final unit. Returns what became of each, who was right and who was not. */
export function settleFinal(
  state: CoreState,
  job: Job,
  open: OpenUnit,
  digest: string,
  work: Work,
): { settled: Settled[]; accounts: AccountId[]; refused: AccountId[] } {
  const settled: Settled[] = [];
  const accounts: AccountId[] = [];
  const refused: AccountId[] = [];
  for (const replica of open.replicas) {
    const { account } = replica;
    noteOpen(state, job, replica, -1);
    const outcome = outcomeOf(open, replica, digest);
    settled.push(settledAs(state, replica, outcome));
    work.accountChanged(account);
    if (outcome === "void" || isAuditor(replica)) continue;
    if (outcome === "final") accounts.push(account);
    else {
      refused.push(account);
      job.refused++;
    }
    if (job.spec.pool === undefined) noteJudged(state, replica, outcome);
    else noteMemberUnit(job, account, outcome, work);
  }
  return { settled, accounts, refused };
}

/** Counts a member's replica for its pool. */
export function noteMemberUnit(
  { spec }: Job,
  account: AccountId,
  became: Extract<StoreOp, { type: "member-unit" }>["became"],
  work: Work,
): void {
  if (spec.pool !== undefined) work.store({ type: "member-unit", pool: spec.pool, account, became });
}

function noteJudged(state: CoreState, { account, cluster }: Replica, outcome: "final" | "refused"): void {
  const one = accountOf(state, account);
  const all = standingOf(state, cluster);
  one[outcome]++;
  all[outcome]++;
  if (outcome !== "final") return;
  noteActive(state.activeAccounts, one);
  noteActive(state.activeClusters, all);
}

function settledAs(state: CoreState, replica: Replica, outcome: Settled["outcome"]): Settled {
  const { account, site, credit, digest, statement } = replica;
  const settled = { account, site, credit, outcome, digest, statement, signed: endUnder(state, statement) };
  return isAuditor(replica) ? { ...settled, auditor: true } : settled;
}

function outcomeOf(open: OpenUnit, { status, counted, digest }: Replica, canonical: string): Settled["outcome"] {
  const isRight = isAlike(open, digest, canonical);
  if (status === "failed" || isRight === undefined || isUnread(open, digest)) return "void";
  if (!isRight) return "refused";
  return counted ? "final" : "void";
}

/** Voids the escrow of a unit that failed: nobody is to blame, nothing was verified. */
export function settleVoid(state: CoreState, job: Job, open: OpenUnit, work: Work): Settled[] {
  return open.replicas.map((replica) => {
    noteOpen(state, job, replica, -1);
    work.accountChanged(replica.account);
    return settledAs(state, replica, "void");
  });
}
