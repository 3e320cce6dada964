/** A word about elements of an input that the invocations of the passes cannot reach. */
import { counted } from "../../shared/counted.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, PassPlan } from "../../shared/plan.ts";
import type { Followed } from "./bounds.ts";
import type { SizedBinding } from "./buffers.ts";
import { arraysOf, isFilled, spanOf, swappedWith } from "./coverage.ts";
import type { Faults } from "./faults.ts";
import type { JsonPath } from "./json.ts";
import type { Units } from "./units.ts";

/**
 * Warns where all indices of an array that a file or a list fills are known and leave out its beginning or its end. A binding and
 * those that it is swapped with count as one. Silent where an index has no bound that the text shows, where the array is read as a
 * whole, and where it is an output too.
 */
export function warnUnread(
  manifest: Manifest,
  passes: readonly PassPlan[],
  buffers: readonly BufferPlan[],
  sized: ReadonlyMap<string, SizedBinding>,
  units: Units,
  followed: readonly Followed[],
  faults: Faults,
): void {
  for (const { name, init } of buffers) {
    const layout = sized.get(name)?.reflected.layout;
    const list = manifest.bindings?.[name]?.set?.[""];
    const isFile = init.kind === "file" || init.kind === "split";
    if (!layout || !(isFile || Array.isArray(list))) continue;
    const names = swappedWith(name, passes, buffers);
    if (manifest.output.some(({ binding }) => names.includes(binding))) continue;
    const bytes = init.kind === "file" ? init.byteLength : init.kind === "split" ? init.bytesPerUnit : Number.POSITIVE_INFINITY;
    const at: JsonPath = isFile ? ["bindings", name, "init"] : ["bindings", name, "set", ""];
    for (const { path, elements } of arraysOf(layout, "", bytes)) {
      if (followed.some(({ filled, taken }) => names.some((each) => isFilled(each, path, filled) || isFilled(each, path, taken)))) continue;
      const given = Array.isArray(list) ? Math.min(elements, list.length) : elements;
      const span = spanOf(names, path, given, followed, () => true);
      if (!span || (span !== "none" && span.left === 0)) continue;
      const fewer = units.splits.has(name) ? "a unit fewer records" : "it fewer elements";
      const what =
        span === "none"
          ? "no pass reads any: remove it, or read it."
          : `the passes read none ${span.where}: ${span.left} ${span.left === 1 ? "changes" : "change"} no result. Give the passes more workgroups, or ${fewer}.`;
      faults.warnAt(at, `${name}${path} gets ${counted(given, "element")} and ${what}`);
    }
  }
}
