/** Hears what is wished of this device from others of its account, while nothing is lent: a connection that proves the key and claims nothing. */
import { NO_REMOTE_WISH, type RemoteWish } from "../../../shared/account/remote-wish.ts";
import { NOBODY } from "../errand.ts";
import type { Identity } from "../identity.ts";
import { VolunteerSocket } from "../socket.ts";

/** `onWish`: at each connection, and at each change. Who is let in no more has nothing wished of it. */
export function openEar(origin: string, identity: Identity, onWish: (wish: RemoteWish) => void): { close(): void } {
  const isOver = () => onWish(NO_REMOTE_WISH);
  const socket: VolunteerSocket = new VolunteerSocket(origin, identity, {
    introduce: async () => NOBODY,
    onUp: () => socket.tellLent(0),
    onDown: () => undefined,
    onAccount: () => undefined,
    onWork: () => undefined,
    onWithdraw: () => undefined,
    onWish,
    // The session that follows hears the same, and says so.
    onReload: isOver,
    onRefused: isOver,
  });
  return { close: () => socket.close() };
}
