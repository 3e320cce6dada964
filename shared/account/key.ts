/** The key that joins several devices to one account: Ed25519 from a 32-byte seed. It signs certificates, and is in use only while it does. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { exactBytes } from "../bytes.ts";

export const SEED_BYTES = 32;

export interface AccountKey {
  /** 32 bytes. */
  publicKey: Uint8Array<ArrayBuffer>;
  /** 64 bytes. */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** A new seed, from the platform's CSPRNG. */
export function newSeed(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(SEED_BYTES));
}

export function accountKey(seed: Uint8Array): AccountKey {
  return { publicKey: exactBytes(ed25519.getPublicKey(seed)), sign: (message) => exactBytes(ed25519.sign(message, seed)) };
}
