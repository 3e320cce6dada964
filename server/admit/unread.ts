/** A word about elements of an input that the invocations of the passes cannot reach. */
import { counted } from "../../shared/counted.ts";
import { list } from "../../shared/kernel/path.ts";
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
 * whole, and where it is an output too. `unset`: numbers that nothing sets, by which no invocation may get to where it is read.
 */
export function warnUnread(
  manifest: Manifest,
  passes: readonly PassPlan[],
  buffers: readonly BufferPlan[],
  sized: ReadonlyMap<string, SizedBinding>,
  units: Units,
  unset: readonly string[],
  followed: readonly Followed[],
  faults: Faults,
): void {
  const zeros = unset.length === 1 ? "it is zero" : "they are zeros";
  const reason =
    unset.length > 0
      ? `set ${list(unset)} (${zeros} now)`
      : "look at the conditions and loops around where the kernel does, and at their numbers";
  for (const { name, init } of buffers) {
    const layout = sized.get(name)?.reflected.layout;
    const given = manifest.bindings?.[name]?.set?.[""];
    const isFile = init.kind === "file" || init.kind === "split";
    if (!layout || !(isFile || Array.isArray(given))) continue;
    const names = swappedWith(name, passes, buffers);
    if (manifest.output.some(({ binding }) => names.includes(binding))) continue;
    const bytes = init.kind === "file" ? init.byteLength : init.kind === "split" ? init.bytesPerUnit : Number.POSITIVE_INFINITY;
    const at: JsonPath = isFile ? ["bindings", name, "init"] : ["bindings", name, "set", ""];
    for (const { path, elements } of arraysOf(layout, "", bytes)) {
      if (followed.some(({ filled, taken }) => names.some((each) => isFilled(each, path, filled) || isFilled(each, path, taken)))) continue;
      const count = Array.isArray(given) ? Math.min(elements, given.length) : elements;
      const span = spanOf(names, path, count, followed, () => true);
      if (!span || (span !== "none" && span.left === 0)) continue;
      const fewer = units.splits.has(name) ? "a unit fewer records" : "it fewer elements";
      const what =
        span === "none"
          ? `no invocation reads any: ${reason}, or leave it out of the kernel.`
          : isLast(span)
            ? "the passes read all but the last: that is right for an exclusive scan; else look at the condition that leaves it out."
            : `the passes read none ${span.where}: ${span.left} ${span.left === 1 ? "changes" : "change"} no result. Give the passes more workgroups, or ${fewer}.`;
      faults.warnAt(at, `${name}${path} gets ${counted(count, "element")} and ${what}`);
    }
  }
}

/** An exclusive scan has no use for its last input. */
function isLast({ left, where }: { left: number; where: string }): boolean {
  return left === 1 && where.startsWith("beyond");
}
