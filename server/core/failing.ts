/** A kernel that does not run, or takes devices with it: what its owner is told while its units use up their replicas. */
import type { Job } from "./state.ts";

/** Open units that are looked at, the oldest first. */
const LOOKED_AT = 64;
/** One or two may have a bad driver. */
const MIN_FAILURES = 3;

/** Words for the job's status, or "" when no unit of the first few failed with several volunteers and ran with none. */
export function failing(job: Job): string {
  let looked = 0;
  for (const [unit, { replicas }] of job.open) {
    if (++looked > LOOKED_AT) break;
    if (replicas.length < MIN_FAILURES || replicas.some(({ status }) => status === "ok")) continue;
    return `${replicas.length} volunteers say that unit ${unit} does not run or takes their device with it: look at the kernel's loops and bounds`;
  }
  return "";
}
