/** Ed25519 signatures (RFC 8032) of volunteers. */
import { createPublicKey, type KeyObject, verify } from "node:crypto";

/** Whether `signature` is this key's of `message`; false for 32 bytes that are no key. */
export function verifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(null, message, keyOf(publicKey), signature);
  } catch {
    return false; // 32 bytes that are no point of the curve
  }
}

/** Signatures that are verified on threads beside the event loop, so many at once; the others wait for their turn. */
const MAX_AT_ONCE = 2;
const MAX_WAITING = 4_096;

export class Verifier {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** More wait than this one may take on. */
  get isFull(): boolean {
    return this.waiting.length >= MAX_WAITING;
  }

  /** As `verifies`, later. `publicKey`: one that signed before. */
  async verifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    if (this.running >= MAX_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      return await new Promise((resolve, reject) => {
        verify(null, message, keyOf(publicKey), signature, (error, good) => (error ? reject(error) : resolve(good)));
      });
    } finally {
      // Whoever waits takes this place.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}

function keyOf(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") }, format: "jwk" });
}
