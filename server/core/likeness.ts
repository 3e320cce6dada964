/**
 * Which results of a unit are alike, where its job compares within a tolerance. The core never sees bytes: whenever those of a
 * result are stored it asks for them to be compared with themselves and with all that were stored before, and is told how far
 * they are apart. Nothing is concluded of a unit while it waits for that. What was told lives in memory: it follows from bytes
 * that are kept, and after a restart it is asked for again.
 *
 * Every result is compared with one reference, never in a chain: a result has the votes of all that are alike to it. Of several
 * that have enough the unit's is the auditor's, else the medoid: of those with most votes the one that is nearest to them.
 */
import type { JobId, UnitIndex } from "../../shared/ids.ts";
import type { Job, OpenUnit } from "./state.ts";
import type { Work } from "./work.ts";

/** In parts of the tolerance, 0 to 1; null: further. `unread`: its bytes could not be read, which is nobody's fault but ours. */
export type Distance = number | null | "unread";

/** How far results are apart. By digest, of both. */
export type Distances = Map<string, Map<string, Distance>>;

/** A result that is to be compared with itself and with `others`; the bytes of all of them are stored. */
export interface ToCompare {
  job: JobId;
  unit: UnitIndex;
  digest: string;
  others: string[];
}

/** Undefined: that is not known yet. A result that is not alike to itself is no vote. */
export function isAlike({ distances }: OpenUnit, one: string, other: string): boolean | undefined {
  if (!distances) return one === other;
  const found = distances.get(one)?.get(other);
  return found === undefined ? undefined : typeof found === "number";
}

/** Nobody knows what it says: it is no vote, and whoever gave it is not refused for it. */
export function isUnread({ distances }: OpenUnit, digest: string): boolean {
  return distances?.get(digest)?.get(digest) === "unread";
}

/** Bytes of it are stored that were not compared yet. */
export function isComparing({ distances, withBytes }: OpenUnit): boolean {
  return distances !== null && withBytes.some((digest) => !isCompared(distances, digest));
}

export function isCompared(distances: Distances, digest: string): boolean {
  return distances.get(digest)?.has(digest) ?? false;
}

/** Results of a job whose difference may be asked for, since the process began, where likeness does not depend on it: each is read whole. */
export const MAX_DIFFERED = 1024;

/** Asks for a result whose bytes have just been stored: how far it is from the others, or, where that is known, where it differs from them. */
export function askLikeness(job: Job, unit: UnitIndex, { distances, withBytes }: OpenUnit, digest: string, work: Work): void {
  const isOdd = !distances && withBytes.length > 0 && job.differed < MAX_DIFFERED;
  if (isOdd) job.differed++;
  if (distances || isOdd) work.tell({ type: "compare", job: job.spec.id, unit, digest, others: [...withBytes] });
}

/** Of decided results the one that is the unit's; `vouched`: those of them that somebody vetted gave, which are preferred. */
export function referenceOf(open: OpenUnit, decided: readonly string[], vouched: readonly string[]): string | undefined {
  const { distances, ruling, replicas } = open;
  if (ruling !== null && decided.includes(ruling)) return ruling;
  const preferred = vouched.length > 0 ? vouched : decided;
  if (!distances || preferred.length < 2) return preferred[0];
  const rank = (digest: string) => {
    const near = replicas.filter((replica) => replica.counted && isAlike(open, replica.digest, digest) === true);
    const apart = near.reduce((sum, replica) => sum + partOf(distances.get(digest)?.get(replica.digest)), 0);
    return { digest, votes: near.length, apart };
  };
  return preferred.map(rank).sort((one, other) => other.votes - one.votes || one.apart - other.apart)[0]?.digest;
}

/** The largest part of the tolerance that a result which counts is from the unit's. */
export function takenIn({ distances, replicas }: OpenUnit, canonical: string): number {
  let taken = 0;
  for (const { counted, digest } of replicas) if (counted) taken = Math.max(taken, partOf(distances?.get(canonical)?.get(digest)));
  return taken;
}

export function partOf(distance: Distance | undefined): number {
  return typeof distance === "number" ? distance : 0;
}
