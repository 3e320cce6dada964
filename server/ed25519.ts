/**
 * Ed25519 signatures (RFC 8032) of volunteers, verified strictly: OpenSSL compares R byte by byte and refuses S of L and above; what
 * it does not look at is refused here. Keys and R of low order, under which one signature fits any message, or any key. Keys in
 * another form than the canonical one: one point must not be two volunteers. Whatever passes, every verifier takes, whether it
 * multiplies by the cofactor or not.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { toHex } from "../shared/bytes.ts";

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** The points of order 1, 2, 4 and 8, in canonical form and, of those that have one, with the other sign of x = 0. */
const LOW_ORDER: ReadonlySet<string> = new Set([
  `01${"00".repeat(31)}`,
  `01${"00".repeat(30)}80`,
  `ec${"ff".repeat(30)}7f`,
  `ec${"ff".repeat(31)}`,
  "00".repeat(32),
  `${"00".repeat(31)}80`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]);

/** Whether these are 32 bytes that may be somebody's key: y in its one form, below 2^255 - 19, and of no point of low order. */
export function isStrictKey(publicKey: Uint8Array): boolean {
  return publicKey.byteLength === KEY_BYTES && isReduced(publicKey) && !LOW_ORDER.has(toHex(publicKey));
}

/** y < 2^255 - 19: unreduced ones are `edff…ff7f` to `ffff…ff7f`, with either sign of x. */
function isReduced(point: Uint8Array): boolean {
  const [low = 0, high = 0] = [point[0], point[KEY_BYTES - 1]];
  return low < 0xed || (high & 0x7f) !== 0x7f || point.subarray(1, KEY_BYTES - 1).some((byte) => byte !== 0xff);
}

function isStrict(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return signature.byteLength === SIGNATURE_BYTES && isStrictKey(publicKey) && !LOW_ORDER.has(toHex(signature.subarray(0, 32)));
}

/** Whether `signature` is this key's of `message`; false for 32 bytes that are no key. */
export function verifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return isStrict(publicKey, signature) && verify(null, message, keyOf(publicKey), signature);
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
    if (!isStrict(publicKey, signature)) return false;
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
