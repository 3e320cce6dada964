/**
 * What a person wishes of one device of their account from any other: paused or not, and at most how much it lends. It makes less of
 * what the device's own person chose there, never more, and starts nothing. A device signs it with its own key, in the handshake's
 * manner (protocol.ts), and each has a number: the one after the last, so that none counts twice.
 */
import { lengthPrefixed, u64Bytes } from "../bytes.ts";

const WISH = "idlewave/wish/v1";

/** Percent of a GPU: a tenth, a quarter, half, most. The last one leaves all that a device's own person chose. */
export const WISH_SHARES = [10, 25, 50, 90] as const;
export type WishShare = (typeof WISH_SHARES)[number];

export interface RemoteWish {
  /** How many there were for the device; 0: none yet. */
  turn: number;
  paused: boolean;
  /** At most. */
  share: WishShare;
}

/** Of a device of which nothing was wished yet. */
export const NO_REMOTE_WISH: RemoteWish = { turn: 0, paused: false, share: 90 };

export interface WishParties {
  /** Public keys, 32 bytes each: of the account, of the device that is meant, of the device that signs. */
  account: Uint8Array;
  device: Uint8Array;
  by: Uint8Array;
}

/** The text that the wishing device's key signs. */
export function wishMessage({ account, device, by }: WishParties, { turn, paused, share }: RemoteWish): Uint8Array<ArrayBuffer> {
  const what = Uint8Array.of(paused ? 1 : 0, share);
  return lengthPrefixed([new TextEncoder().encode(WISH), account, device, by, u64Bytes(turn), what]);
}

/** What somebody else told as one, or as it was kept; undefined: it is none. */
export function readRemoteWish(told: unknown): RemoteWish | undefined {
  if (typeof told !== "object" || told === null) return undefined;
  const { turn, paused, share } = told as Partial<Record<keyof RemoteWish, unknown>>;
  const known = WISH_SHARES.find((each) => each === share);
  if (typeof turn !== "number" || !Number.isSafeInteger(turn) || turn < 0 || typeof paused !== "boolean" || !known) return undefined;
  return { turn, paused, share: known };
}
