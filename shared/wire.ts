/**
 * The hot path's binary frames, little-endian, defined once for both sides and in docs/protocol.md byte by byte. A frame
 * starts with a version byte and a type byte; wire/codec.ts writes and reads it. Cold messages (handshake, notices) are in
 * protocol.ts.
 */
import type { ErrorCode } from "./errors.ts";
import type { JobId, UnitIndex, UnitRun } from "./ids.ts";

export const WIRE_VERSION = 2;
/** One frame is one Socket.IO binary argument of at most this many bytes. */
export const MAX_FRAME_BYTES = 512 * 1024;
/** Result bytes up to this length ride along with the digest in a submit. */
export const INLINE_RESULT_BYTES = 1024;
/** Result bytes above this length go by HTTP PUT. */
export const MAX_SOCKET_RESULT_BYTES = 64 * 1024;
/** Units of one assignment at most. */
export const MAX_BATCH_UNITS = 4096;
/** A token's length at most: it lists the assignment's runs. */
export const MAX_TOKEN_BYTES = 80 + 12 * MAX_BATCH_UNITS + 32;
export const DIGEST_BYTES = 32;
export const SIGNATURE_BYTES = 64;
/** A result in a submit beside its bytes: unit u64, status, GPU time and length u32, digest. */
export const RESULT_OVERHEAD_BYTES = 20 + DIGEST_BYTES;

export type Frame =
  | ClaimFrame
  | AssignmentFrame
  | SubmitFrame
  | AnswerFrame
  | BytesFrame
  | IdleFrame
  | RenewFrame
  | ReleaseFrame
  | SignFrame
  | DoneFrame
  | ErrorFrame;

/** Volunteer asks for work: at most `units`, or as many as fill `gpuMillis` at the host's speed. */
interface ClaimFrame {
  type: "claim";
  units: number;
  gpuMillis: number;
  /** 0 = any job, else only this one. */
  job: number;
}

/** Coordinator grants a batch. */
export interface AssignmentFrame {
  type: "assignment";
  job: JobId;
  /** Milliseconds from receipt until the units go to others. */
  lifeMs: number;
  token: Uint8Array;
  runs: UnitRun[];
  /** The units' rows of the job's table, in unit order; empty when there is none. */
  rows: Uint8Array;
}

/**
 * By their numbers on the wire. Beside `ok` it has failed, and says why: the kernel could not run (`failed`), or devices were lost
 * with the unit or it did not end (`device-lost`).
 */
export const REPLICA_STATUSES = ["ok", "failed", "device-lost"] as const;
export type ReplicaStatus = (typeof REPLICA_STATUSES)[number];

export interface ReplicaResult {
  unit: UnitIndex;
  /** Of a failed one the digest is zeros. */
  status: ReplicaStatus;
  gpuMicros: number;
  /** SHA-256 of the result bytes, 32 bytes. */
  digest: Uint8Array;
  /** The result bytes, when at most INLINE_RESULT_BYTES; else empty. */
  bytes: Uint8Array;
}

/** Volunteer answers any subset of an assignment's units. */
export interface SubmitFrame {
  type: "submit";
  token: Uint8Array;
  results: ReplicaResult[];
}

/**
 * What became of one submitted unit, by its number on the wire. `recorded` counts as a vote; `duplicate` repeats the first answer's effect; `late`
 * came after the unit was final or had failed, and earns nothing; `wanted` is recorded and its bytes are asked for; `refused`
 * is not counted (not in the assignment, bytes of another length or digest, or the job ended).
 */
export const VERDICTS = ["recorded", "duplicate", "late", "wanted", "refused"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One verdict for each result of the submit, in its order. */
interface AnswerFrame {
  type: "answer";
  verdicts: Verdict[];
}

/** The bytes of one wanted unit. */
interface BytesFrame {
  type: "bytes";
  token: Uint8Array;
  unit: UnitIndex;
  bytes: Uint8Array;
}

/** Why there is no work, by its number on the wire. */
export const IDLE_REASONS = ["no-jobs", "all-assigned", "needs-features", "paused", "waits-for-others", "quota"] as const;
export type IdleReason = (typeof IDLE_REASONS)[number];

/** There is no work, and when to ask again. */
interface IdleFrame {
  type: "idle";
  reason: IdleReason;
  retryMs: number;
}

/** Answered by an assignment frame with a fresh token for the same units, without rows. */
interface RenewFrame {
  type: "renew";
  token: Uint8Array;
}

/** Gives back units that will not be computed. Empty `units`: all of the assignment. */
interface ReleaseFrame {
  type: "release";
  token: Uint8Array;
  units: UnitIndex[];
}

/** Signs a statement (statement.ts), this session's or an earlier one's. Answered by `done`: what it covers may vest. */
interface SignFrame {
  type: "sign";
  /** The running hash at the end of the statement, 32 bytes. */
  hash: Uint8Array;
  /** Ed25519 signature of `statementMessage(hash)`, 64 bytes. */
  signature: Uint8Array;
}

/** Acknowledges bytes, releases and signatures. */
interface DoneFrame {
  type: "done";
}

interface ErrorFrame {
  type: "error";
  code: ErrorCode;
  retryMs: number;
  message: string;
}

/** Thrown by `decodeFrame`; `why` says what is malformed and where. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly code: "bad-frame" | "wire-version" | "too-large";
  constructor(code: FrameError["code"], why: string) {
    super(why);
    this.code = code;
  }
}
