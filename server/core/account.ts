/**
 * Standing of an account: how its latest replicas were judged. It throttles and never bans: an honest volunteer who lost
 * votes to a coalition, or whose GPU is faulty, gets work again as soon as the losses have faded.
 */
import type { AccountId } from "../../shared/ids.ts";
import type { Account, CoreState } from "./state.ts";

/** Below this many refused replicas nobody is throttled. */
export const THROTTLE_REFUSED = 8;
/** Counts are halved this often, ms: eight losses stop weighing after one period. */
export const DECAY_MS = 600_000;
/** Units an account may hold at once: two full batches. */
export const MAX_HELD_UNITS = 8192;
export const MAX_HELD_LEASES = 64;
/** Weight of the newest measurement of GPU time a unit. */
const PACE_WEIGHT = 0.3;
/** Jobs whose pace is remembered for an account. */
const MAX_PACES = 64;

export function accountOf(state: CoreState, id: AccountId): Account {
  let account = state.accounts.get(id);
  if (!account) {
    account = { hosts: 0, claims: 0, leases: 0, held: 0, final: 0, refused: 0, pace: new Map() };
    state.accounts.set(id, account);
  }
  return account;
}

/** Most of its latest replicas differed from the canonical result. */
export function isThrottled(account: Account): boolean {
  return account.refused >= THROTTLE_REFUSED && account.refused > account.final;
}

/** Takes a measured GPU time, microseconds, into the account's pace for the job. */
export function notePace(account: Account, job: Parameters<Account["pace"]["get"]>[0], gpuMicros: number): void {
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
    if (account.hosts === 0 && account.leases === 0 && account.final === 0 && account.refused === 0) state.accounts.delete(id);
  }
}
