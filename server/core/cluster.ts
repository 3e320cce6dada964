/**
 * Who may be one person. A cluster is a string of names separated by blanks: names under different keys of one network
 * (`net:2950:4f…`), or the one name of an account. Clusters that share a name may be one person. The first name is the one
 * that is kept; the others recognise what was kept under older keys, and live in memory alone.
 */
import { areJoined } from "./devices.ts";
import type { CoreState, Job, Lease, OpenUnit } from "./state.ts";

/** The cluster of the coordinator's own trusted host; the gateway gives it to nobody else. */
export const AUDITOR = "auditor";

/** Replicas of one unit that a cluster may have: one, and one that was assigned elsewhere before its volunteer moved here. */
export const MAX_CLUSTER_REPLICAS = 2;

export function sameCluster(one: string, other: string): boolean {
  if (one === other) return true;
  const kept = keptName(one);
  if (kept === keptName(other)) return true;
  if (kept === one && !other.includes(" ")) return false;
  // Two names under one key decide, and are nearly always there: claims compare thousands.
  const key = kept.slice(0, kept.lastIndexOf(":") + 1);
  if (key !== "" && other.startsWith(key)) return false;
  const names = other.split(" ");
  return one.split(" ").some((name) => names.includes(name));
}

/** Clusters whose kept names are remembered: those of all who are here, and more. */
const MAX_KNOWN = 16_384;
const known = new Map<string, string>();

/** The name that goes into the store. Cut out once: it is asked for many times a replica, and looked up by. */
export function keptName(cluster: string): string {
  let kept = known.get(cluster);
  if (kept === undefined) {
    const end = cluster.indexOf(" ");
    kept = end < 0 ? cluster : cluster.slice(0, end);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(cluster, kept);
  }
  return kept;
}

/** Clusters that had their try at the unit. */
export function triesOf(open: OpenUnit): number {
  let tries = 0;
  for (const replica of open.replicas) if (replica.first) tries++;
  return tries;
}

/** One person may be behind both, as far as was known at this time, ms. Members of a pool count one by one, whatever account joins them. */
export function mayBeOne(
  state: CoreState,
  { spec }: Pick<Job, "spec">,
  one: Pick<Lease, "account" | "cluster">,
  other: Pick<Lease, "account" | "cluster">,
  at?: number,
): boolean {
  if (one.account === other.account || sameCluster(one.cluster, other.cluster)) return true;
  return spec.pool === undefined && areJoined(state, one.account, other.account, at);
}
