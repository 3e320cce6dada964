/** A word about what the manifest leaves unsaid, and what it is taken to mean. */
import { list } from "../../shared/kernel/path.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import { memberTest } from "../../shared/kernel/reads.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { type sizeBindings, type swapPartners, unsetMembers } from "./buffers.ts";
import type { Faults } from "./faults.ts";

const NO_FIGURE =
  "it is missing: a unit earns its volunteers what 1 GFLOP earns, however long it takes. Write how many 10^9 operations it has; an estimate is enough.";

/** Answers the members of uniforms that nothing sets and a pass may read: `width of size`; what only pads is read by none. */
export function warnDefaults(
  manifest: Manifest,
  buffers: JobPlan["buffers"],
  sized: ReturnType<typeof sizeBindings>,
  swapped: ReturnType<typeof swapPartners>,
  passes: JobPlan["passes"],
  kernel: Kernel,
  faults: Faults,
): string[] {
  const unset: string[] = [];
  const outputs = new Set(manifest.output.map((output) => output.binding));
  buffers.forEach((buffer, index) => {
    const entry = manifest.bindings?.[buffer.name];
    const at = ["bindings", buffer.name];
    const partner = [...(swapped.get(buffer.name) ?? [])].some((name) => outputs.has(name));
    if (buffer.kind === "storage" && !outputs.has(buffer.name) && !partner && !entry?.scratch && entry?.init === undefined) {
      faults.warnAt(at, `${buffer.name} is written but is neither an output nor marked "scratch": it is taken for scratch.`);
    }
    if (entry?.scratch && outputs.has(buffer.name))
      faults.warnAt([...at, "scratch"], `${buffer.name} is an output: "scratch" has no effect.`);
    const layout = sized.get(buffer.name)?.reflected.layout;
    if (buffer.kind !== "uniform" || !layout || entry?.init !== undefined) return;
    const later = passes.flatMap((pass) => pass.set.filter((set) => set.buffer === index).map((set) => set.write));
    const entryPoints = [...new Set(passes.map(({ entryPoint }) => entryPoint))];
    const isRead = memberTest(kernel, entryPoints, buffer.name);
    const members = unsetMembers(layout, [...buffer.writes, ...later]).filter(isRead);
    unset.push(...members.map((member) => `${member} of ${buffer.name}`));
    if (members.length > 0) faults.warnAt([...at, "set"], `nothing sets ${list(members)} of ${buffer.name}: zero.`);
  });
  if (manifest.gflopPerUnit === undefined) faults.warnAt(["gflopPerUnit"], NO_FIGURE);
  return unset;
}
