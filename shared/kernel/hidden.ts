/** What stands in a kernel where its syntax is broken: text that is no declaration, and may declare and use anything that it names. */
import type { AbstractElem } from "wesl/core";
import type { Kernel } from "./read.ts";

export interface Hidden {
  /** The syntax is right. */
  isEmpty: boolean;
  /** `word` stands there. */
  has(word: string): boolean;
  /** The declaration was read with a fault in it, or beside it. */
  breaks(decl: AbstractElem): boolean;
  /** Words of those parts that an entry point stands in. */
  entry: ReadonlySet<string>;
}

const NOTHING: Hidden = { isEmpty: true, has: () => false, breaks: () => false, entry: new Set() };
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/g;

/** `broken`: UTF-16 offsets of the faults of syntax. */
export function hiddenIn({ text, ast }: Kernel, broken: readonly number[]): Hidden {
  if (broken.length === 0) return NOTHING;
  const entry = new Set<string>();
  const words = new Set<string>();
  const decls = new Set<AbstractElem>();
  const add = (part: string) => {
    const found: string[] = part.replaceAll(COMMENT, " ").match(WORD) ?? [];
    for (const word of found) words.add(word);
    if (found.includes("compute")) for (const word of found) entry.add(word);
  };
  const spans = ast.moduleElem.decls.flatMap((elem) => ("start" in elem ? [elem] : []));
  let cursor = 0;
  for (const [index, elem] of spans.entries()) {
    const next = spans[index + 1]?.start ?? text.length;
    // A fault is found a token or two late, and what is broken may end in the next declaration.
    if (broken.some((offset) => cursor <= offset && offset <= next)) {
      decls.add(elem);
      add(text.slice(cursor, next));
    } else add(text.slice(cursor, elem.start));
    cursor = Math.max(cursor, elem.end);
  }
  add(text.slice(cursor));
  // Another language: none of its words is one of ours.
  const isOther = !/\bfn\b/.test(text);
  return {
    isEmpty: false,
    has: (word) => isOther || words.has(word),
    breaks: (decl) => decls.has(decl),
    entry: isOther ? new Set() : entry,
  };
}
