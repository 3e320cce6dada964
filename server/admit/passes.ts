/** Passes: which entry point is dispatched how often, what each iteration writes and swaps. */

import { counted } from "../../shared/counted.ts";
import { list } from "../../shared/kernel/path.ts";
import type { Reflection } from "../../shared/kernel/reflect.ts";
import { type ManifestPass, Pass } from "../../shared/manifest/pass.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, PassPlan } from "../../shared/plan.ts";
import { type SizedBinding, writeSet } from "./buffers.ts";
import { type CsvTable, decimalLines } from "./csv.ts";
import { type Faults, fieldOf } from "./faults.ts";
import type { JsonPath } from "./json.ts";
import { tellUnknown } from "./names.ts";
import { nearest, suggest } from "./nearest.ts";
import { PASS_FIELDS, type Scope, type UnreadTable } from "./sources.ts";
import type { PackageFiles } from "./tables.ts";

const MAX_TABLE_FIELDS = 65_536;
const MARK_ONE = "Mark one @compute @workgroup_size(64).";

/** A pass whose entry point and table are known. */
export interface ResolvedPass {
  manifest: ManifestPass;
  /** Its place in the manifest. */
  index: number;
  entryPoint: string;
  repeat: number;
  table?: CsvTable | UnreadTable;
}

/** Finds each pass's entry point, or the one that is meant, and its table; undefined where there is none, with a fault. */
export function resolvePasses(
  manifest: Manifest,
  reflection: Reflection | undefined,
  files: PackageFiles,
  faults: Faults,
): (ResolvedPass | undefined)[] {
  return manifest.passes.map((pass, index) => {
    const path: JsonPath = ["passes", index];
    const table = pass.table === undefined ? undefined : files.table(pass.table, [...path, "table"]);
    let unread = (pass.table !== undefined && !table) || faults.holes.touches([...path, "table"]);
    const repeat = pass.repeat ?? table?.count ?? 1;
    if (table && table.count * table.columns.length > MAX_TABLE_FIELDS) {
      const wrong = `The table has ${table.count * table.columns.length} fields.`;
      faults.at([...path, "table"], wrong, `At most ${MAX_TABLE_FIELDS} are allowed: it is part of every volunteer's plan.`);
      unread = true;
    } else if (table) {
      if (table.count !== repeat) {
        faults.at(
          [...path, "repeat"],
          `The table has ${counted(table.count, "line")}, the pass ${counted(repeat, "iteration")}.`,
          `Write ${table.count}, or let the table have ${repeat}: a line an iteration.`,
        );
      }
      for (const { name } of table.columns) {
        if (name === "index" || name === "iteration") {
          faults.at([...path, "table"], `A column is called ${name}.`, `$pass.${name} has a meaning of its own: rename the column.`);
        }
      }
    }
    const entryPoint = reflection && entryPointOf(pass, path, reflection, faults);
    return entryPoint === undefined
      ? undefined
      : { manifest: pass, index, entryPoint, repeat, ...(unread ? { table: files.unreadOf(pass.table ?? "") } : table ? { table } : {}) };
  });
}

function entryPointOf(pass: ManifestPass, path: JsonPath, reflection: Reflection, faults: Faults): string | undefined {
  const names = [...reflection.entryPoints.keys()];
  const { hidden } = reflection;
  const isHole = faults.holes.covers([...path, "entryPoint"]);
  const name = isHole ? undefined : pass.entryPoint;
  if (name === undefined) {
    // Where the syntax is broken there may be another.
    if (names.length === 1 && !hidden.has("compute")) return names[0];
    const others = faults.holes.under(path).some((member) => !Object.hasOwn(Pass.properties, member));
    // That there is none may have a reason, which is told alone.
    if (names.length > 0 && !isHole && !others && !hidden.has("compute"))
      faults.at(path, `The kernel has ${names.length} entry points.`, `Name one of ${list(names)} as entryPoint.`);
    return undefined;
  }
  if (reflection.entryPoints.has(name)) return name;
  const stage = reflection.otherStages.get(name);
  if ((names.length === 0 && !stage) || hidden.has(name)) return undefined;
  const right = names.length === 0 ? MARK_ONE : suggest(name, names, `The kernel's entry points are ${list(names)}.`);
  faults.at([...path, "entryPoint"], stage ? `${name} is a ${stage} shader.` : `The kernel has no entry point ${name}.`, right);
  return stage ? undefined : nearest(name, names);
}

/** Tells that none of a kernel's functions can be dispatched, where nothing else is wrong with it: that may be the reason. */
export function tellNoEntryPoint({ passes: [first] }: Manifest, kernel: readonly { path: string }[], faults: Faults): void {
  if (faults.list.some(({ file }) => kernel.some(({ path }) => path === file))) return;
  if (faults.list.some(({ field }) => field === fieldOf(["passes", 0, "entryPoint"]))) return;
  const path = first?.entryPoint === undefined ? ["passes", 0] : ["passes", 0, "entryPoint"];
  faults.at(path, "The kernel has no @compute function.", MARK_ONE);
}

/** The plans of the passes; `isComplete`: they are all, and what they use is known. */
export function planPasses(
  passes: readonly ResolvedPass[],
  isComplete: boolean,
  reflection: Reflection,
  buffers: readonly BufferPlan[],
  sized: ReadonlyMap<string, SizedBinding>,
  scope: Scope,
  faults: Faults,
): PassPlan[] {
  const indexOf = new Map(buffers.map((buffer, index) => [buffer.name, index]));
  const used = passes.flatMap(({ entryPoint }) => [...(reflection.entryPoints.get(entryPoint)?.uses ?? [])]);
  const allUses = new Set(isComplete ? used : reflection.resources);
  return passes.map((pass) => {
    const { manifest, index, entryPoint, repeat, table } = pass;
    const path: JsonPath = ["passes", index];
    const uses = [...(reflection.entryPoints.get(entryPoint)?.uses ?? [])];
    const known = table ?? (tellForgotten(manifest, path, faults) ? { unread: undefined } : undefined);
    const passScope: Scope = { ...scope, pass: { index, repeat, ...(known ? { table: known } : {}) } };
    const set: PassPlan["set"] = [];
    for (const [name, fields] of Object.entries(manifest.set ?? {})) {
      const at = [...path, "set", name];
      const binding = sized.get(name);
      const buffer = indexOf.get(name);
      if (!binding || buffer === undefined) {
        if (reflection.resources.includes(name)) faults.warnAt(at, `the passes use no ${name}: what is set there is left out.`);
        else
          tellUnknown(
            name,
            at,
            reflection,
            [...sized.values()].map(({ reflected }) => reflected),
            faults,
          );
        continue;
      }
      for (const write of writeSet(binding, fields, at, passScope, faults)) set.push({ buffer, write });
    }
    const [x = 1, y = 1, z = 1] = manifest.workgroups;
    return {
      entryPoint,
      workgroups: [x, y, z],
      repeat,
      uses: uses.flatMap((name) => indexOf.get(name) ?? []).sort((a, b) => a - b),
      set,
      swap: planSwap(manifest, repeat, path, buffers, indexOf, reflection, allUses, faults),
      ...(table && "bytes" in table ? { table: { columns: table.columns.map((column) => column.name), lines: decimalLines(table) } } : {}),
    };
  });
}

/** Tells once that a pass whose `set` names several columns has no table; true where it did. */
function tellForgotten({ set }: ManifestPass, path: JsonPath, faults: Faults): boolean {
  const named = new Set([...JSON.stringify(set ?? {}).matchAll(/"\$pass\.(\w+)"/g)].map(([, name = ""]) => name));
  const columns = [...named].filter((name) => nearest(name, PASS_FIELDS) === undefined);
  if (columns.length < 2) return false;
  const wrong = `${list(columns.map((name) => `$pass.${name}`))} are columns of a table, and the pass has no table.`;
  const right = `Write "table": "stages.csv" in ${fieldOf(path)}: a CSV file with the columns ${list(columns)}, and a line an iteration.`;
  faults.at(path, wrong, right);
  return true;
}

function planSwap(
  pass: ManifestPass,
  repeat: number,
  path: JsonPath,
  buffers: readonly BufferPlan[],
  indexOf: ReadonlyMap<string, number>,
  reflection: Reflection,
  uses: ReadonlySet<string>,
  faults: Faults,
): [number, number][] {
  const swaps: [number, number][] = [];
  if (pass.swap && pass.swap.length > 0 && repeat === 1) {
    faults.warnAt(
      [...path, "swap"],
      'swap has no effect when repeat is 1: contents trade places between iterations. Give the pass "repeat": 2 or more, or remove swap.',
    );
  }
  const seen = new Set<string>();
  for (const [index, pair] of (pass.swap ?? []).entries()) {
    const at = [...path, "swap", index];
    if (faults.holes.touches(at)) continue;
    const found = pair.map((name, side) => {
      const buffer = indexOf.get(name);
      // One that is used and is no buffer has a fault of its own in the kernel.
      if (buffer === undefined && !uses.has(name) && !reflection.hidden.has(name)) {
        const others = [...indexOf.keys()].filter((known) => !pair.includes(known));
        const right = suggest(name, others, `The passes use ${list([...indexOf.keys()])}.`);
        const wrong = reflection.resources.includes(name) ? `The passes do not use ${name}.` : `The kernel has no binding ${name}.`;
        faults.at([...at, side], wrong, right);
      } else if (buffer !== undefined && buffers[buffer]?.kind === "uniform") {
        faults.at([...at, side], `${name} is a uniform.`, "Only storage bindings can be swapped.");
      }
      if (seen.has(name)) faults.at([...at, side], `${name} is swapped twice.`, `Let each binding be in one pair.${rotation(pass)}`);
      seen.add(name);
      return buffer;
    });
    const [a, b] = found;
    if (a !== undefined && b !== undefined) swaps.push([a, b]);
  }
  return swaps;
}

/** How three buffers that rotate get by with one pair. */
function rotation({ swap }: ManifestPass): string {
  const [first, second, more] = swap ?? [];
  if (!first || !second || more) return "";
  const names = new Set([...first, ...second]);
  if (names.size !== 3) return "";
  const [a, b] = first;
  return ` Three that rotate, the step before, this one and the next, need two: store the next step over the one before, of which each invocation then reads its own element alone, and swap these two, "swap": ${JSON.stringify([[a, b]])} say.`;
}
