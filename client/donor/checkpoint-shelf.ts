/** The checkpoints' place in IndexedDB. */
import { clear, createStore, delMany, set, values } from "idb-keyval";
import type { CheckpointShelf, KeptUnit } from "./checkpoints.ts";

const store = () => createStore("idlewave-checkpoints", "units");

export function browserCheckpoints(): CheckpointShelf {
  const units = store();
  return {
    load: () => values<KeptUnit>(units),
    keep: (key, unit) => set(key, unit, units),
    drop: (keys) => delMany(keys, units),
  };
}

/** Drops everything. No session may be at work. */
export async function clearCheckpoints(): Promise<void> {
  await clear(store());
}
