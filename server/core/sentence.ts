/**
 * What follows from audits. Proven wrong: the account's earlier results vote no more, it is new again and gets nothing for a
 * while, its cluster is watched for a week; twice for a result that it told alike with another cluster: banned. So are all devices
 * of the account. Vetted: what waited for that is final.
 */
import { type AccountId, unitsOf } from "../../shared/ids.ts";
import { accountOf } from "./account.ts";
import { keptName } from "./cluster.ts";
import { devicesOf, isRevoked } from "./devices.ts";
import type { Assignment } from "./events.ts";
import { takeBack } from "./expiry.ts";
import { THROTTLE_REFUSED } from "./standing.ts";
import type { CoreState, Job } from "./state.ts";
import { conclude } from "./verify.ts";
import type { Work } from "./work.ts";

/** A cluster is watched for so long, ms. */
export const WATCH_MS = 7 * 86_400_000;
/** Clusters that are watched at a time; those watched for longest go first. */
export const MAX_WATCHED = 65_536;
const BANNED_PROVEN = 2;

export function isBanned(state: CoreState, account: AccountId): boolean {
  return (state.accounts.get(account)?.record.proven ?? 0) >= BANNED_PROVEN;
}

/** Nothing that it brings counts. */
export function isBarred(state: CoreState, account: AccountId): boolean {
  return isBanned(state, account) || isRevoked(state, account);
}

/** It was issued before its account was last proven wrong: its units are others' now, and what comes of it is no vote. */
export function isFromBefore(state: CoreState, { account, issuedAt }: Assignment): boolean {
  const convictedAt = state.accounts.get(account)?.record.convictedAt ?? 0;
  return convictedAt > 0 && issuedAt <= convictedAt;
}

/** Lets what this step has found out take its effect, until nothing new comes of it. */
export function carryOut(state: CoreState, work: Work): void {
  while (work.proven.size > 0 || work.vetted.size > 0) {
    for (const [account, found] of work.proven) {
      work.proven.delete(account);
      convict(state, account, found, work);
    }
    for (const account of work.vetted) {
      work.vetted.delete(account);
      for (const job of state.jobs.values()) {
        for (const unit of [...(job.provisionalOf.get(account) ?? [])]) {
          const open = job.open.get(unit);
          if (open) conclude(state, job, unit, open, work);
        }
      }
    }
  }
}

function convict(state: CoreState, id: AccountId, { cluster, alike }: { cluster: string; alike: boolean }, work: Work): void {
  for (const device of devicesOf(state, id)) {
    if (alike) accountOf(state, device).record.proven++;
    disgrace(state, device, device === id ? { cluster, alike } : null, work);
  }
}

/** `found`: what it was found out for itself; null: it answers for another device of its account. */
export function disgrace(state: CoreState, id: AccountId, found: { cluster: string; alike: boolean } | null, work: Work): void {
  const account = accountOf(state, id);
  account.record = { passed: 0, proven: account.record.proven, convictedAt: work.now };
  account.contradicted = 0;
  account.final = 0;
  account.refused = Math.max(account.refused, THROTTLE_REFUSED);
  account.pace.clear();
  const watchedUntil = work.now + WATCH_MS;
  const cluster = found && keptName(found.cluster);
  if (cluster !== null) watch(state, cluster, watchedUntil);
  work.store({ type: "proven-wrong", account: id, cluster, alike: found?.alike ?? false, at: work.now, watchedUntil });
  for (const lease of state.leases.values()) if (lease.account === id) takeBack(state, lease, unitsOf(lease.runs), work);
  for (const job of state.jobs.values()) strike(state, job, id, work);
}

/** The account's replicas of open units vote no more. */
function strike(state: CoreState, job: Job, account: AccountId, work: Work): void {
  for (const [unit, open] of [...job.open]) {
    const replica = open.replicas.find((other) => other.account === account);
    if (!replica?.counted) continue;
    replica.counted = false;
    job.wanted.delete(unit);
    conclude(state, job, unit, open, work);
  }
}

export function watch(state: CoreState, cluster: string, until: number): void {
  state.watched.delete(cluster);
  state.watched.set(cluster, until);
  for (const name of state.watched.keys()) {
    if (state.watched.size <= MAX_WATCHED) break;
    state.watched.delete(name);
  }
}

/** Forgets clusters whose week is over. */
export function unwatch(state: CoreState, now: number): void {
  for (const [cluster, until] of state.watched) {
    if (until > now) return;
    state.watched.delete(cluster);
  }
}
