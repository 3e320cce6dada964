/** A word about loops that never end, as far as they say so themselves. */
import { endlessLoops } from "../../shared/kernel/endless.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import type { Faults } from "./faults.ts";
import { placed } from "./placed.ts";

export function warnEndless(kernel: Kernel, faults: Faults): void {
  for (const offset of endlessLoops(kernel))
    faults.warn(
      `${placed(kernel, offset)} This loop's condition is always true and nothing in it leaves it: a kernel that comes here never ends, and holds the GPU of whoever runs it. Add a break or a return, or a condition that ends it.`,
    );
}
