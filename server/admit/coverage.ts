/** A word about outputs that the invocations of the passes cannot fill. */

import { counted } from "../../shared/counted.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import { storesOf } from "../../shared/kernel/stores.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, PassPlan } from "../../shared/plan.ts";
import type { SizedBinding } from "./buffers.ts";
import type { Faults } from "./faults.ts";
import type { Workgroups } from "./needs.ts";
import { outputBytes } from "./outputs.ts";

/**
 * Warns where an output that is an array, and starts as zeros, has more elements than the passes can store: invocations times
 * the stores that an invocation can reach, over all passes. Silent where that has no bound that the text shows: a pass that is
 * repeated, a store in a loop or through a pointer, a workgroup whose size is unknown.
 */
export function warnCoverage(
  manifest: Manifest,
  kernel: Kernel,
  passes: readonly PassPlan[],
  workgroups: Workgroups,
  buffers: readonly BufferPlan[],
  sized: ReadonlyMap<string, SizedBinding>,
  faults: Faults,
): void {
  for (const [index, output] of manifest.output.entries()) {
    const { binding } = output;
    const found = sized.get(binding);
    const buffer = buffers.findIndex(({ name }) => name === binding);
    const array = found?.reflected.layout;
    if (array?.kind !== "array" || (found?.manifest.init ?? "zero") !== "zero") continue;
    const elements = Math.ceil(outputBytes(output) / array.stride);
    let stored = 0;
    let invocations = 0;
    for (const pass of passes) {
      if (!pass.uses.includes(buffer)) continue;
      const size = workgroups.get(pass.entryPoint)?.size;
      const each = storesOf(kernel, pass.entryPoint, binding);
      if (each === 0) continue;
      const threads = size ? size[0] * size[1] * size[2] : Number.POSITIVE_INFINITY;
      const count = pass.repeat > 1 ? Number.POSITIVE_INFINITY : threads * pass.workgroups[0] * pass.workgroups[1] * pass.workgroups[2];
      invocations += count;
      stored += count * each;
    }
    if (stored === 0 || stored >= elements) continue;
    const most = stored === invocations ? "one each" : `${stored} together`;
    const text = `${binding} has ${counted(elements, "element")} by this shape and the passes ${counted(invocations, "invocation")}, which store ${most} at most: ${elements - stored} or more stay zero. Give the passes more workgroups, or the shape fewer elements.`;
    faults.warnAt(["output", index, "shape"], text);
  }
}
