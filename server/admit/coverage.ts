/** A word about outputs that the invocations of the passes cannot fill. */

import { counted } from "../../shared/counted.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import { storesOf } from "../../shared/kernel/stores.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, PassPlan } from "../../shared/plan.ts";
import type { Followed } from "./bounds.ts";
import type { SizedBinding } from "./buffers.ts";
import type { Faults } from "./faults.ts";
import type { Workgroups } from "./needs.ts";
import { outputBytes } from "./outputs.ts";

/**
 * Warns where an output that is an array, and starts as zeros, has more elements than the passes can store: invocations times
 * the stores that an invocation can reach, over all passes; and else where all indices of stores are known and leave out its
 * beginning or its end. Silent where neither has a bound that the text shows.
 */
export function warnCoverage(
  manifest: Manifest,
  kernel: Kernel,
  passes: readonly PassPlan[],
  workgroups: Workgroups,
  buffers: readonly BufferPlan[],
  sized: ReadonlyMap<string, SizedBinding>,
  followed: readonly Followed[],
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
    if (stored === 0 || stored >= elements) {
      const left = leftOut(binding, buffer, elements, followed);
      if (left) faults.warnAt(["output", index, "shape"], left);
      continue;
    }
    const most = stored === invocations ? "one each" : `${stored} together`;
    const text = `${binding} has ${counted(elements, "element")} by this shape and the passes ${counted(invocations, "invocation")}, which store ${most} at most: ${elements - stored} or more stay zero. Give the passes more workgroups, or the shape fewer elements.`;
    faults.warnAt(["output", index, "shape"], text);
  }
}

/** What the indices of all stores leave out; undefined when that is nothing, or not known. */
function leftOut(binding: string, buffer: number, elements: number, followed: readonly Followed[]): string | undefined {
  let least = elements;
  let most = -1;
  for (const { pass, accesses, filled, whole } of followed) {
    if (!whole || filled.has(binding) || pass.swap.some((pair) => pair.includes(buffer))) return undefined;
    for (const { stores, outer, range, ...access } of accesses) {
      if (access.binding !== binding || !stores || !outer) continue;
      if (!range || range.min < 0 || range.max >= elements) return undefined;
      least = Math.min(least, range.min);
      most = Math.max(most, range.max);
    }
  }
  const has = `${binding} has ${counted(elements, "element")} by this shape`;
  if (most < 0) return `${has} and no pass stores any: all stay zero. Store them, or name another binding.`;
  const zero = least + elements - 1 - most;
  if (zero === 0) return undefined;
  const where = least === 0 ? `beyond index ${most}` : most === elements - 1 ? `below index ${least}` : `but ${least} to ${most}`;
  return `${has} and the passes store none ${where}: ${zero} ${zero === 1 ? "stays" : "stay"} zero. Store them too, or give the shape fewer elements.`;
}
