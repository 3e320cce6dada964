/** A word about outputs that the invocations of the passes fall just short of. */
import { tailOf } from "../../shared/kernel/layout.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, PassPlan } from "../../shared/plan.ts";
import type { SizedBinding } from "./buffers.ts";
import { counted } from "./counted.ts";
import type { Faults } from "./faults.ts";
import type { Workgroups } from "./needs.ts";

/**
 * Warns where a runtime-sized array is only as long as an output's shape says and has a few elements more than there are
 * invocations: at most one more workgroup would reach them, and they are less than a quarter more. Kernels that write
 * several elements an invocation, or one a workgroup, are farther off.
 */
export function warnCoverage(
  manifest: Manifest,
  passes: readonly PassPlan[],
  workgroups: Workgroups,
  buffers: readonly BufferPlan[],
  sized: ReadonlyMap<string, SizedBinding>,
  faults: Faults,
): void {
  for (const [index, { binding }] of manifest.output.entries()) {
    const found = sized.get(binding);
    const buffer = buffers.findIndex(({ name }) => name === binding);
    if (!found || found.elements === null || tailOf(found.reflected.layout)?.offset !== 0) continue;
    if (found.manifest.elements !== undefined || found.manifest.init !== undefined) continue;
    let most = 0;
    let largest = 0;
    for (const pass of passes) {
      if (!pass.uses.includes(buffer)) continue;
      const size = workgroups.get(pass.entryPoint)?.size;
      // One whose size is unknown may reach them all.
      const threads = size ? size[0] * size[1] * size[2] : Number.POSITIVE_INFINITY;
      most = Math.max(most, threads * pass.workgroups[0] * pass.workgroups[1] * pass.workgroups[2]);
      largest = Math.max(largest, threads);
    }
    const short = found.elements - most;
    if (short <= 0 || short > largest || 4 * short >= most) continue;
    const text = `${binding} has ${counted(found.elements, "element")} by this shape and the passes ${counted(most, "invocation")}: if each writes one, the last ${short} stay zero.`;
    faults.warnAt(["output", index, "shape"], text);
  }
}
