/** A word about loops that never end, as far as they say so themselves, and about units that might as well. */

import { endlessLoops } from "../../shared/kernel/endless.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import type { PassPlan } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";
import type { Workgroups } from "./needs.ts";
import { placed } from "./placed.ts";

/** Invocations a second of the best cards, a few instructions each, for some minutes. */
const MANY_INVOCATIONS = 2 ** 43;

/** Warns of passes that are dispatched so widely that no card ends a unit: the numbers are often meant as invocations. */
export function warnHuge(passes: readonly PassPlan[], workgroups: Workgroups, faults: Faults): void {
  for (const [
    index,
    {
      entryPoint,
      workgroups: [x, y, z],
      repeat,
    },
  ] of passes.entries()) {
    const size = workgroups.get(entryPoint)?.size ?? [1, 1, 1];
    const [groups, each] = [x * y * z * repeat, size[0] * size[1] * size[2]];
    if (groups * each <= MANY_INVOCATIONS) continue;
    faults.warnAt(
      ["passes", index, "workgroups"],
      `a unit has ${groups.toLocaleString("en")} workgroups of ${each} invocations here: the fastest cards take minutes to hours for that many. The numbers count workgroups, not invocations.`,
    );
  }
}

export function warnEndless(kernel: Kernel, faults: Faults): void {
  for (const offset of endlessLoops(kernel))
    faults.warn(
      `${placed(kernel, offset)} This loop's condition is always true and nothing in it leaves it: a kernel that comes here never ends, and holds the GPU of whoever runs it. Add a break or a return, or a condition that ends it.`,
    );
}
