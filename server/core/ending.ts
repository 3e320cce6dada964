/** A unit ends, final or failed: what becomes of those who answered it, and what is kept of it. */
import type { UnitIndex } from "../../shared/ids.ts";
import { letGo } from "./audit.ts";
import { mayBeOne } from "./cluster.ts";
import { settleFinal, settleVoid } from "./credit.ts";
import { dropHolders } from "./lease.ts";
import { isAlike, takenIn } from "./likeness.ts";
import { portabilityOf } from "./portability.ts";
import { noteRuling } from "./ruling.ts";
import type { CoreState, Job, OpenUnit } from "./state.ts";
import { pageOf } from "./store.ts";
import type { Work } from "./work.ts";

/** It is final with `digest`. */
export function finish(state: CoreState, job: Job, unit: UnitIndex, open: OpenUnit, digest: string, work: Work): void {
  acquit(state, job, open, digest);
  countAccountsOnce(state, job, open, digest);
  const kinds = portabilityOf(state, open, digest);
  const audited = noteRuling(state, job, open, digest, work);
  const { settled, ...judged } = settleFinal(state, job, open, digest, work);
  const slices = open.check?.slices ?? 0;
  const final = { type: "final", job: job.spec.id, unit, digest, audited, settled, kinds, at: work.now } as const;
  work.store(slices > 0 ? { ...final, slices } : final);
  if (slices > 0) job.checked++;
  job.checkedSlices += slices;
  if (open.distances) job.taken = Math.max(job.taken ?? 0, takenIn(open, digest));
  job.recorded += open.replicas.length;
  close(state, job, unit, open, "final", work);
  work.tell({ type: "unit-final", job: job.spec.id, unit, ...judged });
}

/** Whom its checker refused has a vote again where the auditor has found it right. */
function acquit(state: CoreState, job: Job, { replicas, rejected }: OpenUnit, digest: string): void {
  if (!rejected.includes(digest)) return;
  for (const replica of replicas) {
    if (replica.counted || replica.status !== "ok" || replica.digest !== digest) continue;
    replica.counted = !replicas.some((other) => other.counted && mayBeOne(state, job, other, replica));
  }
}

/** Of those who are right one device an account is paid, although they voted before they were joined. */
function countAccountsOnce(state: CoreState, job: Job, open: OpenUnit, digest: string): void {
  if (state.devices.size === 0) return;
  const right = open.replicas.filter((replica) => replica.counted && isAlike(open, replica.digest, digest) === true);
  for (const [at, replica] of right.entries()) {
    if (right.slice(0, at).some((earlier) => earlier.counted && mayBeOne(state, job, earlier, replica))) replica.counted = false;
  }
}

/** Nobody can compute it. */
export function failUnit(state: CoreState, job: Job, unit: UnitIndex, open: OpenUnit, work: Work): void {
  const kinds = portabilityOf(state, open, null);
  work.store({ type: "unit-failed", job: job.spec.id, unit, settled: settleVoid(state, job, open, work), kinds, at: work.now });
  close(state, job, unit, open, "failed", work);
}

function close(state: CoreState, job: Job, unit: UnitIndex, open: OpenUnit, how: "final" | "failed", work: Work): void {
  letGo(job, unit, open);
  job.open.delete(unit);
  if (job.wanted.size > 0) job.wanted.delete(unit);
  if (job.late.size > 0) job.late.delete(unit);
  if (job.returned.size > 0) job.returned.delete(unit);
  dropHolders(state, job, unit);
  if (job.pages.end(unit, how)) work.store({ type: "page-ended", job: job.spec.id, page: pageOf(unit) });
  work.endedIn.add(job);
  state.recent.add(job.spec.id, unit, open.replicas);
}
