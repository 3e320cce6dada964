/** A word about outputs that are compared byte for byte and depend on floats. */
import { type FloatOperation, floatOperation, floatsLeft } from "../../shared/kernel/floats.ts";
import type { Layout } from "../../shared/kernel/layout.ts";
import { list } from "../../shared/kernel/path.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { SizedBinding } from "./buffers.ts";
import type { Faults } from "./faults.ts";
import { placed } from "./placed.ts";

/**
 * Warns once when the passes compute with floats and an output holds them, or integers that may be made of them, and is compared
 * byte for byte: correct GPUs may disagree about it.
 */
export function warnFloats(
  manifest: Manifest,
  kernel: Kernel,
  entryPoints: readonly string[],
  sized: ReadonlyMap<string, SizedBinding>,
  faults: Faults,
): void {
  const operation = floatOperation(kernel, entryPoints);
  // Who writes that bytes are compared knows of floats that every GPU computes alike.
  const exact = manifest.output.filter(({ compare }) => compare === undefined && manifest.verify?.compare === undefined);
  if (!operation || exact.length === 0) return;
  const named = ({ name, offset }: FloatOperation): string => `${name} at ${placed(kernel, offset)}`;
  const output = exact.find(({ binding }) => {
    const found = sized.get(binding);
    return found !== undefined && hasFloats(found.reflected.layout);
  });
  if (output) {
    const text = `${output.binding} is compared byte for byte and holds floats, and the kernel computes with floats (${named(operation)}): ${DISAGREE} Say how near results have to be, as in "compare": {"rtol": 0.00001}, or compute what is delivered in integers or fixed point.`;
    faults.warnAt(["output", manifest.output.indexOf(output)], text);
    return;
  }
  const left = floatsLeft(kernel, entryPoints);
  if (!left) return;
  const names = list(exact.map(({ binding }) => binding));
  const which =
    exact.length === manifest.output.length
      ? "the outputs are integers, and they"
      : `${names} ${exact.length === 1 ? "is" : "are"} compared byte for byte, and`;
  const text = `${which} may depend on floats: the kernel computes with floats (${named(operation)}) and makes something else of them (${named(left)}): ${DISAGREE} Compute in integers or fixed point what decides about a result, or say with "compare" how near results have to be.`;
  faults.warnAt(["output"], text);
}

const DISAGREE = "correct GPUs may round or fuse that differently, and a unit they disagree about fails.";

/**
 * Correct GPUs may disagree about a unit: an output holds floats, or the passes compute with some, or make something else of them:
 * conversions round either way, and what is reinterpreted or packed may have been flushed to zero.
 */
export function usesFloats(
  manifest: Manifest,
  kernel: Kernel,
  entryPoints: readonly string[],
  sized: ReadonlyMap<string, SizedBinding>,
): boolean {
  const outputs = manifest.output.map(({ binding }) => sized.get(binding)?.reflected.layout);
  if (outputs.some((layout) => layout && hasFloats(layout))) return true;
  return floatOperation(kernel, entryPoints) !== undefined || floatsLeft(kernel, entryPoints) !== undefined;
}

/** Every type is looked at once: nested structs can be a graph whose tree has no end. */
function hasFloats(layout: Layout, seen = new Set<Layout>()): boolean {
  if (seen.has(layout)) return false;
  seen.add(layout);
  switch (layout.kind) {
    case "scalar":
    case "vector":
    case "matrix":
      return layout.scalar === "f32" || layout.scalar === "f16";
    case "array":
      return hasFloats(layout.element, seen);
    case "struct":
      return layout.members.some((member) => hasFloats(member.layout, seen));
    default:
      return layout satisfies never;
  }
}
