/** A manifest without what is wrong with it, or with it mended, where the rest can be judged all the same. */
import type { Json, JsonPath } from "./json.ts";

/** Members that nothing else of the manifest is judged by. */
const APART: ReadonlySet<string> = new Set([
  "$schema",
  "name",
  "title",
  "for",
  "description",
  "noun",
  "answer",
  "seed",
  "requires",
  "verify",
  "pool",
  "gflopPerUnit",
  "maxGpuHours",
  "priority",
]);

/** The same of members of an output, a pass and a binding. */
const PARTS_APART: ReadonlySet<string> = new Set(["output reduce", "output compare", "passes repeat", "bindings scratch"]);

/** The member that a fault at `path` is in, if nothing else of the manifest is judged by it. */
export function apartOf(path: JsonPath): JsonPath[] {
  const [member, index, part] = path;
  if (typeof member === "string" && APART.has(member)) return [[member]];
  if (typeof member !== "string" || index === undefined || part === undefined) return [];
  return PARTS_APART.has(`${member} ${part}`) ? [[member, index, part]] : [];
}

/** The same with a name, which alone of what stands apart must be there. */
export function named(value: Json): Json {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? { name: "unnamed", ...value } : value;
}

/** A copy of `value` without the members at these paths. */
export function without(value: Json, paths: readonly JsonPath[]): Json {
  const copy = structuredClone(value);
  for (const path of paths) {
    let parent: Json | undefined = copy;
    for (const step of path.slice(0, -1)) parent = childOf(parent, step);
    const last = path[path.length - 1];
    if (parent !== null && typeof parent === "object" && !Array.isArray(parent) && last !== undefined) delete parent[last];
  }
  return copy;
}

/** A member that stands under another name than it was meant to have; `isInside`: it was meant to be a member of that one. */
export interface Misspelt {
  path: JsonPath;
  meant: string;
  isInside?: boolean;
}

/** A copy of `value` with these members under the names that were meant, the innermost first: their paths are as written. */
export function renamed(value: Json, misspelt: readonly Misspelt[]): Json {
  const copy = structuredClone(value);
  for (const { path, meant, isInside } of [...misspelt].sort((a, b) => b.path.length - a.path.length)) {
    let parent: Json | undefined = copy;
    for (const step of path.slice(0, -1)) parent = childOf(parent, step);
    const name = String(path.at(-1));
    if (parent === null || typeof parent !== "object" || Array.isArray(parent) || !Object.hasOwn(parent, name)) continue;
    const value = parent[name] ?? null;
    delete parent[name];
    const inner = parent[meant];
    if (!isInside) parent[meant] = value;
    else parent[meant] = { ...(inner !== null && typeof inner === "object" && !Array.isArray(inner) ? inner : {}), [name]: value };
  }
  return copy;
}

function childOf(value: Json | undefined, step: string | number): Json | undefined {
  if (Array.isArray(value)) return value[Number(step)];
  return value !== null && typeof value === "object" ? value[String(step)] : undefined;
}
