/** A manifest without `bindings`, whose kernel has some that nothing else fills. */
import { tailOf } from "../../shared/kernel/layout.ts";
import type { ReflectedBinding } from "../../shared/kernel/reflect.ts";
import type { Manifest } from "../../shared/manifest.ts";
import { swapPartners } from "./buffers.ts";
import type { Faults } from "./faults.ts";

/** Tells once of several bindings that `bindings` would have to fill, where it is missing. `set`: names that passes set. */
export function tellNoBindings(manifest: Manifest, reflected: readonly ReflectedBinding[], set: ReadonlySet<string>, faults: Faults): void {
  if (manifest.bindings !== undefined || faults.holes.covers(["bindings"])) return;
  const swapped = swapPartners(manifest);
  const outputs = new Set(manifest.output.map(({ binding }) => binding));
  const split = "split" in manifest.units ? manifest.units.split : undefined;
  const isShort = ({ name, layout }: ReflectedBinding) => tailOf(layout) !== undefined && !outputs.has(name) && !swapped.has(name);
  const isEmpty = ({ name, kind }: ReflectedBinding) => kind !== "storage" && !set.has(name) && !swapped.has(name);
  const unfilled = reflected.filter((binding) => binding.name === split || isShort(binding) || isEmpty(binding));
  if (unfilled.length < 2) return;
  const entries = unfilled.map((binding) => {
    const { name, kind } = binding;
    if (name === split) return `"${name}": {"init": {"file": …, "split": {"recordBytes": …, "recordsPerUnit": …}}}`;
    if (kind === "storage") return `"${name}": {"elements": …}`;
    return `"${name}": ${isShort(binding) ? '{"init": {"file": …}}' : '{"set": {…}}'}`;
  });
  // That the units are split by one of them was told with less.
  const place = unfilled.some(({ name }) => name === split) ? ["units", "split"] : [];
  faults.only(place, "job.json has no bindings.", `Write "bindings": {${entries.join(", ")}}: what the kernel's variables hold.`);
  faults.holes.add(["bindings"]);
}
