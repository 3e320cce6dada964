/**
 * Assignment tokens: the right to return one batch, good on any node after any crash. Little-endian: u8 version,
 * u8 key id, u16 zero, 16 bytes assignment id, u32 job, u64 account, u64 issuedAt, u64 deadline (ms), u32 runs, then
 * u64 start and u32 length a run, then HMAC-SHA256 of all of it.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, JobId, UnitIndex, UnitRun } from "../../shared/ids.ts";
import { MAX_BATCH_UNITS, MAX_TOKEN_BYTES } from "../../shared/wire.ts";
import type { Assignment } from "../core/events.ts";
import { KeyRing } from "./keys.ts";

const TOKEN_VERSION = 1;
const HEAD_BYTES = 52;
const RUN_BYTES = 12;
const MAC_BYTES = 32;

export class TokenKeys {
  readonly ring: KeyRing;

  private constructor(ring: KeyRing) {
    this.ring = ring;
  }

  /** The store's keys, the first one made when there is none. `now`: ms since 1970. */
  static async open(store: Parameters<typeof KeyRing.open>[0], now: number = Date.now()): Promise<TokenKeys> {
    return new TokenKeys(await KeyRing.open(store, now));
  }

  sign(assignment: Assignment): Uint8Array<ArrayBuffer> {
    const { id, secret } = this.ring.newest;
    const bodyBytes = HEAD_BYTES + RUN_BYTES * assignment.runs.length;
    const token = new Uint8Array(bodyBytes + MAC_BYTES);
    const view = new DataView(token.buffer);
    token[0] = TOKEN_VERSION;
    token[1] = id;
    token.set(Buffer.from(assignment.id, "hex"), 4);
    view.setUint32(20, assignment.job, true);
    view.setBigUint64(24, BigInt(assignment.account), true);
    view.setBigUint64(32, BigInt(Math.trunc(assignment.issuedAt)), true);
    view.setBigUint64(40, BigInt(Math.trunc(assignment.deadline)), true);
    view.setUint32(48, assignment.runs.length, true);
    for (const [i, run] of assignment.runs.entries()) {
      view.setBigUint64(HEAD_BYTES + RUN_BYTES * i, BigInt(run.start), true);
      view.setUint32(HEAD_BYTES + RUN_BYTES * i + 8, run.length, true);
    }
    token.set(mac(secret, token.subarray(0, bodyBytes)), bodyBytes);
    return token;
  }

  /** What the token says, once its MAC holds. Throws `bad-token`; nothing of a foreign token is believed or parsed. */
  verify(token: Uint8Array): Assignment {
    if (token.byteLength < HEAD_BYTES + MAC_BYTES || token.byteLength > MAX_TOKEN_BYTES) throw badToken("its length is wrong");
    const secret = this.ring.secretOf(token[1] as number);
    if (token[0] !== TOKEN_VERSION || !secret) throw badToken("its version or key is unknown");
    const body = token.subarray(0, token.byteLength - MAC_BYTES);
    if (!timingSafeEqual(mac(secret, body), token.subarray(body.byteLength))) throw badToken("it was not signed here");
    return read(body);
  }
}

function mac(secret: Uint8Array, body: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(body).digest();
}

function read(body: Uint8Array): Assignment {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const count = view.getUint32(48, true);
  if (count > MAX_BATCH_UNITS || body.byteLength !== HEAD_BYTES + RUN_BYTES * count) throw badToken("its length is wrong");
  const runs: UnitRun[] = [];
  for (let at = HEAD_BYTES; at < body.byteLength; at += RUN_BYTES)
    runs.push({ start: Number(view.getBigUint64(at, true)) as UnitIndex, length: view.getUint32(at + 8, true) });
  return {
    id: Buffer.from(body.buffer, body.byteOffset + 4, 16).toString("hex"),
    job: view.getUint32(20, true) as JobId,
    account: Number(view.getBigUint64(24, true)) as AccountId,
    issuedAt: Number(view.getBigUint64(32, true)),
    deadline: Number(view.getBigUint64(40, true)),
    runs,
  };
}

function badToken(why: string): IdlewaveError {
  return new IdlewaveError("bad-token", { why });
}
