/** A word about loops that never end, as far as they say so themselves, and about units and compilations that might as well. */

import { endlessLoops } from "../../shared/kernel/endless.ts";
import { tooManyInlined } from "../../shared/kernel/inlined.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import type { PassPlan } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";
import type { Workgroups } from "./needs.ts";
import { placed } from "./placed.ts";

/** Invocations a second of the best cards, a few instructions each, for some minutes. */
const MANY_INVOCATIONS = 2 ** 43;
/**
 * Compilers of GPUs put what is called in the place of each call. Of functions that call one another twice SwiftShader compiles
 * 2^10 such calls in seconds, and 2^13 not in two minutes.
 */
const MAX_INLINED_CALLS = 10_000;

/** A fault where a compilation would take volunteers minutes, or for ever: nothing can interrupt it there. */
export function refuseInlined(kernel: Kernel, entryPoints: readonly string[], faults: Faults): void {
  const found = tooManyInlined(kernel, entryPoints, MAX_INLINED_CALLS);
  if (!found) return;
  const name = found.fn.name.ident.originalName;
  const calls = `${found.calls < Number.MAX_SAFE_INTEGER ? found.calls.toLocaleString("en") : "more than 2^53"} calls`;
  faults.add({
    ...kernel.placeOf(found.fn.name.start),
    wrong: `${name} is ${calls} when each is replaced by what it calls, as GPU compilers do: at most ${MAX_INLINED_CALLS.toLocaleString("en")} are allowed, for compiling more may never end.`,
    right: "Call functions in a loop instead of one after the other, or keep a value that is needed twice in a let.",
  });
}

/** Warns of passes that are dispatched so widely that no card ends a unit: the numbers are often meant as invocations. */
export function warnHuge(passes: readonly PassPlan[], workgroups: Workgroups, faults: Faults): void {
  for (const [
    index,
    {
      entryPoint,
      workgroups: [x, y, z],
      repeat,
    },
  ] of passes.entries()) {
    const size = workgroups.get(entryPoint)?.size ?? [1, 1, 1];
    const [groups, each] = [x * y * z * repeat, size[0] * size[1] * size[2]];
    if (groups * each <= MANY_INVOCATIONS) continue;
    faults.warnAt(
      ["passes", index, "workgroups"],
      `a unit has ${groups.toLocaleString("en")} workgroups of ${each} invocations here: the fastest cards take minutes to hours for that many. The numbers count workgroups, not invocations.`,
    );
  }
}

export function warnEndless(kernel: Kernel, faults: Faults): void {
  for (const offset of endlessLoops(kernel))
    faults.warn(
      `${placed(kernel, offset)} This loop's condition is always true and nothing in it leaves it: a kernel that comes here never ends, and holds the GPU of whoever runs it. Add a break or a return, or a condition that ends it.`,
    );
}
