/** The IndexedDB databases of this browser, one for each thing that is kept. A later release looks for them under these names. */
import { clear, createStore, type UseStore } from "idb-keyval";

interface Place {
  readonly database: string;
  readonly store: string;
}

export const KEPT = {
  results: { database: "idlewave-outbox", store: "results" },
  checkpoints: { database: "idlewave-checkpoints", store: "units" },
  statements: { database: "idlewave-statements", store: "unsigned" },
  units: { database: "idlewave-units", store: "jobs" },
  speed: { database: "idlewave-speed", store: "speeds" },
  barred: { database: "idlewave-barred", store: "plans" },
  wishes: { database: "idlewave-wishes", store: "chosen" },
  pools: { database: "idlewave-pools", store: "joined" },
  /** Last: as long as something fails, the key is needed to be forgotten. */
  identity: { database: "idlewave-identity", store: "keys" },
} as const satisfies Record<string, Place>;

/** For writing: the database is made when it is first used. */
export function storeAt({ database, store }: Place): UseStore {
  return createStore(database, store);
}

/** For reading, which makes no database: undefined where there is none. */
export async function existingStoreAt(place: Place): Promise<UseStore | undefined> {
  const databases = await indexedDB.databases();
  return databases.some(({ name }) => name === place.database) ? storeAt(place) : undefined;
}

/** Empties all of them and makes none. No session may be at work. */
export async function emptyKept(): Promise<void> {
  for (const place of Object.values(KEPT)) {
    const store = await existingStoreAt(place);
    if (store) await clear(store);
  }
}
