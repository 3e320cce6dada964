/**
 * Standing of an account: how its latest replicas were judged, and whether it computes what it takes. It throttles and never
 * bans: an honest volunteer who lost votes to a coalition, or whose GPU is faulty, gets work again as soon as the losses have
 * faded.
 */
import type { AccountId, JobId } from "../../shared/ids.ts";
import type { Account, CoreState } from "./state.ts";

/** Below this many refused replicas nobody is throttled. */
export const THROTTLE_REFUSED = 8;
/** So many failures of a job's kernel ahead of its successes: the account gets none of its units for a while, others it gets. */
export const THROTTLE_FAILED = 8;
/** Leases that mostly came back unanswered: more than a person who starts and stops has, fewer than a search for certain units takes. */
export const THROTTLE_RETURNED = 16;
/** Counts are halved this often, ms: eight losses stop weighing after one period. */
export const DECAY_MS = 600_000;
/** Units an account may hold at once: two full batches. */
export const MAX_HELD_UNITS = 8192;
export const MAX_HELD_LEASES = 64;
/** Weight of the newest measurement of GPU time a unit. */
const PACE_WEIGHT = 0.3;
/** Jobs whose pace, and whose failures, are remembered for an account. */
const MAX_PACES = 64;

export function accountOf(state: CoreState, id: AccountId): Account {
  let account = state.accounts.get(id);
  if (!account) {
    account = { hosts: 0, claims: 0, leases: 0, held: 0, final: 0, refused: 0, returned: 0, failures: new Map(), pace: new Map() };
    state.accounts.set(id, account);
  }
  return account;
}

/** Most of its latest replicas differed from the canonical result, or it takes units and does not compute them. */
export function isThrottled(account: Account): boolean {
  if (account.returned >= THROTTLE_RETURNED) return true;
  return account.refused >= THROTTLE_REFUSED && account.refused > account.final;
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

/** Halves what is old and forgets accounts of which nothing is left. */
export function decay(state: CoreState, now: number): void {
  if (now - state.decayedAt < DECAY_MS) return;
  state.decayedAt = now;
  for (const [id, account] of state.accounts) {
    account.final = Math.floor(account.final / 2);
    account.refused = Math.floor(account.refused / 2);
    account.returned = Math.floor(account.returned / 2);
    for (const [job, failures] of account.failures) {
      if (failures > 1) account.failures.set(job, Math.floor(failures / 2));
      else account.failures.delete(job);
    }
    const isClean = account.final === 0 && account.refused === 0 && account.returned === 0 && account.failures.size === 0;
    if (account.hosts === 0 && account.leases === 0 && isClean) state.accounts.delete(id);
  }
}
