/**
 * What an account's key signs. A *certificate* says that a device is the account's, a *revocation* that it is no more; neither names
 * a coordinator. And that everything of the account is to be forgotten. Each part is prefixed by its length, as in the handshake (protocol.ts), behind a context of its own.
 */
import { lengthPrefixed, u64Bytes } from "../bytes.ts";
import type { AccountKey } from "./key.ts";

const CERTIFICATE = "idlewave/device/v1";
const REVOCATION = "idlewave/revoke/v1";
const FORGET = "idlewave/forget/v1";

/** Characters of a device's name. */
export const MAX_DEVICE_NAME = 40;

export interface DeviceCertificate {
  /** Public key of the account, 32 bytes. */
  account: Uint8Array;
  /** Public key of the device, 32 bytes. */
  device: Uint8Array;
  /** When it was signed, seconds since 1970, as the signer's clock says: told to people, and nothing is decided by it. */
  created: number;
  /** What its person calls the device; "": nothing. */
  name: string;
}

/** The text that the account's key signs for a device. */
export function certificateMessage({ account, device, created, name }: DeviceCertificate): Uint8Array<ArrayBuffer> {
  return lengthPrefixed([utf8(CERTIFICATE), account, device, u64Bytes(created), utf8(name)]);
}

/** The text that the account's key signs to take a device off the account. */
export function revocationMessage({ account, device, created }: Omit<DeviceCertificate, "name">): Uint8Array<ArrayBuffer> {
  return lengthPrefixed([utf8(REVOCATION), account, device, u64Bytes(created)]);
}

/**
 * The text that the account's key signs to have the whole account forgotten. `session`: SHA-256 of what the handshake signed on the
 * connection on which a device asks for it, so that it is worth nothing on another one, or another time.
 */
export function forgetMessage(account: Uint8Array, device: Uint8Array, session: Uint8Array): Uint8Array<ArrayBuffer> {
  return lengthPrefixed([utf8(FORGET), account, device, session]);
}

/** What a device shows of its certificate: its own key it has shown before. */
export interface Certificate extends Omit<DeviceCertificate, "device"> {
  /** 64 bytes. */
  signature: Uint8Array;
}

export interface Revocation extends Omit<DeviceCertificate, "account" | "name"> {
  signature: Uint8Array;
}

/** `now`: ms since 1970. */
export function certify({ publicKey: account, sign }: AccountKey, device: Uint8Array, name: string, now: number): Certificate {
  const parts = { account, created: Math.floor(now / 1000), name };
  return { ...parts, signature: sign(certificateMessage({ ...parts, device })) };
}

export function takeOff({ publicKey: account, sign }: AccountKey, device: Uint8Array, now: number): Revocation {
  const parts = { device, created: Math.floor(now / 1000) };
  return { ...parts, signature: sign(revocationMessage({ ...parts, account })) };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
