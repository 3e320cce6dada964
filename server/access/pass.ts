/**
 * Passes: the right of a member to read what is a pool's over HTTP. Little-endian: u8 version, u8 key id, u16 zero, u32 pool,
 * u64 account, u64 expiry (ms), then HMAC-SHA256 of all of it under a key of assignment tokens, whose version is another one.
 * In text `iwp_` and base64url. A pass is no membership: that is looked up at each request.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, PoolId } from "../../shared/ids.ts";
import type { KeyRing } from "./keys.ts";

/** What an assignment token can never begin with. */
const PASS_VERSION = 200;
const BODY_BYTES = 24;
const PREFIX = "iwp_";
const PATTERN = /^iwp_[A-Za-z0-9_-]{75}$/;
/** A member who comes back within a week sees the pool's picture before lending again. */
export const PASS_LIFE_MS = 7 * 24 * 3_600_000;

export interface PassFacts {
  pool: PoolId;
  account: AccountId;
}

export class Passes {
  private readonly ring: KeyRing;

  constructor(ring: KeyRing) {
    this.ring = ring;
  }

  sign({ pool, account }: PassFacts, now: number): string {
    const { id, secret } = this.ring.newest;
    const body = new Uint8Array(BODY_BYTES);
    const view = new DataView(body.buffer);
    body[0] = PASS_VERSION;
    body[1] = id;
    view.setUint32(4, pool, true);
    view.setBigUint64(8, BigInt(account), true);
    view.setBigUint64(16, BigInt(Math.trunc(now) + PASS_LIFE_MS), true);
    return `${PREFIX}${Buffer.concat([body, mac(secret, body)]).toString("base64url")}`;
  }

  /** Throws `bad-pass`; nothing of a foreign pass is believed. */
  read(pass: string, now: number): PassFacts {
    if (!PATTERN.test(pass)) throw badPass("it is not whole");
    const bytes = new Uint8Array(Buffer.from(pass.slice(PREFIX.length), "base64url"));
    const body = bytes.subarray(0, BODY_BYTES);
    const secret = this.ring.secretOf(body[1] as number);
    if (body[0] !== PASS_VERSION || !secret) throw badPass("its version or key is unknown");
    if (!timingSafeEqual(mac(secret, body), bytes.subarray(BODY_BYTES))) throw badPass("it was not signed here");
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    if (Number(view.getBigUint64(16, true)) <= now) throw badPass("it has expired");
    return { pool: view.getUint32(4, true) as PoolId, account: Number(view.getBigUint64(8, true)) as AccountId };
  }
}

export function badPass(why: string): IdlewaveError {
  return new IdlewaveError("bad-pass", { why });
}

function mac(secret: Uint8Array, body: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(body).digest();
}
