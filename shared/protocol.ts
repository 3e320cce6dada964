/**
 * The cold part of a volunteer's connection (Socket.IO, msgpack parser): its events, what the server says under them, and the
 * handshake's signed text. What the client says is in messages.ts.
 */
import type { RemoteWish } from "./account/remote-wish.ts";
import { lengthPrefixed } from "./bytes.ts";

/** Event names. `frame` carries one binary frame of wire.ts and is acknowledged by one. */
export const SocketEvent = {
  Challenge: "challenge",
  Hello: "hello",
  Frame: "frame",
  Account: "account",
  Forget: "forget",
  Units: "units",
  Join: "join",
  Leave: "leave",
  Pass: "pass",
  Link: "link",
  Revoke: "revoke",
  Devices: "devices",
  Wish: "wish",
  Lends: "lends",
  KeepBox: "keep-box",
  Boxes: "boxes",
  TakeBack: "take-back",
  TakenBack: "taken-back",
  Reload: "reload",
  Withdraw: "withdraw",
  Work: "work",
} as const;

const AUTH_CONTEXT = "idlewave/auth/v1";
export const NONCE_BYTES = 32;
/** A nonce is good once, on its own socket, for this long. */
export const NONCE_LIFE_MS = 30_000;

/** Server to client, once on connection. */
export interface Challenge {
  wire: number;
  nonce: Uint8Array;
  /** Whether software adapters may work here (demo and tests). */
  allowSoftware: boolean;
}

/** What became of a replica, by its number on disk. `open`: its unit has not ended; `void`: it earned nothing, and nobody is to blame. */
export const OUTCOMES = ["open", "final", "refused", "void"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Refusal {
  ok: false;
  code: string;
  message: string;
  /** Whoever comes again before so long is refused again; absent: it need not wait, or no wait helps. */
  retrySeconds?: number;
}
/** `pool`: the one that the connection serves. `accountKey`: of the account that joins this device to others, hexadecimal; `wish`: what is wished of it there. */
export type HelloReply = { ok: true; account: AccountNotice; pool?: PoolPass; accountKey?: string; wish?: RemoteWish } | Refusal;

/** What lets a member read its pool's jobs over HTTP, in the header `idlewave-pass`. */
export interface PoolPass {
  id: number;
  name: string;
  pass: string;
  /** Milliseconds until it expires. */
  lifeMs: number;
}

export type JoinReply = { ok: true; pool: PoolPass } | Refusal;

export type LeaveReply = { ok: true } | Refusal;

/** Answer to `pass` `{}`: a new pass to the pool that the connection serves. */
export type PassReply = { ok: true; pool: PoolPass } | Refusal;

/** `account`: what all its devices have together. */
export type LinkReply = { ok: true; accountKey: string; account: AccountNotice } | Refusal;

export type RevokeReply = { ok: true } | Refusal;

export interface DeviceInfo {
  /** Its key, hexadecimal. */
  device: string;
  name: string;
  /** How long ago it was linked. */
  linkedSeconds: number;
  isThis: boolean;
  isConnected: boolean;
  /** It was taken off the account, and is refused. */
  isRevoked: boolean;
  /** Percent of its GPU that it says it lends now, 0 while nothing may run; null where it does not say. */
  lends: number | null;
  /** What is wished of it from the account's devices. */
  wish: RemoteWish;
}

/** Answer to `devices` `{}`: those of the account; none while nothing joins this device to others. */
export type DevicesReply = { ok: true; devices: DeviceInfo[] } | Refusal;

export type ForgetReply = { ok: true } | Refusal;

export type KeepBoxReply = { ok: true } | Refusal;

export interface BoxInfo {
  /** Origin of the site that shows it. */
  site: string;
  /** How long ago it was joined. */
  keptSeconds: number;
  isConnected: boolean;
}

/** Answer to `boxes` `{}`: those that devices of this account keep. */
export type BoxesReply = { ok: true; boxes: BoxInfo[] } | Refusal;

/** Answer to `take-back` `{}`: each yes of the account's boxes that was said until now is none; a box that is here gets `taken-back` and is hung up on. */
export type TakeBackReply = { ok: true } | Refusal;

/** Answer to `wish`; the device that is meant gets `wish` with the same, at once or when it comes. */
export type WishReply = { ok: true } | Refusal;

/** What an account has; sent with the handshake and after changes, at most once a second. */
export interface AccountNotice {
  credit: { escrow: number; final: number };
  units: { submitted: number; final: number; refused: number };
  gpuMicros: number;
  /** Units of this account that became final or were refused since the last notice. */
  changes: { job: number; unit: number; state: "final" | "refused" }[];
}

/** The text a client signs with its Ed25519 key: each part prefixed by its length as u32, little-endian. */
export function authMessage(origin: string, socketId: string, nonce: Uint8Array, publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  return lengthPrefixed([text.encode(AUTH_CONTEXT), text.encode(origin), text.encode(socketId), nonce, publicKey]);
}

/** Units of one reply at most. */
export const OWN_UNITS_PAGE = 4096;

export interface OwnUnitsReply {
  /** There are more, below these: what to pass as `before`. */
  next?: number;
  /** Descending. */
  units: { unit: number; outcome: Outcome }[];
}
