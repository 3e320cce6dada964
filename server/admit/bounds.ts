/** A word about reads and stores that lie beyond the end of their array, and about those of which that is not known. */
import { counted } from "../../shared/counted.ts";
import { type Access, type Accesses, accessesOf } from "../../shared/kernel/bounds/accesses.ts";
import { overrideValue, withConstants } from "../../shared/kernel/constants.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import type { BufferPlan, PassPlan } from "../../shared/plan.ts";
import type { SizedBinding } from "./buffers.ts";
import type { Faults } from "./faults.ts";
import { givenIn } from "./given.ts";
import type { Workgroups } from "./needs.ts";
import { placed } from "./placed.ts";
import type { Units } from "./units.ts";

/** A job whose kernel and bindings have no fault. */
interface Judged {
  kernel: Kernel;
  passes: readonly PassPlan[];
  workgroups: Workgroups;
  overrides: Readonly<Record<string, number>>;
  units: Units;
  buffers: readonly BufferPlan[];
  sized: ReadonlyMap<string, SizedBinding>;
}

/** What a pass reads and stores, as far as that was followed. */
export interface Followed extends Accesses {
  pass: PassPlan;
}

/** Places of an unknown index that are named; the others are counted. */
const MAX_NAMED = 3;

/** Follows every pass from its dispatch and the job's numbers; one whose workgroup's size is unknown is not. */
export function followPasses({ kernel, passes, workgroups, overrides, units, buffers, sized }: Judged): Followed[] {
  const constant = withConstants(kernel, overrides);
  return passes.map((pass) => {
    const size = workgroups.get(pass.entryPoint)?.size;
    if (!size) return { pass, accesses: [], filled: new Set(), whole: false };
    const followed = accessesOf({
      kernel,
      entryPoint: pass.entryPoint,
      workgroups: pass.workgroups,
      size,
      layout: (binding) => sized.get(binding)?.reflected.layout,
      elements: (binding) => sized.get(binding)?.elements ?? undefined,
      given: givenIn(pass, passes, units, buffers, sized),
      override: (name) => overrideValue(constant, name),
    });
    return { pass, ...followed };
  });
}

/**
 * Warns where an invocation reads or stores beyond an array, which WebGPU lets each GPU answer in its own way ("Out-of-Bounds
 * Access"): dropped, or on another element. Volunteers disagree then, or agree on a wrong element. Those of which the text
 * does not show whether they stay inside are named once, as unchecked, stores first.
 */
export function warnBounds(judged: Judged, passes: readonly Followed[], faults: Faults): void {
  const { kernel } = judged;
  const unknown = new Map<number, Access>();
  const followed = passes.every(({ whole }) => whole);
  for (const { pass, accesses } of passes) {
    for (const access of accesses) {
      const { range, elements, offset } = access;
      if (range && range.min >= 0 && range.max < elements) continue;
      if (range && range.max >= elements && access.reached) faults.warn(beyond(judged, access, pass.entryPoint, range.max));
      else unknown.set(offset, access);
    }
  }
  if (unknown.size > 0 || !followed)
    faults.warn(
      unchecked(
        kernel,
        [...unknown.values()].sort((a, b) => Number(b.stores) - Number(a.stores)),
        followed,
      ),
    );
}

function beyond({ kernel, sized }: Judged, access: Access, entryPoint: string, max: number): string {
  const { offset, text, binding, array, stores, elements } = access;
  const does = stores ? "stores" : "reads";
  const effect = stores ? "GPUs drop such a store or put it on another element" : "GPUs read zero or another element there";
  return `${placed(kernel, offset)} ${entryPoint} ${does} ${text} with indices up to ${max}, and ${array} has ${counted(elements, "element")}: ${effect}, and volunteers disagree, or agree on a wrong result. Keep the index below ${elements}, or ${longer(access, binding === undefined ? undefined : sized.get(binding), max + 1)}.`;
}

/** Where the length of the array is written. */
function longer({ binding, fixed }: Access, sized: SizedBinding | undefined, elements: number): string {
  const longer = `make the array ${elements} long`;
  if (fixed) return longer;
  if (sized?.manifest.elements !== undefined) return `${longer}, by bindings.${binding}.elements in job.json`;
  return typeof sized?.shapedBy === "number" ? `${longer}, by output[${sized.shapedBy}].shape in job.json` : longer;
}

function unchecked(kernel: Kernel, accesses: readonly Access[], followed: boolean): string {
  const named = accesses.slice(0, MAX_NAMED).map(({ offset, text, range, elements }) => {
    const upTo = range && range.max >= elements ? `, index up to ${range.max} as far as the text shows, the last is ${elements - 1}` : "";
    return `${text} at ${placed(kernel, offset)}${upTo}`;
  });
  const more = accesses.length > MAX_NAMED ? ` and ${accesses.length - MAX_NAMED} more` : "";
  const what = accesses.length > 0 ? named.join("; ") + more : "the kernel is too long to be followed";
  const rest = followed || accesses.length === 0 ? "" : "; the kernel is too long to be followed to its end";
  return `Not checked: whether the kernel stays inside its arrays (${what}${rest}). What lies beyond the end is each GPU's own affair, and volunteers may agree on it: compare some units with results that you know.`;
}
