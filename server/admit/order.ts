/** A word about what passes read too early, and about outputs that are one iteration old. */
import type { Kernel } from "../../shared/kernel/read.ts";
import { readsOf, writesOf } from "../../shared/kernel/reads.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, PassPlan } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";

/**
 * Warns of memory that nothing fills and that a pass reads before any pass has stored into it. Silent where the pass stores into it
 * itself, where it is an output or trades places, and where its `init` says that zeros are meant.
 */
export function warnEarlyReads(
  manifest: Manifest,
  kernel: Kernel,
  passes: readonly PassPlan[],
  buffers: readonly BufferPlan[],
  faults: Faults,
): void {
  const swapped = new Set(passes.flatMap(({ swap }) => swap.flat()));
  const outputs = new Set(manifest.output.map(({ binding }) => binding));
  for (const [index, { name, kind, writes }] of buffers.entries()) {
    if (kind !== "storage" || swapped.has(index) || outputs.has(name) || writes.length > 0) continue;
    if (manifest.bindings?.[name]?.init !== undefined || passes.some(({ set }) => set.some(({ buffer }) => buffer === index))) continue;
    const first = passes.findIndex(({ entryPoint, uses }) => uses.includes(index) && writesOf(kernel, entryPoint).has(name));
    const early = passes.findIndex(({ entryPoint, uses }) => uses.includes(index) && readsOf(kernel, entryPoint).has(name));
    if (early < 0 || (first >= 0 && early >= first)) continue;
    const reader = passes[early]?.entryPoint;
    const way = first < 0 ? "no pass writes it" : `the first that writes it is passes[${first}], ${passes[first]?.entryPoint}`;
    const text = `${reader} reads ${name} while it is all zeros: ${way}. ${first < 0 ? "Fill it" : "Mend the order of the passes"}, or say "init": "zero" in bindings.${name} where that is meant.`;
    faults.warnAt(["passes", early], text);
  }
}

/** Warns of an output that the last iteration only reads, because a swap comes between iterations: it is the one before. */
export function warnOldOutputs(manifest: Manifest, passes: readonly PassPlan[], buffers: readonly BufferPlan[], faults: Faults): void {
  for (const [index, { binding }] of manifest.output.entries()) {
    const buffer = buffers.findIndex(({ name }) => name === binding);
    if (buffers[buffer]?.kind !== "read-only-storage") continue;
    const last = passes.findLastIndex(({ uses }) => uses.includes(buffer));
    const pass = passes[last];
    const partner = pass?.swap.find((pair) => pair.includes(buffer))?.find((each) => each !== buffer);
    const written = partner === undefined ? undefined : buffers[partner];
    // What comes after it may have written the other side for a reason.
    if (!pass || written?.kind !== "storage" || passes.slice(last + 1).some(({ uses }) => uses.includes(partner ?? -1))) continue;
    const text = `${binding} is what iteration ${pass.repeat} of ${pass.repeat} of passes[${last}] reads, the result of the one before: a swap comes between iterations, not after the last. Name ${written.name}, which it writes.`;
    faults.warnAt(["output", index, "binding"], text);
  }
}
