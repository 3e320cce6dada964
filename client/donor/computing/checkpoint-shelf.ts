/** The checkpoints' place in IndexedDB. */
import { delMany, set, values } from "idb-keyval";
import { KEPT, storeAt } from "../kept.ts";
import type { CheckpointShelf, KeptUnit } from "./checkpoints.ts";

export function browserCheckpoints(): CheckpointShelf {
  const units = storeAt(KEPT.checkpoints);
  return {
    load: () => values<KeptUnit>(units),
    keep: (key, unit) => set(key, unit, units),
    drop: (keys) => delMany(keys, units),
  };
}
