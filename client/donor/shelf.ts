/** The outbox's place in IndexedDB. */
import { clear, createStore, delMany, entries, keys, setMany } from "idb-keyval";
import { browserCheckpoints } from "./checkpoint-shelf.ts";
import type { CheckpointShelf } from "./checkpoints.ts";
import type { OutboxEntry, OutboxShelf } from "./outbox.ts";

/** What of a run outlives it. */
export interface SessionShelf extends OutboxShelf {
  /** Absent where a run always gives everything back before it ends. */
  checkpoints?: CheckpointShelf;
}

/** A later release looks for what this one has left under these names. */
export const SHELF = { database: "idlewave-outbox", store: "results" } as const;

const store = () => createStore(SHELF.database, SHELF.store);

export function browserShelf(): SessionShelf {
  const results = store();
  return {
    checkpoints: browserCheckpoints(),
    load: async () => (await entries<string, OutboxEntry>(results)).map(([, entry]) => entry),
    write: async (put, remove) => {
      if (put.length > 0) {
        await setMany(
          put.map((entry) => [entry.key, entry]),
          results,
        );
      }
      if (remove.length > 0) await delMany(remove, results);
    },
  };
}

/** Results that wait here to be sent. Makes no database where there is none. */
export async function shelvedCount(): Promise<number> {
  const databases = await indexedDB.databases();
  if (!databases.some(({ name }) => name === SHELF.database)) return 0;
  return (await keys(store())).length;
}

/** Drops everything, sent or not. No session may be at work. */
export async function clearShelf(): Promise<void> {
  await clear(store());
}
