/** Boxes on other sites and the browser's own key: the word of one, and what the other does with it. All reject with the coordinator's words. */
import { type BoxWord, boxMessage } from "../../../shared/account/box.ts";
import type { BoxInfo } from "../../../shared/protocol.ts";
import { errand } from "../errand.ts";
import { knownIdentity } from "../identity.ts";
import { madeIdentity } from "../made-identity.ts";

/** Undefined where this box has no key. */
export async function vouchFor(keeper: Uint8Array, site: string): Promise<BoxWord | undefined> {
  const identity = await knownIdentity();
  if (!identity) return undefined;
  const { publicKey: box } = identity;
  return { box, site, signature: await identity.sign(boxMessage(box, keeper, site)) };
}

export async function keepBox(origin: string, word: BoxWord): Promise<void> {
  await errand(origin, await madeIdentity(), (socket) => socket.keepBox(word));
}

/** Without a key there are none, and nothing is asked. */
export async function boxesOf(origin: string): Promise<BoxInfo[]> {
  const identity = await knownIdentity();
  return identity ? await errand(origin, identity, (socket) => socket.boxes()) : [];
}

export async function takeBack(origin: string): Promise<void> {
  const identity = await knownIdentity();
  if (identity) await errand(origin, identity, (socket) => socket.takeBack());
}
