/**
 * A kernel rewritten so that one dispatch runs as several smaller ones, bit for bit the same. Each compute entry point becomes a
 * plain function, its text where it was; an entry point of our own is appended that reads which box of workgroups it runs, puts
 * the built-in values right and calls the function. Always run the rewritten kernel, as one slice too: a compiler may fuse the
 * floats of two texts differently.
 */
import type { AbstractElem, FnElem } from "wesl/core";
import type { Kernel } from "../read.ts";
import type { Reflection } from "../reflect.ts";
import { blankAttributes } from "./blank.ts";
import { entryName, entryText } from "./entry.ts";
import { freePrefix } from "./prefix.ts";
import { freeSlot } from "./slot.ts";

export interface SlicedKernel {
  /** WGSL. All lines and columns of the owner's text are as they were. */
  text: string;
  /** The name of each entry point in `text`, by the owner's. */
  entryPoints: ReadonlyMap<string, string>;
  /** Where `text` reads its box: `Slicing` in the plan says how. */
  group: number;
  binding: number;
}

/** All that generated code names of WGSL's own. */
const NEEDED = ["vec3", "vec4", "u32"];
/** Every device has these many a shader stage, none is expected to have more. */
const MAX_UNIFORMS = 12;

/**
 * Rewrites `kernel`, which Tint took. `entryPoints`: those that will be dispatched. `whole`: the sentence that says why it cannot
 * be sliced, and what would help.
 */
export function sliceKernel(kernel: Kernel, reflection: Reflection, entryPoints: readonly string[]): SlicedKernel | { whole: string } {
  const { decls } = kernel.ast.moduleElem;
  const declared = new Set(decls.map(declaredName));
  const own = NEEDED.find((name) => declared.has(name));
  if (own) return { whole: `The kernel declares its own ${own}, which the code that slices needs: rename it.` };
  const crowded = entryPoints.find((name) => uniformsOf(reflection, name) >= MAX_UNIFORMS);
  if (crowded !== undefined) {
    return { whole: `${crowded} uses ${MAX_UNIFORMS} uniforms, the most there can be, and slicing needs one: join two of them.` };
  }
  const slot = freeSlot(reflection.slots);
  if (!slot) return { whole: "No binding number is free in the kernel's groups, and slicing needs one: use smaller numbers." };

  const prefix = freePrefix(kernel.text);
  const functions = decls.filter((elem): elem is FnElem => elem.kind === "fn" && reflection.entryPoints.has(elem.name.ident.originalName));
  const parts = [
    blankAttributes(kernel.text, functions),
    `struct ${prefix}Box { first: vec4<u32>, workgroups: vec4<u32> }`,
    `@group(${slot.group}) @binding(${slot.binding}) var<uniform> ${prefix}box: ${prefix}Box;`,
    ...functions.map((fn) => entryText(kernel, fn, prefix)),
  ];
  const names = functions.map((fn) => fn.name.ident.originalName);
  return { text: `${parts.join("\n")}\n`, entryPoints: new Map(names.map((name) => [name, entryName(prefix, name)])), ...slot };
}

function uniformsOf(reflection: Reflection, entryPoint: string): number {
  return reflection.bindingsOf([entryPoint]).bindings.filter(({ kind }) => kind === "uniform").length;
}

function declaredName(elem: AbstractElem): string | undefined {
  switch (elem.kind) {
    case "fn":
    case "struct":
    case "alias":
      return elem.name.ident.originalName;
    case "gvar":
    case "override":
    case "const":
      return elem.name.decl.ident.originalName;
    default:
      return undefined;
  }
}
