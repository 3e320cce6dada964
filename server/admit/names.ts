/** Names in the manifest: of the kernel's bindings, and of files. */
import { list } from "../../shared/kernel/path.ts";
import type { KernelFile } from "../../shared/kernel/read.ts";
import type { ReflectedBinding, Reflection } from "../../shared/kernel/reflect.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { Faults } from "./faults.ts";
import type { JsonPath } from "./json.ts";
import { nearest, suggest } from "./nearest.ts";

/** Every name in the manifest that should be one of the kernel's, but for what passes set. `used`: by an entry point, the checker's too; `inPasses`: by those of the passes. */
export function checkNames(
  manifest: Manifest,
  reflection: Reflection,
  bindings: readonly ReflectedBinding[],
  used: ReadonlySet<string>,
  inPasses: ReadonlySet<string>,
  complete: boolean,
  faults: Faults,
): void {
  const { resources } = reflection;
  for (const name of Object.keys(manifest.bindings ?? {})) {
    if (!resources.includes(name)) tellUnknown(name, ["bindings", name], reflection, bindings, faults);
    else if (!used.has(name) && complete) faults.warnAt(["bindings", name], `no entry point of the passes uses ${name}: it is left out.`);
  }
  manifest.output.forEach(({ binding }, index) => {
    const path = ["output", index, "binding"];
    if (!resources.includes(binding)) tellUnknown(binding, path, reflection, [], faults);
    else if (!inPasses.has(binding) && complete) {
      faults.at(
        path,
        `No entry point of the passes uses ${binding}.`,
        inPasses.size === 0 ? `The kernel has ${list(resources)}.` : `They use ${list([...inPasses])}.`,
      );
    }
  });
}

/**
 * Tells a name at `path` that is no binding, with the one that is meant: one that is near, or the one of which it is a member.
 * Silent where the kernel declares it without a place, which Tint tells.
 */
export function tellUnknown(
  name: string,
  path: JsonPath,
  { resources, unbound }: Reflection,
  bindings: readonly ReflectedBinding[],
  faults: Faults,
): void {
  if (unbound.includes(name)) return;
  const wrong = `The kernel has no binding ${name}.`;
  const owner = ownerOf(name, bindings);
  const there = resources.length === 0 ? "The kernel has no bindings." : `The kernel has ${list(resources)}.`;
  if (!owner) faults.at(path, wrong, suggest(name, resources, there));
  else {
    const set = path[0] === "passes" ? `{"${name}": …}` : `{"set": {"${name}": …}}`;
    // One word at one place: its form is told by this, too.
    faults.only(path, wrong, `${name} is a member of ${owner.name}: write {"${owner.name}": ${set}}.`);
  }
}

/** The binding that a name was meant for, which is none of the kernel's. */
export function meantBy(name: string, resources: readonly string[], bindings: readonly ReflectedBinding[]): string | undefined {
  return resources.includes(name) ? undefined : (ownerOf(name, bindings)?.name ?? nearest(name, resources));
}

function ownerOf(name: string, bindings: readonly ReflectedBinding[]): ReflectedBinding | undefined {
  return bindings.find(({ layout }) => layout.kind === "struct" && layout.members.some((member) => member.name === name));
}

/** Beside a fault of syntax: the manifest's names that stand nowhere in the kernel's files, so that no declaration of them is hidden. */
export function checkAbsent(manifest: Manifest, resources: string[], files: readonly KernelFile[], faults: Faults): void {
  const words = new Set(files.flatMap(({ text }) => text.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []));
  // Another language: none of its declarations is one of ours.
  if (!words.has("fn")) return;
  const check = (name: string, path: (string | number)[]) => {
    if (!words.has(name)) faults.at(path, `The kernel has no binding ${name}.`, suggest(name, resources, "Mend its name."));
  };
  for (const name of Object.keys(manifest.bindings ?? {})) check(name, ["bindings", name]);
  manifest.output.forEach(({ binding }, index) => {
    check(binding, ["output", index, "binding"]);
  });
}

/** Every file that the manifest names. */
export function namedFiles(manifest: Manifest): string[] {
  const inits = Object.values(manifest.bindings ?? {}).flatMap(({ init }) =>
    typeof init === "object" && "file" in init ? [init.file] : [],
  );
  const tables = manifest.passes.flatMap((pass) => pass.table ?? []);
  return [...manifest.kernel, ...("rows" in manifest.units ? [manifest.units.rows] : []), ...inits, ...tables];
}
