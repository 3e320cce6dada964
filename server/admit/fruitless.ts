/** A word about passes whose iterations are all the same, and a fault of an output that is bound where nothing writes it. */
import { list } from "../../shared/kernel/path.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import { readsOf } from "../../shared/kernel/reads.ts";
import type { Manifest } from "../../shared/manifest.ts";
import { Mappings } from "../../shared/mapping.ts";
import type { BufferPlan, FieldWrite, PassPlan } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";

/** What a swap makes of names may end on memory that was read-only in every iteration. */
export function checkWritten(manifest: Manifest, passes: readonly PassPlan[], buffers: readonly BufferPlan[], faults: Faults): void {
  const mappings = new Mappings(buffers.length, passes);
  const written = new Set<number>();
  for (const [index, pass] of passes.entries()) {
    const stored = pass.uses.filter((buffer) => buffers[buffer]?.kind === "storage");
    for (const mapping of mappings.of(index)) for (const buffer of stored) written.add(mapping[buffer] ?? buffer);
  }
  const names = buffers.filter(({ kind }) => kind === "storage").map(({ name }) => name);
  for (const [index, { binding }] of manifest.output.entries()) {
    const buffer = buffers.findIndex(({ name }) => name === binding);
    const plan = buffers[buffer];
    // Without a swap the output's own check has told it.
    const swapped = passes.some(({ swap }) => swap.flat().includes(buffer));
    if (plan?.kind !== "read-only-storage" || !swapped || written.has(mappings.last[buffer] ?? buffer)) continue;
    const wrong = `No pass writes what is bound as ${binding} in the last iteration: a swap comes between the iterations of a pass, not after them.`;
    faults.at(
      ["output", index, "binding"],
      wrong,
      `Name ${names.length === 0 ? "a binding that the kernel writes" : list(names)}, or repeat the pass.`,
    );
  }
}

/** Warns of a pass that is repeated and does the same each time, so that one iteration gives what all of them give. */
export function warnRepeats(kernel: Kernel, passes: readonly PassPlan[], buffers: readonly BufferPlan[], faults: Faults): void {
  for (const [index, pass] of passes.entries()) {
    if (pass.repeat === 1 || pass.swap.length > 0 || pass.set.some(({ write }) => differs(write))) continue;
    const reads = readsOf(kernel, pass.entryPoint);
    const used = pass.uses.flatMap((buffer) => buffers[buffer] ?? []);
    const written = used.filter(({ kind }) => kind === "storage").map(({ name }) => name);
    if (written.some((name) => reads.has(name))) continue;
    const pair = pairOf(written, used);
    const way = pair
      ? `Let ${pair[0]} and ${pair[1]} trade places between them, "swap": ${JSON.stringify([pair])}, or leave "repeat" out.`
      : 'Leave "repeat" out, or tell them their number in a "set" of the pass.';
    const text = `all ${pass.repeat} iterations do the same: none reads what another wrote, and no "set" of the pass takes $pass.iteration or a column. ${way}`;
    faults.warnAt(["passes", index, "repeat"], text);
  }
}

function differs({ value: { of } }: FieldWrite): boolean {
  return of?.kind === "pass-row" || (of?.kind === "pass" && of.field === "iteration");
}

/** What may be meant: the binding that is read and as long as the one that is written. */
function pairOf(written: readonly string[], used: readonly BufferPlan[]): [string, string] | undefined {
  for (const name of written) {
    const length = used.find((buffer) => buffer.name === name)?.byteLength;
    const read = used.find(({ kind, byteLength }) => kind === "read-only-storage" && byteLength === length);
    if (read) return [read.name, name];
  }
  return undefined;
}
