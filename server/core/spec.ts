import type { JobSpec } from "./events.ts";

/** Throws `RangeError` on a spec that no job can have. */
export function checkSpec({ units, quorum, maxReplicas, creditPerUnit, floats, tolerant }: Omit<JobSpec, "id">): void {
  if (!Number.isSafeInteger(units) || units < 1) throw new RangeError(`a job cannot have ${units} units`);
  if (!Number.isInteger(quorum) || quorum < 1) throw new RangeError(`a job cannot have the quorum ${quorum}`);
  if (!(maxReplicas >= quorum)) throw new RangeError(`${maxReplicas} replicas cannot reach the quorum ${quorum}`);
  if (tolerant && !floats) throw new RangeError("a job whose results are compared within a tolerance cannot be one without floats");
  if (!(creditPerUnit >= 0 && Number.isFinite(creditPerUnit))) throw new RangeError(`a unit cannot be worth ${creditPerUnit}`);
}
