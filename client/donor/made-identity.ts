/** The key of this browser where nothing is lent yet: known, or made by one tab at a time. */
import { type Identity, keptIdentity, knownIdentity } from "./identity.ts";
import { lockWithin } from "./tabs/lock.ts";

/** A tab that is just starting to lend is waited for this long. */
const OTHERS_PATIENCE_MS = 15_000;

export async function madeIdentity(): Promise<Identity> {
  const known = await knownIdentity();
  if (known) return known;
  const unlock = await lockWithin(OTHERS_PATIENCE_MS);
  if (!unlock) throw new Error("Another tab is just making this browser's key. Try again.");
  try {
    return await keptIdentity();
  } finally {
    unlock();
  }
}
