/** The place of unsigned statements in IndexedDB. */
import { get, set } from "idb-keyval";
import { KEPT, storeAt } from "../kept.ts";
import type { Left, StatementShelf } from "./signatures.ts";

const KEY = "unsigned";

export function browserStatements(): StatementShelf {
  const statements = storeAt(KEPT.statements);
  return {
    load: async () => (await get<Left[]>(KEY, statements)) ?? [],
    save: (left) => set(KEY, left, statements),
  };
}
