/** A finished result that waits to be sent, where it lies meanwhile, and which of them share a frame. */
import { toHex } from "../../../shared/bytes.ts";
import type { UnitIndex } from "../../../shared/ids.ts";
import { MAX_RESULT_BYTES } from "../../../shared/plan.ts";
import {
  DIGEST_BYTES,
  INLINE_RESULT_BYTES,
  MAX_BATCH_UNITS,
  MAX_FRAME_BYTES,
  MAX_TOKEN_BYTES,
  RESULT_OVERHEAD_BYTES,
  type ReplicaStatus,
} from "../../../shared/wire.ts";

/** Room in a frame beside the results: header, token, counts. */
const FRAME_RESERVE_BYTES = 64 * 1024;

/** Lies in browsers over upgrades: a change of its shape must still read what the release before has left (tests/fixtures/outbox). */
export interface OutboxEntry {
  key: string;
  stage: "submit" | "bytes";
  job: number;
  unit: UnitIndex;
  token: Uint8Array;
  status: ReplicaStatus;
  gpuMicros: number;
  /** 32 bytes. */
  digest: Uint8Array;
  /** Empty for a failed unit. */
  bytes: Uint8Array;
}

/** Where entries outlive the process. */
export interface OutboxShelf {
  load(): Promise<OutboxEntry[]>;
  /** All of it or nothing. */
  write(put: OutboxEntry[], remove: string[]): Promise<void>;
}

/** What a disk or somebody has damaged is not. */
export function isSound({ stage, job, unit, token, status, gpuMicros, digest, bytes }: OutboxEntry): boolean {
  const whole = (value: number, least: number, most: number) => Number.isSafeInteger(value) && value >= least && value <= most;
  return (
    (stage === "submit" || stage === "bytes") &&
    (status === "ok" || status === "failed" || status === "device-lost") &&
    whole(job, 1, 0xffffffff) &&
    whole(unit, 0, Number.MAX_SAFE_INTEGER) &&
    gpuMicros >= 0 &&
    Number.isFinite(gpuMicros) &&
    token instanceof Uint8Array &&
    token.byteLength <= MAX_TOKEN_BYTES &&
    digest instanceof Uint8Array &&
    digest.byteLength === DIGEST_BYTES &&
    bytes instanceof Uint8Array &&
    bytes.byteLength <= MAX_RESULT_BYTES
  );
}

/** Entries of the first one's token that fit in one frame. At least one is given. */
export function nextFrame(entries: readonly OutboxEntry[]): OutboxEntry[] {
  const token = (entries[0] as OutboxEntry).token;
  const id = toHex(token);
  const chosen: OutboxEntry[] = [];
  let bytes = FRAME_RESERVE_BYTES;
  for (const entry of entries) {
    if (entry.token !== token && toHex(entry.token) !== id) continue;
    const size = RESULT_OVERHEAD_BYTES + (entry.bytes.byteLength <= INLINE_RESULT_BYTES ? entry.bytes.byteLength : 0);
    if (chosen.length >= MAX_BATCH_UNITS || bytes + size > MAX_FRAME_BYTES) break;
    bytes += size;
    chosen.push(entry);
  }
  return chosen;
}
