/** What a job puts into a number of a binding, over all units. */
import { exactly, type Range } from "../../shared/kernel/bounds/range.ts";
import { resolvePath } from "../../shared/kernel/path.ts";
import type { BufferPlan, FieldWrite, PassPlan, Source, UnitSpace } from "../../shared/plan.ts";
import type { SizedBinding } from "./buffers.ts";
import type { Units } from "./units.ts";

/** The bit of `Range.axes` for what depends on the unit, or on the iteration. */
const UNIT = 8;

/**
 * The values of the number at `path` of `binding` in `pass`; undefined where they come from a file or a seed, where
 * passes change them, and where the kernel may.
 */
export function givenIn(
  pass: PassPlan,
  passes: readonly PassPlan[],
  units: Units,
  buffers: readonly BufferPlan[],
  sized: ReadonlyMap<string, SizedBinding>,
): (binding: string, path: string) => Range | undefined {
  const swapped = new Set(passes.flatMap(({ swap }) => swap.flat()));
  // One that is tried with other workgroups has the same `set`.
  const at = passes.findIndex(({ set }) => set === pass.set);
  return (binding, path) => {
    const index = buffers.findIndex(({ name }) => name === binding);
    const found = sized.get(binding);
    const buffer = buffers[index];
    if (!found || !buffer || buffer.kind === "storage" || swapped.has(index)) return undefined;
    const target = resolvePath(found.reflected.layout, path, found.elements);
    if ("wrong" in target || target.layout.kind !== "scalar") return undefined;
    const here = (write: FieldWrite) => write.offset === target.offset;
    const set = pass.set.find((each) => each.buffer === index && here(each.write));
    if (!set && passes.some((other) => other.set.some((each) => each.buffer === index && here(each.write)))) return undefined;
    const write = set?.write ?? buffer.writes.find(here);
    if (write) return write.as === "u32" || write.as === "i32" ? rangeOf(write.value, units, pass, at) : undefined;
    return buffer.init.kind === "zero" ? exactly(0) : undefined;
  };
}

function rangeOf({ of, scale, offset }: Source, { space, rows }: Units, pass: PassPlan, passIndex: number): Range | undefined {
  const [factor, first] = [Number(scale), Number(offset)];
  if (!of) return whole(first, first, "last");
  if (of.kind === "row") {
    const column = rows?.columns[of.column];
    // The largest value of one column may stand in another row than that of the next.
    return column && whole(first + factor * Number(column.min), first + factor * Number(column.max), "moved");
  }
  if (of.kind === "pass") {
    if (of.field === "iteration") return whole(first, first + factor * (pass.repeat - 1), "last");
    return exactly(first + factor * passIndex);
  }
  if (of.kind === "pass-row") {
    const values = (pass.table?.lines ?? []).slice(0, pass.repeat).map((line) => Number(line[of.column]));
    const [least, most] = values.reduce(
      ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    return whole(first + factor * least, first + factor * most, "moved");
  }
  if (of.kind !== "unit" || !space) return undefined;
  if (of.field === "count") return whole(first + factor * space.count, first + factor * space.count, "last");
  const count = countOf(of.field, space);
  return count === undefined ? undefined : whole(first, first + factor * (count - 1), "last");
}

/** From `first` to `end`; a map that falls is at its most in the first unit. */
function whole(first: number, end: number, top: "last" | "moved"): Range | undefined {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(end)) return undefined;
  if (first === end) return exactly(first);
  return end > first ? { min: first, max: end, axes: UNIT, top } : { min: end, max: first, axes: UNIT, top: "moved" };
}

/** How many values a field of the unit takes, from zero on. */
function countOf(field: string, { count, grid }: UnitSpace): number | undefined {
  if (field === "index") return count;
  const axis = "xyz".indexOf(field);
  return axis >= 0 && field.length === 1 ? grid?.[axis] : undefined;
}
