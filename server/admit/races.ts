/** A word about races in a workgroup's memory, which need not show where a kernel is tried. */

import { racesOf } from "../../shared/kernel/races.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import type { Faults } from "./faults.ts";
import type { Workgroups } from "./needs.ts";
import { placed } from "./placed.ts";

/** Warns of workgroup memory that is taken by another index than it was written by, without a barrier between. */
export function warnRaces(kernel: Kernel, workgroups: Workgroups, faults: Faults): void {
  for (const [entryPoint, { size }] of workgroups) {
    if (!size) continue;
    const [x, y, z] = size;
    for (const { name, written, taken } of racesOf(kernel, entryPoint, x * y * z, y * z === 1)) {
      faults.warn(
        `${placed(kernel, taken)} ${name}: it is used here by another index than it was written by at ${placed(kernel, written)}, with no workgroupBarrier() between: invocations race, and which comes first is each GPU's own affair, even where two runs here agree. Write workgroupBarrier(); between the two, where all invocations of a workgroup come.`,
      );
    }
  }
}
