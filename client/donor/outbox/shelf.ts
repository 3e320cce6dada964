/** The outbox's place in IndexedDB. */
import { delMany, entries, keys, setMany } from "idb-keyval";
import { browserCheckpoints } from "../computing/checkpoint-shelf.ts";
import type { CheckpointShelf } from "../computing/checkpoints.ts";
import { existingStoreAt, KEPT, storeAt } from "../kept.ts";
import type { OutboxEntry, OutboxShelf } from "./outbox-entry.ts";
import type { StatementShelf } from "./signatures.ts";
import { browserStatements } from "./statement-shelf.ts";

/** What of a run outlives it. */
export interface SessionShelf extends OutboxShelf {
  statements: StatementShelf;
  /** Absent where no unit that is not done outlives the run. */
  checkpoints?: CheckpointShelf;
}

export function browserShelf(): SessionShelf {
  const results = storeAt(KEPT.results);
  return {
    checkpoints: browserCheckpoints(),
    statements: browserStatements(),
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
  const results = await existingStoreAt(KEPT.results);
  return results ? (await keys(results)).length : 0;
}
