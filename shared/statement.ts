/**
 * The running hash over what a session submits, and what is signed of it. A *statement* is what one signature covers: the results
 * of a session since its last signature. The hash begins as the SHA-256 of the text that the handshake signed (protocol.ts), so
 * that it is bound to coordinator, connection and key; each submit that is answered by verdicts takes it further, as SHA-256 of
 * `linkBytes`. Whoever signs it stands for every result before it, in this order.
 */
import { lengthPrefixed } from "./bytes.ts";
import type { ReplicaResult } from "./wire.ts";
import { DIGEST_BYTES } from "./wire.ts";

const CONTEXT = "idlewave/results/v1";
const RESULT_BYTES = 12 + DIGEST_BYTES;

/** A session signs at the latest after so many results, and after so long with one that is not signed, ms. */
export const SIGN_RESULTS = 1_024;
export const SIGN_EVERY_MS = 10_000;
/** Results of a session that may be unsigned before its claims are refused: what it may hold twice over. */
export const MAX_UNSIGNED_RESULTS = 16_384;
/** A statement may be signed, on a later connection too, until so long after its last result, ms. Its credit stays in escrow for good then. */
export const SIGN_WITHIN_MS = 30 * 86_400_000;

/** What is hashed for one submit: the hash before it, then of each result job u32, unit u64 and digest, little-endian. */
export function linkBytes(
  before: Uint8Array,
  job: number,
  results: readonly Pick<ReplicaResult, "unit" | "digest">[],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(DIGEST_BYTES + RESULT_BYTES * results.length);
  const view = new DataView(bytes.buffer);
  bytes.set(before);
  let at = DIGEST_BYTES;
  for (const { unit, digest } of results) {
    view.setUint32(at, job, true);
    view.setUint32(at + 4, unit % 2 ** 32, true);
    view.setUint32(at + 8, Math.floor(unit / 2 ** 32), true);
    bytes.set(digest, at + 12);
    at += RESULT_BYTES;
  }
  return bytes;
}

/** The text that is signed for a statement that ends with this hash. */
export function statementMessage(hash: Uint8Array): Uint8Array<ArrayBuffer> {
  return lengthPrefixed([new TextEncoder().encode(CONTEXT), hash]);
}
