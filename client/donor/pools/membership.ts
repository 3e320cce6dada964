/** Joining and leaving a pool as this browser's account, without lending. Both reject with the coordinator's words. */
import { errand } from "../errand.ts";
import { type Identity, keptIdentity, knownIdentity } from "../identity.ts";
import { clearBlobs } from "../inputs/blob-cache.ts";
import { lockWithin } from "../tabs/lock.ts";
import { dropPool, type KeptPool, keepPool } from "./kept-pools.ts";

/** A tab that is just starting to lend is waited for this long. */
const OTHERS_PATIENCE_MS = 15_000;

export async function joinPool(origin: string, secret: string, name: string): Promise<KeptPool> {
  const identity = (await knownIdentity()) ?? (await madeIdentity());
  const pool = await errand(origin, identity, (socket) => socket.join(secret, name));
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

/** One tab at a time makes the key. */
async function madeIdentity(): Promise<Identity> {
  const unlock = await lockWithin(OTHERS_PATIENCE_MS);
  if (!unlock) throw new Error("Another tab is just making this browser's key. Try again.");
  try {
    return await keptIdentity();
  } finally {
    unlock();
  }
}
