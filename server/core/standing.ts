/**
 * Standing of accounts and of clusters: how their latest replicas were judged, what came back, what is undecided. A key is free,
 * so an account that has shown nothing shares what its cluster may do. Standing throttles and never bans: losses fade.
 *
 * Units that wait for another replica are what a colluder looks through for an accomplice's. How many a claim may draw:
 *
 *   own final units earn draws (drawsLeft) ──none are left──▶ its cluster's ──none are left──▶ untouched units only
 *
 * Untouched units are what a liar fills the network with. How many a claim may begin: what is verified lately, and a few
 * (beginsLeft). Whoever has mostly lost, or mostly given back, gets nothing for a while (isThrottled).
 *
 * What is done in a pool changes no standing: there its owner decides whom to trust.
 */
import type { AccountId } from "../../shared/ids.ts";
import { accountOf, MAX_HELD_UNITS } from "./account.ts";
import { activeCount } from "./active.ts";
import { keptName } from "./cluster.ts";
import { devicesOf } from "./devices.ts";
import type { Account, CoreState, Job, Replica, Standing } from "./state.ts";

/** Below this many refused replicas nobody is throttled. */
export const THROTTLE_REFUSED = 8;
/** A final unit earns one draw, and so many of them one more: who finds less than that by searching is soon done with it. */
const FINAL_A_SPARE = 8;
/** Waiting units that keys of one cluster may draw together in DECAY_MS without any history. */
const SHARED_DRAWS = 64;
/** Final units of a cluster that earn its keys one more. */
const CLUSTER_FINAL_A_DRAW = 16;
/** Undecided units that a cluster may have begun without any history, and how many more each final one earns. */
const SHARED_BEGINS = 256;
const BEGINS_A_FINAL = 4;
/** Units given back or run out, beyond those that became final, until nothing is given out: a sleep with all that may be held. */
export const BARRED_RETURNED = MAX_HELD_UNITS;
/** The same for the keys of a cluster together. */
const BARRED_CLUSTER_RETURNED = 4 * MAX_HELD_UNITS;
/** Counts are halved this often, ms: eight losses stop weighing after one period. */
export const DECAY_MS = 600_000;
/** Clusters that are remembered. Whoever has more of them need not hide behind one. */
const MAX_CLUSTERS = 65_536;

export function standingOf(state: CoreState, cluster: string): Standing {
  const name = keptName(cluster);
  let standing = state.clusters.get(name);
  if (!standing) {
    if (state.clusters.size >= MAX_CLUSTERS) state.clusters.clear();
    standing = { final: 0, refused: 0, returned: 0, open: 0, drawn: 0, activeIn: 0 };
    state.clusters.set(name, standing);
  }
  return standing;
}

/** Gets nothing for a while. Who has more right than wrong answers of its own is not held to what its cluster does. */
export function isThrottled(account: Account, cluster: Standing): boolean {
  if (isMostlyRefused(account) || account.returned > BARRED_RETURNED + account.final) return true;
  if (account.final > account.refused) return false;
  return isMostlyRefused(cluster) || cluster.returned > BARRED_CLUSTER_RETURNED + cluster.final;
}

function isMostlyRefused({ refused, final }: Pick<Standing, "refused" | "final">): boolean {
  return refused >= THROTTLE_REFUSED && refused > final;
}

/** Its devices together have mostly lost lately: another device is no way around that. */
export function isAccountMostlyRefused(state: CoreState, account: AccountId): boolean {
  if (!state.devices.has(account)) return false;
  const sums = { refused: 0, final: 0 };
  for (const id of devicesOf(state, account)) {
    const device = state.accounts.get(id);
    sums.refused += device?.refused ?? 0;
    sums.final += device?.final ?? 0;
  }
  return isMostlyRefused(sums);
}

/** Waiting units that a claim may draw: what its account has earned, or else (`areShared`) what is left for its cluster. */
export function drawsLeft(account: Account, cluster: Standing): { units: number; areShared: boolean } {
  const own = account.final + Math.floor(account.final / FINAL_A_SPARE) - account.drawn;
  if (own > 0) return { units: own, areShared: false };
  const shared = SHARED_DRAWS + Math.floor(cluster.final / CLUSTER_FINAL_A_DRAW) - cluster.drawn;
  return { units: Math.max(0, shared), areShared: true };
}

/** Untouched units that a claim may take, of a job of which its cluster holds `held`. Nobody waits for who is alone. */
export function beginsLeft(state: CoreState, account: Account, cluster: Standing, held: number): number {
  if (activeCount(state.activeClusters) < 2) return Number.POSITIVE_INFINITY;
  const own = BEGINS_A_FINAL * account.final - account.open - account.held;
  const shared = SHARED_BEGINS + BEGINS_A_FINAL * cluster.final - cluster.open - held;
  return Math.max(0, own, shared);
}

/** A replica of a public unit that has not ended is there (1), or its unit has ended (-1). */
export function noteOpen(state: CoreState, job: Job, { account, cluster }: Pick<Replica, "account" | "cluster">, by: 1 | -1): void {
  if (job.spec.pool !== undefined) return;
  // An account that was forgotten in between is counted anew.
  countOpen(accountOf(state, account), by);
  countOpen(standingOf(state, cluster), by);
}

function countOpen(standing: Standing, by: 1 | -1): void {
  standing.open = Math.max(0, standing.open + by);
}

/** Halves what is old and forgets accounts and clusters of which nothing is left. */
export function decay(state: CoreState, now: number): void {
  if (now - state.decayedAt < DECAY_MS) return;
  state.decayedAt = now;
  for (const [id, account] of state.accounts) {
    halve(account);
    account.contradicted = Math.floor(account.contradicted / 2);
    for (const [job, failures] of account.failures) {
      if (failures > 1) account.failures.set(job, Math.floor(failures / 2));
      else account.failures.delete(job);
    }
    if (account.hosts === 0 && account.leases === 0 && isClean(account) && account.failures.size === 0) state.accounts.delete(id);
  }
  for (const [name, standing] of state.clusters) {
    halve(standing);
    if (isClean(standing)) state.clusters.delete(name);
  }
}

function halve(standing: Standing): void {
  standing.final = Math.floor(standing.final / 2);
  standing.refused = Math.floor(standing.refused / 2);
  standing.returned = Math.floor(standing.returned / 2);
  standing.drawn = Math.floor(standing.drawn / 2);
}

function isClean({ final, refused, returned, drawn, open }: Standing): boolean {
  return final === 0 && refused === 0 && returned === 0 && drawn === 0 && open === 0;
}
