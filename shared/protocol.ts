/** The cold messages of a volunteer's connection (Socket.IO, msgpack parser), and the handshake's signed text. */
import Type, { type Static } from "typebox";
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
  Reload: "reload",
  Withdraw: "withdraw",
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

/** Coarse words about a host, self-declared: they select work and label reports, never trust. */
export const HostSchema = Type.Object(
  {
    vendor: Type.String({ maxLength: 32 }),
    architecture: Type.String({ maxLength: 32 }),
    browser: Type.String({ maxLength: 32 }),
    os: Type.String({ maxLength: 32 }),
    software: Type.Boolean(),
    /** GFLOP/s on the benchmark (`shaders/benchmark`), rounded to a power of two of at least 1; absent: not measured. */
    gflops: Type.Optional(Type.Integer({ enum: Array.from({ length: 31 }, (_, power) => 2 ** power) })),
    features: Type.Array(Type.String({ maxLength: 48 }), { maxItems: 64 }),
    /** Limits above WebGPU's defaults that jobs may require, in the steps of limits.ts; each at most 2^53 - 1. */
    limits: Type.Record(Type.String({ maxLength: 48 }), Type.Number({ minimum: 0 }), { maxProperties: 64 }),
  },
  { additionalProperties: false },
);
export type Host = Static<typeof HostSchema>;

/** Client to server, acknowledged by HelloReply. Binary fields arrive as Buffer or ArrayBuffer. */
export interface Hello {
  wire: number;
  /** Version of the newest plan that the client can run. */
  plan: number;
  origin: string;
  publicKey: Uint8Array;
  signature: Uint8Array;
  host: Host;
  /** Number of a pool of which the account is a member, and whose jobs alone this connection gets; absent: public ones. */
  pool?: number;
  /** An administrator's token: this host is the auditor, and may be a software adapter. */
  audit?: string;
}

/** What became of a replica. `open`: its unit has not ended; `void`: it earned nothing, and nobody is to blame. */
export type Outcome = "open" | "final" | "refused" | "void";

export interface Refusal {
  ok: false;
  code: string;
  message: string;
}
/** `pool`: the one that the connection serves. */
export type HelloReply = { ok: true; account: AccountNotice; pool?: PoolPass } | Refusal;

/** What lets a member read its pool's jobs over HTTP, in the header `idlewave-pass`. */
export interface PoolPass {
  id: number;
  name: string;
  pass: string;
  /** Milliseconds until it expires. */
  lifeMs: number;
}

/** Client to server under `join`: become a member of the pool that this link's secret invites to. Acknowledged by JoinReply. */
export const JoinSchema = Type.Object({ secret: Type.String({ maxLength: 100 }) }, { additionalProperties: false });
export type JoinReply = { ok: true; pool: PoolPass } | Refusal;

/** Client to server under `leave`: be no member of this pool any more. */
export const LeaveSchema = Type.Object({ pool: Type.Integer({ minimum: 1, maximum: 0xffffffff }) }, { additionalProperties: false });
export type LeaveReply = { ok: true } | Refusal;

/** Answer to `pass` `{}`: a new pass to the pool that the connection serves. */
export type PassReply = { ok: true; pool: PoolPass } | Refusal;

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

/** Client to server under `units`: which of my units of this job there are, a page of them. Acknowledged by OwnUnitsReply. */
export const OwnUnitsSchema = Type.Object(
  {
    job: Type.Integer({ minimum: 1 }),
    /** `next` of the page before; absent: the highest. */
    before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  },
  { additionalProperties: false },
);
/** Units of one reply at most. */
export const OWN_UNITS_PAGE = 4096;

export interface OwnUnitsReply {
  /** There are more, below these: what to pass as `before`. */
  next?: number;
  /** Descending. */
  units: { unit: number; outcome: Outcome }[];
}
