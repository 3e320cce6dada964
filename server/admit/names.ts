/** Names in the manifest: of the kernel's bindings, of files, and of their columns. */
import { list } from "../../shared/kernel/path.ts";
import type { ReflectedBinding, Reflection } from "../../shared/kernel/reflect.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { Faults } from "./faults.ts";
import type { Json, JsonPath } from "./json.ts";
import { nearest, suggest } from "./nearest.ts";

const MAX_KERNEL_FILES = 64;

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
 * Silent where the kernel declares it without a place, which Tint tells, and where its syntax is broken and may hide it.
 */
export function tellUnknown(
  name: string,
  path: JsonPath,
  { resources, unbound, hidden, entryPoints }: Reflection,
  bindings: readonly ReflectedBinding[],
  faults: Faults,
): void {
  // Of a kernel without anything that is one there is more to say.
  if (unbound.includes(name) || hidden.has(name) || (resources.length === 0 && entryPoints.size === 0)) return;
  const wrong = `The kernel has no binding ${name}.`;
  const owner = ownerOf(name, bindings);
  const there = resources.length === 0 ? "The kernel has no bindings." : `The kernel has ${list(resources)}.`;
  const isKey = path[0] !== "output";
  if (!owner && isKey) faults.named(path, wrong, suggest(name, resources, there));
  else if (!owner) faults.at(path, wrong, suggest(name, resources, there));
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

/** Columns of tables that are named somewhere, as in `$row.x`. */
export function columnsIn(value: unknown): Set<string> {
  return new Set([...JSON.stringify(value).matchAll(/"\$(?:row|pass)\.(\w+)"/g)].map(([, name = ""]) => name));
}

/** The kernel's files, of a manifest of which nothing else is known. */
export function kernelIn(value: Json): string[] {
  const found = value !== null && typeof value === "object" && !Array.isArray(value) ? value.kernel : undefined;
  const names = Array.isArray(found) ? found.slice(0, MAX_KERNEL_FILES) : [];
  return names.filter((name) => typeof name === "string");
}

/** Every file that the manifest names. */
export function namedFiles(manifest: Manifest): string[] {
  const inits = Object.values(manifest.bindings ?? {}).flatMap(({ init }) =>
    typeof init === "object" && "file" in init ? [init.file] : [],
  );
  const tables = manifest.passes.flatMap((pass) => pass.table ?? []);
  return [...manifest.kernel, ...("rows" in manifest.units ? [manifest.units.rows] : []), ...inits, ...tables];
}
