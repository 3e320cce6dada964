/**
 * The device key: Ed25519, made once and kept in IndexedDB. Where WebCrypto has Ed25519 the private key is not extractable;
 * elsewhere a seed is kept and `@noble/curves`, loaded only then, signs with it.
 */
import { get, set } from "idb-keyval";
import { exactBytes } from "../../shared/bytes.ts";
import { existingStoreAt, KEPT, storeAt } from "./kept.ts";

export interface Identity {
  /** 32 bytes. */
  publicKey: Uint8Array<ArrayBuffer>;
  /** 64 bytes. */
  sign(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

type KeptKey =
  | { kind: "native"; privateKey: CryptoKey; publicKey: Uint8Array<ArrayBuffer> }
  | { kind: "seed"; seed: Uint8Array<ArrayBuffer>; publicKey: Uint8Array<ArrayBuffer> };

const KEY = "device";

/** The key of this browser, or undefined when it never lent. */
export async function knownIdentity(): Promise<Identity | undefined> {
  const keys = await existingStoreAt(KEPT.identity);
  const kept = keys && (await get<KeptKey>(KEY, keys));
  return kept && open(kept);
}

/** The key of this browser, made when there is none. One tab at a time (lock.ts) calls it. */
export async function keptIdentity(): Promise<Identity> {
  const known = await knownIdentity();
  if (known) return known;
  const made = (await nativeKey()) ?? (await seedKey(crypto.getRandomValues(new Uint8Array(32))));
  await set(KEY, made, storeAt(KEPT.identity));
  return open(made);
}

async function open(kept: KeptKey): Promise<Identity> {
  if (kept.kind === "native") {
    return {
      publicKey: kept.publicKey,
      sign: async (message) => new Uint8Array(await crypto.subtle.sign("Ed25519", kept.privateKey, message)),
    };
  }
  const { ed25519 } = await import("@noble/curves/ed25519.js");
  return { publicKey: kept.publicKey, sign: async (message) => exactBytes(ed25519.sign(message, kept.seed)) };
}

async function nativeKey(): Promise<KeptKey | undefined> {
  try {
    const pair = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return { kind: "native", privateKey: pair.privateKey, publicKey };
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError") return undefined;
    throw error;
  }
}

async function seedKey(seed: Uint8Array<ArrayBuffer>): Promise<KeptKey> {
  const { ed25519 } = await import("@noble/curves/ed25519.js");
  return { kind: "seed", seed, publicKey: exactBytes(ed25519.getPublicKey(seed)) };
}
