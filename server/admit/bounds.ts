/** Stores that are known to lie beyond the end of their array are faults; reads that do, and what is not known of either, are told. */
import { counted } from "../../shared/counted.ts";
import { type Access, type Accesses, accessesOf } from "../../shared/kernel/bounds/accesses.ts";
import type { Facts } from "../../shared/kernel/bounds/facts.ts";
import { I32_MAX, U32_MAX } from "../../shared/kernel/bounds/range.ts";
import { overrideValue, withConstants } from "../../shared/kernel/constants.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import type { BufferPlan, PassPlan } from "../../shared/plan.ts";
import type { SizedBinding } from "./buffers.ts";
import type { Faults } from "./faults.ts";
import { givenIn } from "./given.ts";
import type { Workgroups } from "./needs.ts";
import { placed } from "./placed.ts";
import { quoted } from "./shortened.ts";
import type { Units } from "./units.ts";

/** A job whose kernel has no fault. */
export interface Judged {
  kernel: Kernel;
  passes: readonly PassPlan[];
  workgroups: Workgroups;
  overrides: Readonly<Record<string, number>>;
  units: Units;
  buffers: readonly BufferPlan[];
  sized: ReadonlyMap<string, SizedBinding>;
  /** Bindings with a fault: what they hold and how long they are is not known. */
  doubtful: ReadonlySet<string>;
}

/** What a pass reads and stores, as far as that was followed. */
export interface Followed extends Accesses {
  pass: PassPlan;
}

/** Accesses of one array that get beyond its end: one word on all of them, as they have one cause. */
interface Overrun {
  /** The one with the largest index, of the stores where there is one. */
  worst: Access;
  /** The largest index of all. */
  most: number;
  entryPoint: string;
  /** UTF-16 offsets in the kernel's text. */
  places: Set<number>;
}

/** Places of an unknown index that are named; the others are counted. */
const MAX_NAMED = 3;

/** Passes for which fewer workgroups are tried: each time the kernel is followed once more. */
const MAX_TRIED = 4;

/** Follows every pass from its dispatch and the job's numbers; one whose workgroup's size is unknown is not. */
export function followPasses(judged: Judged, passes: readonly PassPlan[] = judged.passes): Followed[] {
  return passes.map((pass) => {
    const facts = factsOf(judged, pass);
    return facts ? { pass, ...accessesOf(facts) } : unfollowed(pass);
  });
}

/** What is known of a pass beside its kernel; undefined where its workgroup's size is unknown. */
export function factsOf(judged: Judged, pass: PassPlan): Facts | undefined {
  const { kernel, workgroups, overrides, units, buffers, sized, doubtful } = judged;
  const size = workgroups.get(pass.entryPoint)?.size;
  if (!size) return undefined;
  const constant = withConstants(kernel, overrides);
  const given = givenIn(pass, judged.passes, units, buffers, sized);
  return {
    kernel,
    entryPoint: pass.entryPoint,
    workgroups: pass.workgroups,
    size,
    layout: (binding) => sized.get(binding)?.reflected.layout,
    elements: (binding) => (doubtful.has(binding) ? undefined : (sized.get(binding)?.elements ?? undefined)),
    given: (binding, path) => (doubtful.has(binding) ? undefined : given(binding, path)),
    override: (name) => overrideValue(constant, name),
  };
}

/** A pass of which nothing is known. */
export function unfollowed(pass: PassPlan): Followed {
  return { pass, accesses: [], filled: new Set(), taken: new Set(), whole: false };
}

/**
 * What an invocation reads or stores beyond an array WebGPU lets each GPU answer in its own way ("Out-of-Bounds Access"): dropped, or
 * on another element. Volunteers disagree then, or agree on a wrong element. A store that some unit is sure to make there is a fault.
 * A read is told, as its value may be used by nobody. Those of which the text does not show whether they stay inside are named once,
 * as unchecked, stores first; not those that the length that was told for their array is enough for.
 */
export function checkBounds(judged: Judged, passes: readonly Followed[], faults: Faults): void {
  const { kernel } = judged;
  const unknown = new Map<number, Access>();
  const overruns = new Map<string, Overrun>();
  const followed = passes.every(({ whole }) => whole);
  let tried = 0;
  for (const [index, { pass, accesses }] of passes.entries()) {
    const beyondEnd = accesses.filter(({ range, elements, reached, below }) => range && ((range.max >= elements && reached) || below));
    const fewer = beyondEnd.length > 0 && tried++ < MAX_TRIED ? fewerWorkgroups(judged, pass, beyondEnd) : undefined;
    const told = beyondEnd.find(({ stores }) => stores) ?? beyondEnd[0];
    if (fewer && told) {
      const [wrong, right] = tooMany(judged, told, pass, fewer);
      if (told.stores) faults.at(["passes", index, "workgroups"], `W${wrong.slice(1)}`, right);
      else faults.warnAt(["passes", index, "workgroups"], `${wrong} ${right}`);
    }
    for (const access of accesses) {
      const { range, elements, offset } = access;
      if (range && range.min >= 0 && range.max < elements) continue;
      if (!beyondEnd.includes(access)) unknown.set(offset, access);
      else if (!fewer) collect(overruns, access, pass.entryPoint);
    }
  }
  for (const overrun of overruns.values()) {
    const { offset, stores } = overrun.worst;
    const [wrong, right] = beyond(judged, overrun);
    if (stores) faults.add({ ...kernel.placeOf(offset), wrong, right });
    else faults.warn(`${placed(kernel, offset)} ${wrong} ${right}`);
  }
  const left = [...unknown.values()].filter((access) => {
    const most = overruns.get(arrayKey(access))?.most;
    return !access.range || access.range.min < 0 || most === undefined || access.range.max > most;
  });
  if (left.length > 0 || !followed)
    faults.warn(
      unchecked(
        kernel,
        left.sort((a, b) => Number(b.stores) - Number(a.stores)),
        followed,
      ),
    );
}

function arrayKey({ binding, array, path, elements }: Access): string {
  return JSON.stringify([binding, array, path, elements]);
}

function collect(overruns: Map<string, Overrun>, access: Access, entryPoint: string): void {
  const before = overruns.get(arrayKey(access));
  const max = access.range?.max ?? 0;
  const rank = ({ stores }: Access) => Number(stores);
  const ahead = before ? rank(access) - rank(before.worst) || max - (before.worst.range?.max ?? 0) : 1;
  const places = (before?.places ?? new Set()).add(access.offset);
  const most = Math.max(max, before?.most ?? 0);
  overruns.set(arrayKey(access), before && ahead <= 0 ? { ...before, places, most } : { worst: access, entryPoint, places, most });
}

/**
 * The workgroups of a pass with fewer of them along one axis, with which each of these accesses ends at the last element of its
 * array: then the dispatch is what is wrong, and no guard is missing.
 */
function fewerWorkgroups(judged: Judged, pass: PassPlan, beyondEnd: readonly Access[]): PassPlan["workgroups"] | undefined {
  const [first] = beyondEnd;
  if (!first?.range || beyondEnd.some(isBelow)) return undefined;
  const { elements, range } = first;
  for (const axis of [0, 1, 2]) {
    const workgroups: PassPlan["workgroups"] = [...pass.workgroups];
    const count = Math.floor(((pass.workgroups[axis] ?? 1) * elements) / (range.max + 1));
    if (count < 1 || count === pass.workgroups[axis]) continue;
    workgroups[axis] = count;
    const accesses = followPasses(judged, [{ ...pass, workgroups }]).flatMap((followed) => followed.accesses);
    const fits = beyondEnd.every(({ offset }) => {
      // One place may be reached by several calls.
      const ends = accesses
        .filter((access) => access.offset === offset)
        .map((access) => access.elements - 1 - (access.range?.max ?? Number.POSITIVE_INFINITY));
      return ends.length > 0 && Math.min(...ends) === 0;
    });
    if (fits) return workgroups;
  }
  return undefined;
}

function tooMany(
  judged: Judged,
  access: Access,
  { entryPoint, workgroups }: PassPlan,
  fewer: PassPlan["workgroups"],
): [wrong: string, right: string] {
  const { offset, text, array, stores, elements, range } = access;
  const max = range?.max ?? 0;
  const axis = workgroups.findIndex((count, index) => count !== fewer[index]);
  return [
    `with ${workgroups[axis]} along ${"xyz"[axis]} ${entryPoint} ${stores ? "stores" : "reads"} ${quoted(text)} (${placed(judged.kernel, offset)}) with indices up to ${max}, and ${array} has ${counted(elements, "element")}: what lies there is each GPU's own affair, and volunteers may agree on it.`,
    `Write ${fewer[axis]}, or ${longer(judged, access, max)}.`,
  ];
}

/** Its index is below zero for some invocation, or was, before it wrapped. */
function isBelow({ below, range }: Access): boolean {
  return below || (range !== undefined && range.max > I32_MAX);
}

function beyond(judged: Judged, { worst, most, entryPoint, places }: Overrun): [wrong: string, right: string] {
  const { text, array, stores, elements, range } = worst;
  const does = stores ? "stores" : "reads";
  const effect = stores ? "GPUs drop such a store or put it on another element" : "GPUs read zero or another element there";
  const more =
    places.size > 1 ? `; ${counted(places.size - 1, "more place")} of the kernel ${places.size === 2 ? "does" : "do"} so too` : "";
  if (isBelow(worst)) {
    const least = worst.below ? `${range?.min}` : `${(range?.max ?? 0) - U32_MAX - 1}, which is ${range?.max} in u32`;
    return [
      `${entryPoint} ${does} ${quoted(text)} with an index below zero, ${least}: ${effect}, and volunteers disagree, or agree on a wrong result${more}.`,
      `Keep away the invocations of which it is below zero, or let it be the greater of that and the first index.`,
    ];
  }
  return [
    `${entryPoint} ${does} ${quoted(text)} with indices up to ${range?.max ?? 0}, and ${array} has ${counted(elements, "element")}: ${effect}, and volunteers disagree, or agree on a wrong result${more}.`,
    `Keep the index below ${elements}${guard(judged.kernel, worst)}, or ${longer(judged, worst, most)}.`,
  ];
}

/** The longest index that is spelled out in a guard. */
const MAX_GUARDED = 40;

/** The condition that keeps an index inside; none of an array whose length arrayLength() does not give. */
function guard(kernel: Kernel, { binding, path, fixed, index, isOuter }: Access): string {
  if (binding === undefined || path !== "" || fixed || index.length > MAX_GUARDED) return "";
  // Who returns misses the barriers behind.
  const leaves = isOuter && !kernel.text.includes("Barrier(");
  return leaves ? ` by if (${index} >= arrayLength(&${binding})) { return; }` : ` by if (${index} < arrayLength(&${binding})) { … }`;
}

/** The array's length that fits an index, and where it is written. */
function longer({ sized, units }: Judged, { binding, fixed }: Access, most: number): string {
  const longer = `make the array ${most + 1} long`;
  const found = binding === undefined ? undefined : sized.get(binding);
  if (fixed || !found || binding === undefined) return longer;
  if (found.manifest.elements !== undefined) return `${longer}, by bindings.${binding}.elements in job.json`;
  if (found.shapedBy) return `${longer}, by output[${found.shapedBy.output}].shape in job.json`;
  const { init } = found.manifest;
  if (typeof init === "object" && "file" in init && !init.split) return `${longer}: it is as long as ${init.file}`;
  const split = units.splits.get(binding);
  return split
    ? `${longer}: it is a unit's piece, ${counted(split.bytesPerUnit, "byte")} by bindings.${binding}.init.split in job.json`
    : longer;
}

function unchecked(kernel: Kernel, accesses: readonly Access[], followed: boolean): string {
  const named = accesses.slice(0, MAX_NAMED).map(({ offset, text }) => `${quoted(text)} at ${placed(kernel, offset)}`);
  const more = accesses.length > MAX_NAMED ? ` and ${accesses.length - MAX_NAMED} more` : "";
  const places = `${accesses.length === 1 ? "1 index" : `${accesses.length} indices`} (${named.join("; ")}${more})`;
  const long = "the kernel is too long to be followed";
  const what = accesses.length === 0 ? long : followed ? places : `${places}, and ${long} to its end`;
  return `Not checked: whether ${accesses.length === 1 ? "this stays" : "all indices stay"} inside the arrays: ${what}. That is no sign of a fault. An index beyond its array would reach no other memory, but each GPU may drop it or take another element of the array: compare some units with results that you know.`;
}
