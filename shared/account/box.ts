/**
 * A *box* is a widget's frame on somebody's site: its key is its own, apart from all others of its person. The box signs that a
 * device's account is to have the end of its yes, and the device tells the coordinator so: each wants the other, and nobody can
 * take a box that is not theirs.
 */
import { lengthPrefixed } from "../bytes.ts";

const BOX = "idlewave/box/v1";

/** The text that the box's key signs. `site`: origin of the site that shows it. */
export function boxMessage(box: Uint8Array, keeper: Uint8Array, site: string): Uint8Array<ArrayBuffer> {
  const utf8 = new TextEncoder();
  return lengthPrefixed([utf8.encode(BOX), box, keeper, utf8.encode(site)]);
}

/** Which box, and its word for the device that keeps it. */
export interface BoxWord {
  /** Public key, 32 bytes. */
  box: Uint8Array;
  site: string;
  /** 64 bytes. */
  signature: Uint8Array;
}
