/**
 * The cold messages that a client sends (events of protocol.ts), as the coordinator checks them and the client is typed by them.
 * The client imports types from here alone: TypeBox is not for its worker.
 */
import Type, { type Static } from "typebox";
import { MAX_DEVICE_NAME } from "./account/certificate.ts";
import { WISH_SHARES, type WishShare } from "./account/remote-wish.ts";
import { binaryOf } from "./bytes.ts";
import { PLAIN_NAME_PATTERN, PLAIN_PATTERN } from "./plain.ts";
import { MAX_MACHINE_NAME } from "./pool.ts";
import { MAX_ORIGIN, ORIGIN_PATTERN } from "./site.ts";
import { SIGNATURE_BYTES } from "./wire.ts";

const PUBLIC_KEY_BYTES = 32;

/** Binary as the parsers take and give it. */
function binary(bytes: number) {
  const isWhole = (value: unknown) => binaryOf(value)?.byteLength === bytes;
  return Type.Refine(Type.Unsafe<Uint8Array | ArrayBuffer>({}), isWhole, () => `is not ${bytes} bytes`);
}

/** Limits above WebGPU's defaults that jobs may require, in the steps of limits.ts. */
export const HostLimitsSchema = Type.Record(
  Type.String({ pattern: "^(max|min)[A-Za-z]{1,45}$" }),
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  { maxProperties: 64, additionalProperties: false },
);

/** A word that a host tells of itself, which reports and logs show. */
const toldWord = (maxLength: number) => Type.String({ maxLength, pattern: PLAIN_PATTERN });
/** Names of features that a host has. */
export const FeaturesSchema = Type.Array(toldWord(48), { maxItems: 64 });

/** Coarse words about a host, self-declared: they select work and label reports, never trust. */
const HostSchema = Type.Object(
  {
    vendor: toldWord(32),
    architecture: toldWord(32),
    browser: toldWord(32),
    os: toldWord(32),
    software: Type.Boolean(),
    /** GFLOP/s on the benchmark (`shaders/benchmark`), rounded to a power of two of at least 1; absent: not measured. */
    gflops: Type.Optional(Type.Integer({ enum: Array.from({ length: 31 }, (_, power) => 2 ** power) })),
    features: FeaturesSchema,
    limits: HostLimitsSchema,
  },
  { additionalProperties: false },
);
export type Host = Static<typeof HostSchema>;

/** Acknowledged by HelloReply. */
export const HelloSchema = Type.Object({
  wire: Type.Integer(),
  /** Version of the newest plan that the client can run. */
  plan: Type.Integer(),
  origin: Type.String({ maxLength: 300, pattern: ORIGIN_PATTERN }),
  publicKey: binary(PUBLIC_KEY_BYTES),
  signature: binary(SIGNATURE_BYTES),
  host: HostSchema,
  /** Number of a pool of which the account is a member, and whose jobs alone this connection gets; absent: public ones. */
  pool: Type.Optional(Type.Integer({ minimum: 1, maximum: 0xffffffff })),
  /** Origin of the registered site whose visitor this is, by its own word; absent: none. Neither a pool's member nor the auditor has one. */
  site: Type.Optional(Type.String({ maxLength: MAX_ORIGIN, pattern: ORIGIN_PATTERN })),
  /** How long ago the visitor said yes to that site, milliseconds. */
  agreedMs: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  /** An administrator's token: this host is the auditor, and may be a software adapter. */
  audit: Type.Optional(Type.String({ maxLength: 100 })),
});
export type Hello = Static<typeof HelloSchema>;

/** Under `units`: which of my units of this job there are, a page of them. Acknowledged by OwnUnitsReply. */
export const OwnUnitsSchema = Type.Object(
  {
    job: Type.Integer({ minimum: 1 }),
    /** `next` of the page before; absent: the highest. */
    before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  },
  { additionalProperties: false },
);
export type OwnUnitsRequest = Static<typeof OwnUnitsSchema>;

/** Under `join`: become a member of the pool that this link's secret invites to, under this name. Acknowledged by JoinReply. */
export const JoinSchema = Type.Object(
  {
    secret: Type.String({ maxLength: 100 }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_MACHINE_NAME, pattern: PLAIN_NAME_PATTERN })),
  },
  { additionalProperties: false },
);

const created = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Under `link`: this device is the account's, by its certificate (account/certificate.ts). Acknowledged by LinkReply. */
export const LinkSchema = Type.Object(
  {
    account: binary(PUBLIC_KEY_BYTES),
    created,
    /** Empty where it was given none. */
    name: Type.String({ maxLength: MAX_DEVICE_NAME, pattern: `^$|${PLAIN_NAME_PATTERN}` }),
    signature: binary(SIGNATURE_BYTES),
  },
  { additionalProperties: false },
);
export type LinkRequest = Static<typeof LinkSchema>;

/** Under `revoke`: that device is its account's no more, by a revocation of the account that this connection's device is of. Acknowledged by RevokeReply. */
export const RevokeSchema = Type.Object(
  { device: binary(PUBLIC_KEY_BYTES), created, signature: binary(SIGNATURE_BYTES) },
  { additionalProperties: false },
);
export type RevokeRequest = Static<typeof RevokeSchema>;

/** Under `forget`: this device, or with the signature of its account's key (account/certificate.ts) all of the account. Acknowledged by ForgetReply. */
export const ForgetSchema = Type.Object({ signature: Type.Optional(binary(SIGNATURE_BYTES)) }, { additionalProperties: false });
export type ForgetRequest = Static<typeof ForgetSchema>;

/** Under `keep-box`: a box on a site is this device's person's, by the box's own word (account/box.ts). Acknowledged by KeepBoxReply. */
export const KeepBoxSchema = Type.Object(
  {
    box: binary(PUBLIC_KEY_BYTES),
    site: Type.String({ maxLength: MAX_ORIGIN, pattern: ORIGIN_PATTERN }),
    signature: binary(SIGNATURE_BYTES),
  },
  { additionalProperties: false },
);
export type KeepBoxRequest = Static<typeof KeepBoxSchema>;

/** Under `wish`: what is wished of a device of this account from now on, as this device signed it (account/remote-wish.ts). Acknowledged by WishReply. */
export const WishSchema = Type.Object(
  {
    device: binary(PUBLIC_KEY_BYTES),
    turn: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    paused: Type.Boolean(),
    share: Type.Unsafe<WishShare>(Type.Integer({ enum: [...WISH_SHARES] })),
    signature: binary(SIGNATURE_BYTES),
  },
  { additionalProperties: false },
);
export type WishRequest = Static<typeof WishSchema>;

/** Under `lends`: percent of the GPU that this connection lends now, 0 while nothing may run. Told where devices are joined, and kept no longer than the connection. */
export const LendsSchema = Type.Object({ share: Type.Integer({ minimum: 0, maximum: 100 }) }, { additionalProperties: false });

/** Under `leave`: be no member of this pool any more. Acknowledged by LeaveReply. */
export const LeaveSchema = Type.Object({ pool: Type.Integer({ minimum: 1, maximum: 0xffffffff }) }, { additionalProperties: false });
