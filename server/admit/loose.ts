/** What can be judged of a manifest that does not have its shape: each name and file that stands where one belongs. */
import { list, resolvePath } from "../../shared/kernel/path.ts";
import type { Reflection } from "../../shared/kernel/reflect.ts";
import { PATH_PATTERN } from "../../shared/manifest/file.ts";
import type { Faults } from "./faults.ts";
import type { Json, JsonPath } from "./json.ts";
import { MAX_ENTRY_POINTS } from "./limits.ts";
import { tellUnknown } from "./names.ts";
import { suggest } from "./nearest.ts";
import type { PackageFiles } from "./tables.ts";

/** A text of the manifest and where it stands. */
interface Named {
  name: string;
  path: JsonPath;
}

/** More parts of one list are not looked at. */
const MAX_PARTS = 64;

/** The kernel's files, as far as they are named. */
export function kernelList(value: Json): string[] {
  return partsOf(memberOf(value, "kernel")).flatMap((name) => (typeof name === "string" ? [name] : []));
}

/** The other files that are named: tables, and files that bindings start from. */
export function otherFiles(value: Json): string[] {
  return [...tablesIn(value), ...inputsIn(value)].map(({ name }) => name);
}

/** Columns of tables that are named somewhere, as in `$row.x`. */
export function columnsIn(value: unknown): Set<string> {
  return new Set([...JSON.stringify(value).matchAll(/"\$(?:row|pass)\.(\w+)"/g)].map(([, name = ""]) => name));
}

/** Tells which of the files are not there, and which of the tables cannot be read. */
export function checkLooseFiles(value: Json, files: PackageFiles): void {
  for (const { name, path } of tablesIn(value)) files.table(name, path);
  for (const { name, path } of inputsIn(value)) files.stat(name, path);
}

/** Tells which names are none of the kernel's, whose text has no fault of syntax. */
export function checkLooseNames(value: Json, reflection: Reflection, faults: Faults): void {
  const { resources, entryPoints } = reflection;
  const entries = [...entryPoints.keys()];
  const { bindings } = entries.length > MAX_ENTRY_POINTS ? { bindings: [] } : reflection.bindingsOf(entries);
  for (const { name, path } of bindingsIn(value)) {
    if (!resources.includes(name)) tellUnknown(name, path, reflection, path[0] === "output" ? [] : bindings, faults);
  }
  for (const { name, path } of entryPointsIn(value)) {
    if (entryPoints.has(name)) continue;
    const right = entries.length === 0 ? "Mark one @compute @workgroup_size(64)." : `The kernel's entry points are ${list(entries)}.`;
    faults.at(path, `The kernel has no entry point ${name}.`, suggest(name, entries, right));
  }
  const set = (name: string) => Object.keys(recordOf(memberOf(memberOf(memberOf(value, "bindings"), name), "set")));
  for (const { name, layout } of bindings) {
    for (const key of set(name)) {
      const target = resolvePath(layout, key, null);
      if (!("wrong" in target) || !target.misspelt) continue;
      faults.at(["bindings", name, "set", key], target.wrong, suggest(target.misspelt.name, target.misspelt.known, target.right));
    }
  }
}

function bindingsIn(value: Json): Named[] {
  const keys = (record: Json | undefined, path: JsonPath) => Object.keys(recordOf(record)).map((name) => ({ name, path: [...path, name] }));
  return [
    ...keys(memberOf(value, "bindings"), ["bindings"]),
    ...partsOf(memberOf(value, "output")).flatMap((output, index) => textIn(output, "binding", ["output", index])),
    ...passesIn(value).flatMap((pass, index) => keys(memberOf(pass, "set"), ["passes", index, "set"])),
  ];
}

function entryPointsIn(value: Json): Named[] {
  return passesIn(value).flatMap((pass, index) => textIn(pass, "entryPoint", ["passes", index]));
}

function tablesIn(value: Json): Named[] {
  const tables = passesIn(value).flatMap((pass, index) => textIn(pass, "table", ["passes", index]));
  return [...textIn(memberOf(value, "units"), "rows", ["units"]), ...tables].filter(isFile);
}

function inputsIn(value: Json): Named[] {
  return Object.entries(recordOf(memberOf(value, "bindings")))
    .flatMap(([name, binding]) => textIn(memberOf(binding, "init"), "file", ["bindings", name, "init"]))
    .filter(isFile);
}

function isFile({ name }: Named): boolean {
  return new RegExp(PATH_PATTERN, "u").test(name);
}

function passesIn(value: Json): Json[] {
  return partsOf(memberOf(value, "passes"));
}

function textIn(value: Json | undefined, member: string, path: JsonPath): Named[] {
  const text = memberOf(value, member);
  return typeof text === "string" ? [{ name: text, path: [...path, member] }] : [];
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  const record = recordOf(value);
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function recordOf(value: Json | undefined): { [key: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

function partsOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value.slice(0, MAX_PARTS) : [];
}
