/** One buffer for each binding that the passes use: its size, its contents, the fields that a unit writes into it. */

import { counted } from "../../shared/counted.ts";
import { writeField } from "../../shared/expand.ts";
import type { BlobHash } from "../../shared/ids.ts";
import { type Layout, layoutName, onlyScalar, roundUp, tailOf } from "../../shared/kernel/layout.ts";
import { lengthOf, resolvePath } from "../../shared/kernel/path.ts";
import type { ReflectedBinding } from "../../shared/kernel/reflect.ts";
import type { ManifestBinding } from "../../shared/manifest/binding.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferInit, BufferPlan, FieldWrite } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";
import { type FieldContext, MAX_WRITES, writeValue } from "./fields.ts";
import type { Json, JsonPath } from "./json.ts";
import { nearest, suggest } from "./nearest.ts";
import { outputBytes } from "./outputs.ts";
import type { Scope, ValueFault } from "./sources.ts";
import type { PackageFiles } from "./tables.ts";
import type { SplitFile, Units } from "./units.ts";

/** A binding with the length of its runtime-sized array and the size of its buffer. */
export interface SizedBinding {
  reflected: ReflectedBinding;
  manifest: ManifestBinding;
  elements: number | null;
  /** The output whose shape gives the array its length, by its place in the manifest. */
  shapedBy: number | null;
  byteLength: number;
}

/** Sizes every used binding: by its type, `elements`, an output's shape, a file, a list, or the binding it is swapped with. */
export function sizeBindings(
  manifest: Manifest,
  reflected: readonly ReflectedBinding[],
  units: Units,
  files: PackageFiles,
  faults: Faults,
): Map<string, SizedBinding> {
  const partners = swapPartners(manifest);
  const lengths = new Map<string, number>();
  // A misspelt output would have given a length, and so would one that names what no kernel writes: its own fault says so.
  const writable = new Set(reflected.filter(({ name, kind }) => kind === "storage" || partners.has(name)).map(({ name }) => name));
  const misspelt = manifest.output.some((output) => !writable.has(output.binding));
  const names = reflected.map(({ name }) => name);
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
    if (tail && elements === null) {
      if (claims.get(binding.name) !== "told" && !misspelt && !isMisspelt(binding.name, manifest, names)) {
        const wrong = `${binding.name} is a runtime-sized ${layoutName(tail.element)} array and nothing says how long it is.`;
        faults.at(path, wrong, `Give it "elements", an init file, or an output's shape.`);
      }
      continue;
    }
    const length = tail ? tail.offset + (elements ?? 1) * tail.stride : binding.layout.size;
    const shape = manifest.output.findIndex((output) => output.binding === binding.name);
    const shapedBy = tail && entry.elements === undefined && shape >= 0 ? shape : null;
    const byteLength = roundUp(4, Math.max(length, binding.layout.size));
    if (!tail && entry.elements !== undefined) {
      faults.at([...path, "elements"], `${binding.name} has a type of a fixed size, ${layoutName(binding.layout)}.`, "Remove elements.");
    }
    sized.set(binding.name, { reflected: binding, manifest: entry, elements: tail ? elements : null, shapedBy, byteLength });
  }
  checkSwapped(manifest, sized, faults);
  return sized;
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
      if (!a || !b || a.byteLength === b.byteLength) continue;
      const wrong = `${other} has ${sizeText(b)} and ${kept}, which it is swapped with, ${sizeText(a)}.`;
      const tail = tailOf(b.reflected.layout);
      const elements = tail && (a.byteLength - tail.offset) / tail.stride;
      const [here, there] = [lengthPlace(b), lengthPlace(a)];
      const count = here.endsWith(".elements") && Number.isInteger(elements) ? ` (${elements} elements)` : "";
      const right = `Mend whichever is wrong: the length of ${other} comes from ${here}${count}, that of ${kept} from ${there}.`;
      const own = ["bindings", other, "elements"];
      faults.at(b.manifest.elements === undefined ? ["passes", pass, "swap", index] : own, wrong, right);
    }
  }
}

/** Where it stands how long a binding is. */
function lengthPlace({ reflected: { name }, manifest, elements, shapedBy }: SizedBinding): string {
  if (elements === null) return "its type in the kernel";
  return shapedBy === null ? `bindings.${name}.${manifest.elements === undefined ? "init" : "elements"}` : `output[${shapedBy}].shape`;
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
  if (manifest.init === undefined && writes.length === 0 && !manifest.set && !filled && reflected.kind !== "storage") {
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
    const context: FieldContext = {
      scope,
      elements: tailOf(target.layout) ? sized.elements : null,
      warn: (text) => faults.warn(`${sized.reflected.name}: ${text}`),
    };
    const from = writes.length;
    writeValue(target.layout, target.offset, value as Json, context, writes, misfits);
    for (const misfit of misfits) faults.at([...path, key, ...(misfit.at ?? [])], misfit.wrong, misfit.right);
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
  if (entry?.elements !== undefined) return entry.elements;
  const path: JsonPath = ["bindings", name];
  const whole = (bytes: number, what: string, at: JsonPath): number | "told" => {
    const elements = (bytes - tail.offset) / tail.stride;
    if (Number.isInteger(elements) && elements >= 1) return elements;
    const head = tail.offset > 0 ? ` after ${tail.offset} bytes of header` : "";
    faults.at(
      at,
      `${what} has ${bytes} bytes, no whole number of elements of ${tail.stride} bytes${head}.`,
      `An element is ${layoutName(tail.element)}: let it be a multiple of ${tail.stride}${tail.offset > 0 ? `, and ${tail.offset} more` : ""}.`,
    );
    return "told";
  };
  const output = manifest.output.findIndex((candidate) => candidate.binding === name);
  const shaped = manifest.output[output];
  if (shaped) return whole(outputBytes(shaped), "The output's shape", ["output", output, "shape"]);
  const init = entry?.init;
  if (typeof init === "object" && "file" in init) {
    const split = units.splits.get(name);
    if (split) return whole(split.bytesPerUnit, "A unit's piece", [...path, "init", "split"]);
    if (init.split) return "told";
    const stat = files.input(init.file, [...path, "init", "file"]);
    return stat ? whole(stat.bytes, init.file, [...path, "init", "file"]) : "told";
  }
  const list = entry?.set?.[""];
  if (layout.kind === "array" && Array.isArray(list) && list.length > 0) return list.length;
  return undefined;
}

function planInit(sized: SizedBinding, split: SplitFile | undefined, files: PackageFiles, faults: Faults): BufferInit {
  const { reflected, manifest, shapedBy, byteLength } = sized;
  const path: JsonPath = ["bindings", reflected.name, "init"];
  const init = manifest.init;
  if (init === undefined || init === "zero") return { kind: "zero" };
  if ("constant" in init) return fill(reflected.layout, init.constant, path, faults);
  if (init.split) {
    if (!split) return { kind: "zero" };
    if (split.bytesPerUnit > byteLength) {
      const from = shapedBy === null ? "" : `, by output[${shapedBy}].shape`;
      faults.at(
        path,
        `A unit's piece has ${split.bytesPerUnit} bytes, ${reflected.name} has ${byteLength}${from}.`,
        `At most ${Math.floor(byteLength / init.split.recordBytes)} records fit: mend recordsPerUnit${tailOf(reflected.layout) ? (shapedBy === null ? ', or "elements"' : ', or give it "elements"') : ""}.`,
      );
    }
    const { bytesPerUnit, unitsPerChunk, fileBytes } = split;
    if (bytesPerUnit < byteLength - 3) {
      faults.warnAt(
        [...path, "split"],
        `a unit's piece fills ${bytesPerUnit} of the ${byteLength} bytes of ${reflected.name}; the rest is zero. recordBytes is a record's length in bytes.`,
      );
    }
    return { kind: "split", bytesPerUnit, unitsPerChunk, fileBytes, chunks: "" as BlobHash };
  }
  const stat = files.input(init.file, [...path, "file"]);
  if (!stat) return { kind: "zero" };
  if (stat.bytes > byteLength) {
    faults.at(
      [...path, "file"],
      `${init.file} has ${stat.bytes} bytes, ${reflected.name} has ${byteLength}.`,
      "Make the binding larger or the file smaller.",
    );
  } else if (stat.bytes < byteLength - 3) {
    faults.warn(`${init.file} fills ${stat.bytes} of the ${byteLength} bytes of ${reflected.name}; the rest is zero.`);
  }
  return { kind: "file", blob: stat.sha256, byteLength: stat.bytes };
}

function fill(layout: Layout, constant: number, path: JsonPath, faults: Faults): BufferInit {
  if (constant === 0 && !Object.is(constant, -0)) return { kind: "zero" };
  const scalar = onlyScalar(layout);
  if (!scalar) {
    faults.at(path, `${layoutName(layout)} mixes several types.`, 'Use "set" for its members, or a file.');
    return { kind: "zero" };
  }
  const view = new DataView(new ArrayBuffer(4));
  const unit = { units: { count: 1 }, seed: 0n, index: 0 };
  try {
    for (const offset of scalar === "f16" ? [0, 2] : [0]) {
      writeField(view, { offset, as: scalar, value: { scale: "1", offset: String(constant) } }, unit);
    }
  } catch (error) {
    if (!(error instanceof Error && error.name === "ExpandError")) throw error;
    faults.at([...path, "constant"], `${constant} does not fit ${scalar}.`, `Every element of ${layoutName(layout)} is ${scalar}.`);
  }
  return { kind: "fill", word: view.getUint32(0, true) };
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
