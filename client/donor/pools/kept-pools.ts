/** The pools that this browser has joined, kept in IndexedDB: their names, and the passes that let their pictures be seen before lending. */
import { del, get, set } from "idb-keyval";
import type { PoolPass } from "../../../shared/protocol.ts";
import { existingStoreAt, KEPT, storeAt } from "../kept.ts";

export type KeptPool = Pick<PoolPass, "id" | "name" | "pass">;

/** Undefined when this browser never joined it, or left. */
export async function keptPool(id: number): Promise<KeptPool | undefined> {
  const pools = await existingStoreAt(KEPT.pools);
  return pools && (await get<KeptPool>(id, pools));
}

export async function keepPool({ id, name, pass }: KeptPool): Promise<void> {
  await set(id, { id, name, pass }, storeAt(KEPT.pools));
}

export async function dropPool(id: number): Promise<void> {
  const pools = await existingStoreAt(KEPT.pools);
  if (pools) await del(id, pools);
}
