/** A word about stores that lie beyond the end of their array whatever the units are. */
import { counted } from "../../shared/counted.ts";
import { directStores } from "../../shared/kernel/direct-store.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import type { BufferPlan, PassPlan } from "../../shared/plan.ts";
import type { SizedBinding } from "./buffers.ts";
import type { Faults } from "./faults.ts";
import type { Workgroups } from "./needs.ts";

/**
 * Warns where a pass has more invocations than an array has elements and each of them stores at its own id. WebGPU lets a GPU
 * drop such a store or put it on another element ("Out-of-Bounds Access"): the bytes differ between GPUs.
 */
export function warnBounds(
  kernel: Kernel,
  passes: readonly PassPlan[],
  workgroups: Workgroups,
  buffers: readonly BufferPlan[],
  sized: ReadonlyMap<string, SizedBinding>,
  faults: Faults,
): void {
  for (const { entryPoint, uses, workgroups: groups } of passes) {
    const size = workgroups.get(entryPoint)?.size;
    if (!size) continue;
    for (const index of uses) {
      const name = buffers[index]?.name ?? "";
      const found = sized.get(name);
      const layout = found?.reflected.layout;
      const elements = layout?.kind === "array" ? (layout.count ?? found?.elements) : undefined;
      if (typeof elements !== "number") continue;
      for (const store of directStores(kernel, entryPoint, name)) {
        const invocations = (groups[store.axis] ?? 1) * (size[store.axis] ?? 1);
        if (invocations <= elements) continue;
        const { file, line, column } = kernel.placeOf(store.offset);
        faults.warn(
          `${file}:${line}:${column} ${entryPoint} stores ${name}[${store.index}] in ${counted(invocations, "invocation")} along ${"xyz".charAt(store.axis)}, and ${name} has ${counted(elements, "element")}: GPUs drop the others or write them elsewhere, and volunteers will not agree. Return before it when ${store.index} >= ${elements}, or give ${name} ${invocations} elements.`,
        );
      }
    }
  }
}
