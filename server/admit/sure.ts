/** What of a job with faults is known for sure: what the kernel does with the rest may be another once they are mended. */
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";
import type { Units } from "./units.ts";

interface Sure {
  /** Bindings of which it is not known what they hold, or how long they are. */
  doubtful: Set<string>;
  /** A pass is dispatched as the manifest says. */
  ofPass(index: number): boolean;
  /** All of it is known. */
  isSure: boolean;
}

/** `buffers`: those that the passes use. */
export function sureOf({ passes, output }: Manifest, buffers: readonly BufferPlan[], units: Units, faults: Faults): Sure {
  const isSwapped = passes.some((_, index) => faults.isDoubtful(["passes", index, "swap"]));
  const isSet = (name: string) => !passes.some((_, index) => faults.isDoubtful(["passes", index, "set", name]));
  const isShaped = (name: string) =>
    output.every(({ binding }, index) => {
      const place = ["output", index];
      if (faults.isDoubtful([...place, "binding"])) return false;
      return binding !== name || !["dtype", "shape"].some((member) => faults.isDoubtful([...place, member]));
    });
  const names = buffers.map(({ name }) => name);
  const doubtful = new Set(names.filter((name) => faults.isDoubtful(["bindings", name]) || !isSet(name) || !isShaped(name)));
  const ofPass = (index: number) =>
    !isSwapped &&
    faults.holes.under(["passes", index]).every((member) => member === "set") &&
    !["entryPoint", "workgroups", "repeat", "table"].some((member) => faults.isDoubtful(["passes", index, member]));
  const isSure = doubtful.size === 0 && passes.every((_, index) => ofPass(index)) && units.space !== undefined;
  return { doubtful, ofPass, isSure };
}
