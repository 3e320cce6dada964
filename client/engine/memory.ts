/** GPU memory that a job takes here at most, reckoned from its plan before any of it is made. */
import type { JobPlan } from "../../shared/plan.ts";
import { MAX_QUEUED_CHUNKS, MAX_SUBMIT_BYTES, MAX_SUBMIT_UNITS } from "./limits.ts";
import { stagingOffsets } from "./result.ts";

/** Units that are begun and not read yet: the one that a chunk ends in, and the one that the next begins with. */
const SETS = 2;

/** Bytes of one unit's buffers. */
function unitBytes(plan: JobPlan): number {
  return plan.buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Units that share a chunk at most. */
export function maxUnits(plan: JobPlan): number {
  return Math.max(1, Math.min(MAX_SUBMIT_UNITS, Math.floor(MAX_SUBMIT_BYTES / unitBytes(plan))));
}

/** Bytes: buffers of the units at work, files kept beside them, what is uploaded for one chunk, and the results on their way back. */
export function memoryOf(plan: JobPlan): number {
  let files = 0;
  for (const { init, byteLength } of plan.buffers) if (init.kind === "file") files += byteLength;
  const units = maxUnits(plan);
  return (SETS + units) * unitBytes(plan) + files + MAX_QUEUED_CHUNKS * units * stagingOffsets(plan).size;
}
