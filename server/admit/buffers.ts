/** One buffer for each binding that the passes use: its size, its contents, the fields that a unit writes into it. */

import { counted } from "../../shared/counted.ts";
import { type Layout, layoutName, roundUp, tailOf } from "../../shared/kernel/layout.ts";
import { lengthOf, resolvePath } from "../../shared/kernel/path.ts";
import type { ReflectedBinding } from "../../shared/kernel/reflect.ts";
import type { ManifestBinding } from "../../shared/manifest/binding.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, Dtype, FieldWrite } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";
import { type FieldContext, MAX_WRITES, writeValue } from "./fields.ts";
import { planInit } from "./init.ts";
import type { Json, JsonPath } from "./json.ts";
import { nearest, suggest } from "./nearest.ts";
import { hasItsSize, outputBytes } from "./outputs.ts";
import type { Scope, ValueFault } from "./sources.ts";
import type { PackageFiles } from "./tables.ts";
import type { Units } from "./units.ts";

/** A binding with the length of its runtime-sized array and the size of its buffer. */
export interface SizedBinding {
  reflected: ReflectedBinding;
  manifest: ManifestBinding;
  elements: number | null;
  /** What says how long it is could not be read, or is not there: `byteLength` is the least. */
  isOpen: boolean;
  /** The output whose shape gives the array its length, and its place in the manifest. */
  shapedBy: { output: number; dtype: Dtype } | null;
  byteLength: number;
}

/**
 * Sizes every used binding: by its type, `elements`, an output's shape, a file, a list, or the binding it is swapped with.
 * `isUsed`: that it is is sure, so that it must have a length.
 */
export function sizeBindings(
  manifest: Manifest,
  reflected: readonly ReflectedBinding[],
  units: Units,
  files: PackageFiles,
  isUsed: (name: string) => boolean,
  faults: Faults,
): Map<string, SizedBinding> {
  const partners = swapPartners(manifest);
  const lengths = new Map<string, number>();
  // A misspelt output would have given a length, and so would one that names what no kernel writes: its own fault says so.
  const { holes } = faults;
  const writable = new Set(reflected.filter(({ name, kind }) => kind === "storage" || partners.has(name)).map(({ name }) => name));
  const misspelt =
    manifest.output.some((output) => !writable.has(output.binding)) || holes.covers(["output"]) || manifest.passes.some(isSwapHole(faults));
  const names = reflected.map(({ name }) => name);
  // Units of a split that is not there have a fault of their own.
  const awaited = "split" in manifest.units && manifest.bindings?.[manifest.units.split] === undefined ? manifest.units.split : undefined;
  const claims = new Map(reflected.map((binding) => [binding.name, claimLength(manifest, binding, units, files, faults)]));
  for (const binding of reflected) {
    const own = claims.get(binding.name);
    if (own !== undefined && own !== "told") lengths.set(binding.name, own);
  }
  // A chain of swaps is at most as long as there are bindings.
  for (let round = 0; round < reflected.length; round++) {
    for (const [name, others] of partners) {
      if (lengths.has(name)) continue;
      for (const other of others) {
        const length = lengths.get(other);
        if (length !== undefined) lengths.set(name, length);
      }
    }
  }
  const sized = new Map<string, SizedBinding>();
  for (const binding of reflected) {
    const entry = manifest.bindings?.[binding.name] ?? {};
    const tail = tailOf(binding.layout);
    const elements = lengths.get(binding.name) ?? null;
    const path: JsonPath = manifest.bindings?.[binding.name] ? ["bindings", binding.name] : ["bindings"];
    const isOpen = tail !== undefined && elements === null;
    if (isOpen) {
      const isTold = claims.get(binding.name) === "told" || binding.name === awaited || misspelt || !isUsed(binding.name);
      if (!isTold && !isMisspelt(binding.name, manifest, names) && !isBindingHole(binding.name, faults)) {
        const wrong = `${binding.name} is a runtime-sized ${layoutName(tail.element)} array and nothing says how long it is.`;
        faults.at(path, wrong, `Give it "elements", an init file, or an output's shape.`);
      }
    }
    const length = tail ? tail.offset + (elements ?? 1) * tail.stride : binding.layout.size;
    const output = manifest.output.findIndex((candidate) => candidate.binding === binding.name);
    const dtype = manifest.output[output]?.dtype;
    const shapedBy = tail && entry.elements === undefined && dtype ? { output, dtype } : null;
    const byteLength = roundUp(4, Math.max(length, binding.layout.size));
    if (!tail && entry.elements !== undefined) {
      faults.at([...path, "elements"], `${binding.name} has a type of a fixed size, ${layoutName(binding.layout)}.`, "Remove elements.");
    }
    sized.set(binding.name, { reflected: binding, manifest: entry, elements: tail ? elements : null, isOpen, shapedBy, byteLength });
  }
  checkSwapped(manifest, sized, faults);
  return sized;
}

function isSwapHole({ holes }: Faults): (pass: unknown, index: number) => boolean {
  return (_, index) => holes.touches(["passes", index, "swap"]);
}

/** What the manifest says of a binding, or of all of them, could not be read; whether it is scratch is no matter. */
export function isBindingHole(name: string, { holes }: Faults): boolean {
  return holes.covers(["bindings", name]) || holes.under(["bindings", name]).some((member) => member !== "scratch");
}

/** An entry of the manifest that is no binding's was meant for this one: its own fault says so. */
function isMisspelt(name: string, manifest: Manifest, known: readonly string[]): boolean {
  return Object.keys(manifest.bindings ?? {}).some((key) => !known.includes(key) && nearest(key, known) === name);
}

/** What trades places has one size. An output's is what the owner wants, so it is the other that is mended. */
function checkSwapped(manifest: Manifest, sized: ReadonlyMap<string, SizedBinding>, faults: Faults): void {
  const outputs = new Set(manifest.output.map(({ binding }) => binding));
  for (const [pass, { swap }] of manifest.passes.entries()) {
    for (const [index, pair] of (swap ?? []).entries()) {
      const [kept, other] = outputs.has(pair[1]) && !outputs.has(pair[0]) ? [pair[1], pair[0]] : pair;
      const a = sized.get(kept);
      const b = sized.get(other);
      if (!a || !b || a.isOpen || b.isOpen || a.byteLength === b.byteLength || [a, b].some(({ reflected }) => reflected.kind === "uniform"))
        continue;
      const wrong = `${other} has ${sizeText(b)} and ${kept}, which it is swapped with, ${sizeText(a)}.`;
      const tail = tailOf(b.reflected.layout);
      const elements = tail && (a.byteLength - tail.offset) / tail.stride;
      const [here, there] = [lengthPlace(b), lengthPlace(a)];
      const count = here.endsWith(".elements") && Number.isInteger(elements) ? ` (${elements} elements)` : "";
      const right = `Mend whichever is wrong: the length of ${other} comes from ${here}${count}, that of ${kept} from ${there}.`;
      faults.at(["passes", pass, "swap", index], wrong, right);
    }
  }
}

/** Where it stands how long a binding is. */
function lengthPlace({ reflected: { name }, manifest, elements, shapedBy }: SizedBinding): string {
  if (elements === null) return "its type in the kernel";
  return shapedBy === null
    ? `bindings.${name}.${manifest.elements === undefined ? "init" : "elements"}`
    : `output[${shapedBy.output}].shape`;
}

function sizeText({ byteLength, elements }: SizedBinding): string {
  return elements === null ? counted(byteLength, "byte") : `${counted(elements, "element")} (${counted(byteLength, "byte")})`;
}

/** The plan of one sized binding. */
export function planBuffer(
  sized: SizedBinding,
  filled: boolean,
  units: Units,
  scope: Scope,
  files: PackageFiles,
  faults: Faults,
): BufferPlan {
  const { reflected, manifest, byteLength } = sized;
  const path: JsonPath = ["bindings", reflected.name];
  const init = planInit(sized, units.splits.get(reflected.name), files, faults);
  const writes = writeSet(sized, manifest.set ?? {}, [...path, "set"], scope, faults);
  const isEmpty = manifest.init === undefined && writes.length === 0 && !manifest.set && !filled;
  if (isEmpty && reflected.kind !== "storage" && !isBindingHole(reflected.name, faults)) {
    const what = reflected.kind === "uniform" ? "uniform" : "read-only";
    faults.at(path, `${reflected.name} is ${what} and nothing fills it.`, 'Give it "set" or "init" ("zero" if zeros are meant).');
  }
  return { name: reflected.name, group: reflected.group, binding: reflected.binding, kind: reflected.kind, byteLength, init, writes };
}

/** The writes of a `set` map into one binding. */
export function writeSet(
  sized: SizedBinding,
  set: { [path: string]: unknown },
  path: JsonPath,
  scope: Scope,
  faults: Faults,
): FieldWrite[] {
  const writes: FieldWrite[] = [];
  const written = new Map<number, string>();
  for (const [key, value] of Object.entries(set)) {
    const target = resolvePath(sized.reflected.layout, key, sized.elements);
    if ("wrong" in target) {
      const right = target.misspelt ? suggest(target.misspelt.name, target.misspelt.known, target.right) : target.right;
      faults.at([...path, key], target.wrong, right);
      continue;
    }
    const misfits: ValueFault[] = [];
    let isSkipped = false;
    const context: FieldContext = {
      scope,
      elements: tailOf(target.layout) ? sized.elements : null,
      warn: (text) => faults.warnAt([...path, key], text),
      skip: () => {
        isSkipped = true;
      },
    };
    const from = writes.length;
    writeValue(target.layout, target.offset, value as Json, context, writes, misfits);
    for (const misfit of misfits) faults.at([...path, key, ...(misfit.at ?? [])], misfit.wrong, misfit.right);
    if (isSkipped) faults.holes.add([...path, key]);
    for (let i = from; i < writes.length; i++) {
      const offset = writes[i]?.offset ?? 0;
      const before = written.get(offset);
      if (before !== undefined && before !== key) {
        faults.at([...path, key], `It writes what ${JSON.stringify(before)} writes too.`, "Set each field once.");
        break;
      }
      written.set(offset, key);
    }
    if (writes.length > MAX_WRITES) {
      faults.at([...path, key], `${sized.reflected.name} has more than ${MAX_WRITES} values.`, "Put them into an init file.");
      return writes.slice(0, MAX_WRITES);
    }
  }
  return writes;
}

/** Names that are swapped with each name, in any pass. */
export function swapPartners(manifest: Manifest): Map<string, Set<string>> {
  const partners = new Map<string, Set<string>>();
  const link = (a: string, b: string) => partners.set(a, (partners.get(a) ?? new Set()).add(b));
  for (const pass of manifest.passes) {
    for (const [a, b] of pass.swap ?? []) {
      link(a, b);
      link(b, a);
    }
  }
  return partners;
}

/** Elements of the runtime-sized array by the binding's own entry; undefined when it says nothing, "told" after a fault. */
function claimLength(
  manifest: Manifest,
  { name, layout }: ReflectedBinding,
  units: Units,
  files: PackageFiles,
  faults: Faults,
): number | "told" | undefined {
  const tail = tailOf(layout);
  if (!tail) return undefined;
  const entry = manifest.bindings?.[name];
  const { holes } = faults;
  if (holes.covers(["bindings", name, "elements"])) return "told";
  if (entry?.elements !== undefined) return entry.elements;
  const path: JsonPath = ["bindings", name];
  const whole = (bytes: number, what: string, length: string, at: JsonPath): number | "told" => {
    const elements = (bytes - tail.offset) / tail.stride;
    if (Number.isInteger(elements) && elements >= 1) return elements;
    const head = tail.offset > 0 ? ` after ${tail.offset} bytes of header` : "";
    faults.at(
      at,
      `${what} has ${bytes} bytes, no whole number of elements of ${tail.stride} bytes${head}.`,
      `An element is ${layoutName(tail.element)}: let ${length} be a multiple of ${tail.stride}${tail.offset > 0 ? `, and ${tail.offset} more` : ""}.`,
    );
    return "told";
  };
  const output = manifest.output.findIndex((candidate) => candidate.binding === name);
  const shaped = manifest.output[output];
  const at: JsonPath = ["output", output];
  if (shaped && (!hasItsSize(shaped.dtype, layout) || holes.covers([...at, "dtype"]) || holes.touches([...at, "shape"]))) return "told";
  if (shaped) return whole(outputBytes(shaped), "The output's shape", "its bytes", ["output", output, "shape"]);
  const init = entry?.init;
  if (holes.touches([...path, "init"])) return "told";
  if (typeof init === "object" && "file" in init) {
    const split = units.splits.get(name);
    if (split) return whole(split.bytesPerUnit, "A unit's piece", "recordBytes x recordsPerUnit", [...path, "init", "split"]);
    if (init.split) return "told";
    const stat = files.input(init.file, [...path, "init", "file"]);
    return stat ? whole(stat.bytes, init.file, "the file's length", [...path, "init", "file"]) : "told";
  }
  const list = entry?.set?.[""];
  if (layout.kind === "array" && Array.isArray(list) && list.length > 0) return list.length;
  return undefined;
}

/** Members of a uniform struct that nothing sets, for a warning. */
export function unsetMembers(layout: Layout, written: readonly FieldWrite[]): string[] {
  if (layout.kind !== "struct" || written.length === 0) return [];
  return layout.members
    .filter(({ offset, layout: member }) => {
      const end = offset + member.size;
      return lengthOf(member, null) !== null && !written.some((write) => write.offset >= offset && write.offset < end);
    })
    .map((member) => member.name);
}
