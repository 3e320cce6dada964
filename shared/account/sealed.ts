/**
 * An account's key as a file that a passphrase opens: an encrypted JWK (RFC 7517, 7) in JWE's compact serialization (RFC 7516), so
 * that any JOSE library reads it. `PBES2-HS512+A256KW` (RFC 7518, 4.8; PBKDF2 with HMAC-SHA-512) wraps the key of `A256GCM`; inside
 * is an Ed25519 key of RFC 8037. Everything is WebCrypto's.
 */
import { fromBase64url, toBase64url } from "../base64url.ts";
import { concatBytes, exactBytes } from "../bytes.ts";
import { accountKey, SEED_BYTES } from "./key.ts";

const ALG = "PBES2-HS512+A256KW";
const ENC = "A256GCM";
/** PBKDF2's rounds: about a second on a slow phone. */
const ROUNDS = 600_000;
/** A file that asks for more is not ours, and would keep the reader busy. */
const MAX_ROUNDS = 10_000_000;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Characters of a file that is read. */
const MAX_LENGTH = 4096;

/** Characters of a passphrase at least. */
export const MIN_PASSPHRASE = 10;

/** `form`: it is no file of an account's key. `passphrase`: it does not open with this one, or was changed. */
export type SealedFault = { fault: "form" | "passphrase" };

export async function seal(seed: Uint8Array, passphrase: string): Promise<string> {
  const [salt, iv] = [crypto.getRandomValues(new Uint8Array(SALT_BYTES)), crypto.getRandomValues(new Uint8Array(IV_BYTES))];
  const header = encoded({ alg: ALG, p2s: toBase64url(salt), p2c: ROUNDS, enc: ENC, cty: "jwk+json" });
  const content = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const wrapped = new Uint8Array(await crypto.subtle.wrapKey("raw", content, await wrapping(passphrase, salt, ROUNDS), "AES-KW"));
  const jwk = { kty: "OKP", crv: "Ed25519", x: toBase64url(accountKey(seed).publicKey), d: toBase64url(seed) };
  const sealed = await crypto.subtle.encrypt(boundTo(header, iv), content, utf8(JSON.stringify(jwk)));
  const [text, tag] = [sealed.slice(0, -TAG_BYTES), sealed.slice(-TAG_BYTES)];
  return [header, ...[wrapped, iv, text, tag].map((part) => toBase64url(new Uint8Array(part)))].join(".");
}

export async function unseal(file: string, passphrase: string): Promise<{ seed: Uint8Array<ArrayBuffer> } | SealedFault> {
  const parts = file.length <= MAX_LENGTH ? file.trim().split(".") : [];
  const [header = "", ...rest] = parts;
  const told = headerOf(header);
  const [wrapped, iv, text, tag] = rest.map(fromBase64url);
  if (parts.length !== 5 || !told || !wrapped || iv?.byteLength !== IV_BYTES || !text || tag?.byteLength !== TAG_BYTES)
    return { fault: "form" };
  let plain: ArrayBuffer;
  try {
    const opening = await wrapping(passphrase, told.salt, told.rounds);
    const content = await crypto.subtle.unwrapKey("raw", wrapped, opening, "AES-KW", "AES-GCM", false, ["decrypt"]);
    plain = await crypto.subtle.decrypt(boundTo(header, iv), content, concatBytes([text, tag]));
  } catch {
    return { fault: "passphrase" };
  }
  const seed = seedIn(plain);
  return seed ? { seed } : { fault: "form" };
}

/** RFC 7518, 4.8.1.1: the salt is behind the algorithm's name and a zero. One passphrase has one form, however it was typed. */
async function wrapping(passphrase: string, salt: Uint8Array, iterations: number): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", utf8(passphrase.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  const pbkdf2 = { name: "PBKDF2", hash: "SHA-512", salt: concatBytes([utf8(ALG), new Uint8Array(1), salt]), iterations };
  return await crypto.subtle.deriveKey(pbkdf2, secret, { name: "AES-KW", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

function boundTo(header: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: utf8(header), tagLength: 8 * TAG_BYTES };
}

function headerOf(header: string): { salt: Uint8Array<ArrayBuffer>; rounds: number } | undefined {
  const { alg, enc, p2s, p2c, crit, zip } = objectIn(fromBase64url(header));
  const salt = typeof p2s === "string" ? fromBase64url(p2s) : undefined;
  const isOurs = alg === ALG && enc === ENC && crit === undefined && zip === undefined;
  // RFC 7518, 4.8.1.1: eight bytes of salt or more.
  if (!isOurs || !salt || salt.byteLength < 8 || typeof p2c !== "number" || !Number.isInteger(p2c)) return undefined;
  return p2c >= 1 && p2c <= MAX_ROUNDS ? { salt, rounds: p2c } : undefined;
}

function seedIn(plain: ArrayBuffer): Uint8Array<ArrayBuffer> | undefined {
  const { kty, crv, x, d } = objectIn(new Uint8Array(plain));
  const seed = typeof d === "string" ? fromBase64url(d) : undefined;
  if (kty !== "OKP" || crv !== "Ed25519" || seed?.byteLength !== SEED_BYTES) return undefined;
  return x === toBase64url(accountKey(seed).publicKey) ? exactBytes(seed) : undefined;
}

function objectIn(bytes: Uint8Array | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function encoded(value: object): string {
  return toBase64url(utf8(JSON.stringify(value)));
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
