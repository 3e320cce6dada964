/** A manifest without `bindings`, whose kernel has some that nothing else fills. */
import { tailOf } from "../../shared/kernel/layout.ts";
import type { ReflectedBinding } from "../../shared/kernel/reflect.ts";
import type { Manifest } from "../../shared/manifest.ts";
import { swapPartners } from "./buffers.ts";
import type { Faults } from "./faults.ts";

/**
 * The manifest, with zeros for what `bindings` would have to say of several where it is missing, which is told once for all of them:
 * so the rest can be judged in the same go. `set`: names that passes set.
 */
export function withBindings(
  manifest: Manifest,
  reflected: readonly ReflectedBinding[],
  set: ReadonlySet<string>,
  faults: Faults,
): Manifest {
  if (manifest.bindings !== undefined) return manifest;
  const swapped = swapPartners(manifest);
  const outputs = new Set(manifest.output.map(({ binding }) => binding));
  const split = "split" in manifest.units ? manifest.units.split : undefined;
  const isShort = ({ name, layout }: ReflectedBinding) => tailOf(layout) !== undefined && !outputs.has(name) && !swapped.has(name);
  const isEmpty = ({ name, kind }: ReflectedBinding) => kind !== "storage" && !set.has(name) && !swapped.has(name);
  const unfilled = reflected.filter((binding) => binding.name === split || isShort(binding) || isEmpty(binding));
  if (unfilled.length < 2) return manifest;
  const entries = unfilled.map((binding) => {
    const { name, kind } = binding;
    if (name === split) return `"${name}": {"init": {"file": …, "split": {"recordBytes": …, "recordsPerUnit": …}}}`;
    if (kind === "storage") return `"${name}": {"elements": …}`;
    return `"${name}": ${isShort(binding) ? '{"init": {"file": …}}' : '{"set": {…}}'}`;
  });
  // That the units are split by one of them was told with less.
  const place = unfilled.some(({ name }) => name === split) ? ["units", "split"] : [];
  faults.only(place, "job.json has no bindings.", `Write "bindings": {${entries.join(", ")}}: what the kernel's variables hold.`);
  const zeros = unfilled.map((binding) => [binding.name, { init: "zero" as const, ...(isShort(binding) ? { elements: 1 } : {}) }]);
  return { ...manifest, bindings: Object.fromEntries(zeros) };
}
