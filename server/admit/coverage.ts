/** A word about outputs that the invocations of the passes cannot fill. */

import { counted } from "../../shared/counted.ts";
import type { Access } from "../../shared/kernel/bounds/accesses.ts";
import type { Layout } from "../../shared/kernel/layout.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import { storesOf } from "../../shared/kernel/stores.ts";
import type { Manifest } from "../../shared/manifest.ts";
import { type BufferPlan, DTYPE_BYTES, type PassPlan } from "../../shared/plan.ts";
import type { Followed } from "./bounds.ts";
import type { SizedBinding } from "./buffers.ts";
import type { Faults } from "./faults.ts";
import type { Workgroups } from "./needs.ts";
import { outputBytes } from "./outputs.ts";

/** An array of an output, and what is known of who stores it. */
interface Covered {
  /** The output's binding and those that it is swapped with. */
  names: readonly string[];
  /** Of the array inside of the binding: `""` or `.cells`. */
  path: string;
  elements: number;
  fate: Fate;
}

/** What an element is that is never stored. */
interface Fate {
  one: string;
  more: string;
}

const ZERO: Fate = { one: "stays zero", more: "stay zero" };
/** Halves of a swap need not start alike: an element is then one or the other, by the number of iterations. */
const START: Fate = { one: "keeps what it starts with", more: "keep what they start with" };

/**
 * Warns where an array of an output, itself or a member of a struct, has more elements than the passes can store: invocations
 * times the stores that an invocation can reach, over all passes; and else where all indices of stores are known and leave out
 * its beginning or its end. A binding and those that it is swapped with count as one. Silent where they all start with more
 * than zeros, and where neither has a bound that the text shows.
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
    const names = swappedWith(output.binding, passes, buffers);
    const parts = names.flatMap((name) => sized.get(name) ?? []);
    const zeros = parts.some((part) => (part.manifest.init ?? "zero") === "zero");
    const layout = sized.get(output.binding)?.reflected.layout;
    if (!layout || !zeros) continue;
    const fate = names.length > 1 ? START : ZERO;
    for (const { path, elements, stride } of arraysOf(layout, "", outputBytes(output))) {
      const alike = parts.every(({ reflected }) =>
        arraysOf(reflected.layout, "", Number.POSITIVE_INFINITY).some((each) => each.path === path && each.stride === stride),
      );
      if (!alike) continue;
      const array = { names, path, elements, fate };
      const text = tooFew(array, kernel, passes, workgroups, buffers) ?? leftOut(array, followed);
      const wide = stride === 4 && DTYPE_BYTES[output.dtype] === 8 ? ` of ${output.dtype}, of which each takes two,` : "";
      const has = `${output.binding}${path} has ${counted(elements, "element")} by this shape`;
      if (text) faults.warnAt(["output", index, "shape"], `${has}${wide} and ${text}`);
    }
  }
}

/** `binding` and all that are swapped with it, with what those are swapped with. */
export function swappedWith(binding: string, passes: readonly PassPlan[], buffers: readonly BufferPlan[]): string[] {
  const found = new Set([buffers.findIndex(({ name }) => name === binding)]);
  for (const buffer of found) {
    for (const [a, b] of passes.flatMap(({ swap }) => swap)) {
      if (a === buffer) found.add(b);
      if (b === buffer) found.add(a);
    }
  }
  return [...found].flatMap((buffer) => buffers[buffer]?.name ?? []);
}

/** The arrays in the first `bytes` of a binding that lie in no other array. */
export function arraysOf(layout: Layout, path: string, bytes: number): { path: string; elements: number; stride: number }[] {
  if (bytes <= 0) return [];
  if (layout.kind === "array") {
    const elements = Math.min(layout.count ?? Number.POSITIVE_INFINITY, Math.ceil(bytes / layout.stride));
    return [{ path, elements, stride: layout.stride }];
  }
  if (layout.kind !== "struct") return [];
  return layout.members.flatMap((member) => arraysOf(member.layout, `${path}.${member.name}`, bytes - member.offset));
}

/** Undefined where there are enough invocations, where their stores are not counted, and where there is no store. */
function tooFew(
  { names, path, elements, fate }: Covered,
  kernel: Kernel,
  passes: readonly PassPlan[],
  workgroups: Workgroups,
  buffers: readonly BufferPlan[],
): string | undefined {
  let stored = 0;
  let invocations = 0;
  for (const pass of passes) {
    const used = names.filter((name) => pass.uses.some((buffer) => buffers[buffer]?.name === name));
    const each = used.reduce((sum, name) => sum + storesOf(kernel, pass.entryPoint, name, path), 0);
    if (each === 0) continue;
    const size = workgroups.get(pass.entryPoint)?.size;
    const threads = size ? size[0] * size[1] * size[2] : Number.POSITIVE_INFINITY;
    const count = pass.repeat > 1 ? Number.POSITIVE_INFINITY : threads * pass.workgroups[0] * pass.workgroups[1] * pass.workgroups[2];
    invocations += count;
    stored += count * each;
  }
  if (stored === 0 || stored >= elements) return undefined;
  const most = stored === invocations ? "one each" : `${stored} together`;
  return `the passes ${counted(invocations, "invocation")}, which store ${most} at most: ${elements - stored} or more ${fate.more}. Give the passes more workgroups, or the shape fewer elements.`;
}

/** What the indices of all stores leave out; undefined when that is nothing, or not known. */
function leftOut({ names, path, elements, fate }: Covered, followed: readonly Followed[]): string | undefined {
  if (followed.some(({ filled }) => names.some((name) => isFilled(name, path, filled)))) return undefined;
  const span = spanOf(names, path, elements, followed, ({ stores }) => stores);
  if (span === "none") return `no pass stores any: all ${fate.more}. Store them, or name another binding.`;
  if (!span || span.left === 0) return undefined;
  const { where, left } = span;
  return `the passes store none ${where}: ${left} ${left === 1 ? fate.one : fate.more}. Store them too, or give the shape fewer elements.`;
}

/**
 * How many elements all accesses `among` those of an array leave out, and where; "none" where there is no access, undefined where
 * the index of one is not known.
 */
export function spanOf(
  names: readonly string[],
  path: string,
  elements: number,
  followed: readonly Followed[],
  among: (access: Access) => boolean,
): { left: number; where: string } | "none" | undefined {
  let least = elements;
  let most = -1;
  for (const { accesses, whole } of followed) {
    if (!whole) return undefined;
    for (const access of accesses) {
      const { binding, range } = access;
      if (binding === undefined || !names.includes(binding) || access.path !== path || !among(access)) continue;
      if (!range || range.min < 0 || range.max >= elements) return undefined;
      least = Math.min(least, range.min);
      most = Math.max(most, range.max);
    }
  }
  if (most < 0) return "none";
  const where = least === 0 ? `beyond index ${most}` : most === elements - 1 ? `below index ${least}` : `but ${least} to ${most}`;
  return { left: least + elements - 1 - most, where };
}

/** Whether the array, or a struct around it, is among what is stored, or read, as a whole. */
export function isFilled(name: string, path: string, filled: ReadonlySet<string>): boolean {
  for (let part = path; part !== ""; part = part.slice(0, part.lastIndexOf("."))) if (filled.has(name + part)) return true;
  return filled.has(name);
}
