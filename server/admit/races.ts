/** A word about races in a workgroup's memory, which need not show where a kernel is tried. */

import { racesOf, sharedRaces } from "../../shared/kernel/races.ts";
import { factsOf, type Judged } from "./bounds.ts";
import type { Faults } from "./faults.ts";
import { placed } from "./placed.ts";

const BARRIER = "Write workgroupBarrier(); between the two, where all invocations of a workgroup come.";

/**
 * Warns of workgroup memory that is taken by another index than it was written by, without a barrier between, and of elements that
 * one invocation of the first workgroup writes and another reads so.
 */
export function warnRaces(judged: Judged, faults: Faults): void {
  const { kernel, workgroups, passes } = judged;
  for (const [entryPoint, { size }] of workgroups) {
    if (!size) continue;
    const [x, y, z] = size;
    const shown = racesOf(kernel, entryPoint, x * y * z, y * z === 1);
    for (const { name, written, taken } of shown) {
      faults.warn(
        `${placed(kernel, taken)} ${name}: it is used here by another index than it was written by at ${placed(kernel, written)}, with no workgroupBarrier() between: invocations race, and which comes first is each GPU's own affair, even where two runs here agree. ${BARRIER}`,
      );
    }
    const pass = passes.find((each) => each.entryPoint === entryPoint);
    const facts = pass && factsOf(judged, pass);
    for (const { name, element, written, taken, writer, reader } of facts ? sharedRaces(facts) : []) {
      if (shown.some((race) => race.name === name)) continue;
      const what = element === "" ? name : `${name}[${element.replaceAll(",", "][")}]`;
      faults.warn(
        `${placed(kernel, taken)} ${name}: invocation ${reader} of a workgroup reads ${what} here, which invocation ${writer} writes at ${placed(kernel, written)}, with no workgroupBarrier() between: which comes first is each GPU's own affair, even where two runs here agree. ${BARRIER}`,
      );
    }
  }
}
