/** What comparing results of a unit has come to, and what is to be compared after a restart. */
import type { Reply } from "./effects.ts";
import type { CoreEvent } from "./events.ts";
import { type Distance, type Distances, isAlike, isCompared, type ToCompare } from "./likeness.ts";
import { noteDifference } from "./portability.ts";
import type { CoreState } from "./state.ts";
import { isOver } from "./store.ts";
import { conclude } from "./verify.ts";
import type { Work } from "./work.ts";

/** All that is to be compared, after a restart. */
export function* uncompared(state: CoreState): Generator<ToCompare> {
  for (const job of state.jobs.values()) {
    if (isOver(job)) continue;
    for (const [unit, { withBytes, distances }] of job.open) {
      for (const [at, digest] of withBytes.entries())
        if (distances && !isCompared(distances, digest)) yield { job: job.spec.id, unit, digest, others: withBytes.slice(0, at) };
    }
  }
}

/** This one is still to be compared. */
export function isUncompared(state: CoreState, { job, unit, digest }: ToCompare): boolean {
  const open = state.jobs.get(job)?.open.get(unit);
  if (!open) return false;
  return open.distances ? !isCompared(open.distances, digest) : !open.differences?.has(digest);
}

export function takeLikeness(state: CoreState, event: Extract<CoreEvent, { type: "compared" }>, work: Work): Reply {
  const job = state.jobs.get(event.job);
  const open = job?.open.get(event.unit);
  // Else the unit, or its job, has ended meanwhile.
  if (!job || !open) return { type: "done" };
  const { unit, digest } = event;
  for (const { to, difference } of event.differences ?? []) noteDifference(open, digest, to, difference);
  if (!open.distances) return { type: "done" };
  for (const { to, distance } of event.distances) {
    distancesOf(open.distances, digest).set(to, distance);
    distancesOf(open.distances, to).set(digest, distance);
  }
  if (isAlike(open, digest, digest) === false) for (const replica of open.replicas) if (replica.digest === digest) replica.counted = false;
  conclude(state, job, unit, open, work);
  return { type: "done" };
}

function distancesOf(all: Distances, digest: string): Map<string, Distance> {
  let found = all.get(digest);
  if (!found) {
    found = new Map();
    all.set(digest, found);
  }
  return found;
}
