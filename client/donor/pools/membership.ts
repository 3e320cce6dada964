/** Joining and leaving a pool as this browser's account, without lending. Both reject with the coordinator's words. */
import { errand } from "../errand.ts";
import { knownIdentity } from "../identity.ts";
import { clearBlobs } from "../inputs/blob-cache.ts";
import { madeIdentity } from "../made-identity.ts";
import { dropPool, type KeptPool, keepPool } from "./kept-pools.ts";

export async function joinPool(origin: string, secret: string, name: string): Promise<KeptPool> {
  const pool = await errand(origin, await madeIdentity(), (socket) => socket.join(secret, name));
  await keepPool(pool);
  return pool;
}

/** Nothing may be lent any more. What was fetched of the pool's goes too. */
export async function leavePool(origin: string, id: number): Promise<void> {
  const identity = await knownIdentity();
  if (identity) await errand(origin, identity, (socket) => socket.leave(id));
  await dropPool(id);
  await clearBlobs();
}
