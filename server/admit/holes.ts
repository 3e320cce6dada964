/** Parts of the manifest that could not be read: they are told, and nothing is told that would only follow from them. */
import type { JsonPath } from "./json.ts";

export class Holes {
  private readonly paths: JsonPath[] = [];

  add(...paths: readonly JsonPath[]): void {
    this.paths.push(...paths);
  }

  /** Nothing is known of the value at `path`. */
  covers(path: JsonPath): boolean {
    return this.paths.some((hole) => isWithin(path, hole));
  }

  /** Nothing is known of the value at `path`, or of a part of it. */
  touches(path: JsonPath): boolean {
    return this.paths.some((hole) => isWithin(path, hole) || isWithin(hole, path));
  }

  /** Names of the members of `path` that are not known, or in part. */
  under(path: JsonPath): (string | number)[] {
    return this.paths.flatMap((hole) => (hole.length > path.length && isWithin(hole, path) ? [hole[path.length] ?? ""] : []));
  }
}

/** `inner` is `outer` or a part of it. */
export function isWithin(inner: JsonPath, outer: JsonPath): boolean {
  return outer.length <= inner.length && outer.every((step, index) => step === inner[index]);
}
