/** The outbox's place in IndexedDB. */
import { createStore, delMany, entries, setMany } from "idb-keyval";
import type { OutboxEntry, OutboxShelf } from "./outbox.ts";

export function browserShelf(): OutboxShelf {
  const store = createStore("idlewave-outbox", "results");
  return {
    load: async () => (await entries<string, OutboxEntry>(store)).map(([, entry]) => entry),
    write: async (put, remove) => {
      if (put.length > 0) {
        await setMany(
          put.map((entry) => [entry.key, entry]),
          store,
        );
      }
      if (remove.length > 0) await delMany(remove, store);
    },
  };
}
