/** A manifest without what is wrong with it, or with it mended, so that the rest can be judged all the same. */
import type { Json, JsonPath } from "./json.ts";

/** A copy of `value` without the members at these paths. */
export function without(value: Json, paths: readonly JsonPath[]): Json {
  const copy = structuredClone(value);
  for (const path of paths) {
    const parent = parentIn(copy, path);
    const last = path.at(-1);
    if (parent !== undefined && !Array.isArray(parent) && last !== undefined) delete parent[last];
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
    const parent = parentIn(copy, path);
    const name = String(path.at(-1));
    if (parent === undefined || Array.isArray(parent) || !Object.hasOwn(parent, name)) continue;
    const value = parent[name] ?? null;
    delete parent[name];
    const inner = parent[meant];
    if (!isInside) parent[meant] = value;
    else parent[meant] = { ...(inner !== null && typeof inner === "object" && !Array.isArray(inner) ? inner : {}), [name]: value };
  }
  return copy;
}

/** Of a path as it was written, where it leads in the value that `renamed` makes. */
export function pathsAfter(misspelt: readonly Misspelt[]): (path: JsonPath) => JsonPath {
  const byPath = new Map(misspelt.map((each) => [JSON.stringify(each.path), each]));
  return (path) =>
    path.flatMap((step, index): JsonPath => {
      const found = byPath.get(JSON.stringify(path.slice(0, index + 1)));
      if (!found) return [step];
      return found.isInside ? [found.meant, step] : [found.meant];
    });
}

/** A part of a value of which nothing is known, and the least that is allowed in its place; without one it may be left out. */
export interface Hole {
  path: JsonPath;
  instead?: Json;
}

/** A copy of `value` with its holes filled, the outermost last. */
export function replaced(value: Json, holes: readonly Hole[]): Json {
  const copy = structuredClone(value);
  for (const { path, instead } of [...holes].sort((a, b) => b.path.length - a.path.length)) {
    const parent = parentIn(copy, path);
    const last = path.at(-1);
    if (parent === undefined || last === undefined) continue;
    if (Array.isArray(parent)) parent[Number(last)] = instead ?? null;
    else if (instead === undefined) delete parent[last];
    else parent[last] = instead;
  }
  return copy;
}

/** The list or the object that holds what stands at `path`. */
function parentIn(value: Json, path: JsonPath): Json[] | { [key: string]: Json } | undefined {
  let parent: Json | undefined = value;
  for (const step of path.slice(0, -1)) parent = childOf(parent, step);
  return parent !== null && typeof parent === "object" ? parent : undefined;
}

function childOf(value: Json | undefined, step: string | number): Json | undefined {
  if (Array.isArray(value)) return value[Number(step)];
  return value !== null && typeof value === "object" ? value[String(step)] : undefined;
}
