/** Parts of the manifest that could not be read: they are told, and nothing is told that would only follow from them. */
import type { JsonPath } from "./json.ts";

interface Node {
  /** A path ends here. */
  isEnd: boolean;
  inner: Map<string | number, Node>;
}

/** A set of paths. What is asked of it takes as long as the path that is asked for: a manifest may have very many. */
export class Holes {
  private readonly root: Node = { isEnd: false, inner: new Map() };

  add(...paths: readonly JsonPath[]): void {
    for (const path of paths) {
      let node = this.root;
      for (const step of path) {
        const next = node.inner.get(step) ?? { isEnd: false, inner: new Map() };
        node.inner.set(step, next);
        node = next;
      }
      node.isEnd = true;
    }
  }

  /** Nothing is known of the value at `path`. */
  covers(path: JsonPath): boolean {
    let node: Node | undefined = this.root;
    for (const step of path) {
      if (node.isEnd) return true;
      node = node.inner.get(step);
      if (!node) return false;
    }
    return node.isEnd;
  }

  /** Nothing is known of the value at `path`, or of a part of it. */
  touches(path: JsonPath): boolean {
    return this.covers(path) || this.at(path) !== undefined;
  }

  /** Names of the members of `path` that are not known, or in part. */
  under(path: JsonPath): (string | number)[] {
    return [...(this.at(path)?.inner.keys() ?? [])];
  }

  private at(path: JsonPath): Node | undefined {
    let node: Node | undefined = this.root;
    for (const step of path) node = node?.inner.get(step);
    return node === this.root && node.inner.size === 0 && !node.isEnd ? undefined : node;
  }
}
