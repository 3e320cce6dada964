/** What is known of an account beside its standing: the pace of its hosts and the kernels that do not run on them. */
import { GFLOP_PER_CREDIT } from "../../shared/credit.ts";
import type { AccountId, JobId } from "../../shared/ids.ts";
import type { HostFacts } from "./events.ts";
import type { Account, CoreState, Job } from "./state.ts";

/** So many failures of a job's kernel ahead of its successes: the account gets none of its units for a while, others it gets. */
export const THROTTLE_FAILED = 8;
/** Units an account may hold at once: two full batches. */
export const MAX_HELD_UNITS = 8192;
export const MAX_HELD_LEASES = 64;
/** GPU time of a unit, ms, assumed until it was measured. */
const UNPACED_UNIT_MS = 1000;
/** Weight of the newest measurement of GPU time a unit. */
const PACE_WEIGHT = 0.3;
/** Jobs whose pace, and whose failures, are remembered for an account. */
const MAX_PACES = 64;

export function accountOf(state: CoreState, id: AccountId): Account {
  let account = state.accounts.get(id);
  if (!account) {
    const standing = { final: 0, refused: 0, returned: 0, drawn: 0, open: 0, activeIn: 0 };
    const record = { passed: 0, proven: 0, convictedAt: 0 };
    const held = { hosts: 0, gpu: { micros: 0, at: 0 }, claims: 0, leases: 0, held: 0 };
    account = { ...standing, record, contradicted: 0, ...held, failures: new Map(), pace: new Map() };
    state.accounts.set(id, account);
  }
  return account;
}

/** The job's kernel does not run on this account's hosts, or the account says so to be rid of the units. */
export function isFailing(account: Account, job: JobId): boolean {
  return (account.failures.get(job) ?? 0) >= THROTTLE_FAILED;
}

/** Takes one answer to a unit of the job into account. */
export function noteRun(account: Account, job: JobId, ran: boolean): void {
  const known = account.failures.get(job) ?? 0;
  const failures = ran ? known - 1 : known + 1;
  if (failures <= 0) account.failures.delete(job);
  else if (known > 0 || account.failures.size < MAX_PACES) account.failures.set(job, failures);
}

/** Takes a measured GPU time, microseconds, into the account's pace for the job. */
export function notePace(account: Account, job: JobId, gpuMicros: number): void {
  const known = account.pace.get(job);
  if (known === undefined && account.pace.size >= MAX_PACES) account.pace.clear();
  const measured = Math.max(1, gpuMicros);
  account.pace.set(job, known === undefined ? measured : known + PACE_WEIGHT * (measured - known));
}

/** GPU time of a unit, microseconds: as the account's were, else as its owner's figure and the host's speed let expect. */
export function paceOf(account: Pick<Account, "pace"> | undefined, job: Job, host: Pick<HostFacts, "gflops"> | undefined): number {
  return account?.pace.get(job.spec.id) ?? declaredPace(job, host) ?? UNPACED_UNIT_MS * 1000;
}

/** What a lease is given time for: a key that has shown nothing, and is no member of a pool, keeps a unit from others no longer for the speed it tells. */
export function leasePaceOf(account: Account, job: Job, host: HostFacts): number {
  const pace = paceOf(account, job, host);
  const isKnown = account.pace.has(job.spec.id) || account.final > 0 || job.spec.pool !== undefined;
  return isKnown ? pace : Math.min(pace, UNPACED_UNIT_MS * 1000);
}

/** Neither of the two has been checked: they may shrink a first batch and lengthen the lease of who has verified work, within what any may last. */
export function declaredPace(job: Job, host: Pick<HostFacts, "gflops"> | undefined): number | undefined {
  return host?.gflops && (job.spec.creditPerUnit * GFLOP_PER_CREDIT * 1e6) / host.gflops;
}
