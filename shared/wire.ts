/**
 * The hot path's binary frames, little-endian, defined once for both sides and in docs/protocol.md byte by byte. A frame
 * starts with a version byte and a type byte. Cold messages (handshake, notices) are in protocol.ts.
 */
import { ERRORS, type ErrorCode, errorCodeOf } from "./errors.ts";
import type { JobId, UnitIndex, UnitRun } from "./ids.ts";

export const WIRE_VERSION = 1;
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

const HEADER_BYTES = 4;

const FrameType = {
  Claim: 1,
  Assignment: 2,
  Submit: 3,
  Answer: 4,
  Bytes: 5,
  Idle: 6,
  Renew: 7,
  Release: 8,
  Done: 9,
  Error: 255,
} as const;

export type Frame =
  | ClaimFrame
  | AssignmentFrame
  | SubmitFrame
  | AnswerFrame
  | BytesFrame
  | IdleFrame
  | RenewFrame
  | ReleaseFrame
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

export interface ReplicaResult {
  unit: UnitIndex;
  /** `failed`: the kernel lost the device or could not run; digest is zeros. */
  status: "ok" | "failed";
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
 * What became of one submitted unit. `recorded` counts as a vote; `duplicate` repeats the first answer's effect; `late`
 * came after the unit was final or had failed, and earns nothing; `wanted` is recorded and its bytes are asked for; `refused`
 * is not counted (not in the assignment, or the job ended).
 */
export type Verdict = "recorded" | "duplicate" | "late" | "wanted" | "refused";
const VERDICTS: readonly Verdict[] = ["recorded", "duplicate", "late", "wanted", "refused"];

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

/** Why there is no work, and when to ask again. */
export type IdleReason = "no-jobs" | "all-assigned" | "needs-features" | "paused" | "waits-for-others" | "quota";
const IDLE_REASONS: readonly IdleReason[] = ["no-jobs", "all-assigned", "needs-features", "paused", "waits-for-others", "quota"];

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

/** Acknowledges bytes and releases. */
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

/** Encodes into an exact-length array. Throws `RangeError` on a field that does not fit its width. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case "claim":
      return new Writer(FrameType.Claim, 12).u32(frame.units).u32(frame.gpuMillis).u32(frame.job).done();
    case "assignment":
      return new Writer(FrameType.Assignment, 20 + frame.token.byteLength + 12 * frame.runs.length + frame.rows.byteLength)
        .u32(frame.job)
        .u32(frame.lifeMs)
        .block(frame.token)
        .runs(frame.runs)
        .block(frame.rows)
        .done();
    case "submit": {
      let length = 8 + frame.token.byteLength;
      for (const result of frame.results) length += 52 + result.bytes.byteLength;
      const writer = new Writer(FrameType.Submit, length).block(frame.token).u32(frame.results.length);
      for (const result of frame.results) {
        writer
          .u64(result.unit)
          .u32(result.status === "ok" ? 0 : 1)
          .u32(result.gpuMicros)
          .fixed(result.digest, DIGEST_BYTES)
          .block(result.bytes);
      }
      return writer.done();
    }
    case "answer": {
      const writer = new Writer(FrameType.Answer, 4 + frame.verdicts.length).u32(frame.verdicts.length);
      for (const verdict of frame.verdicts) writer.u8(VERDICTS.indexOf(verdict));
      return writer.done();
    }
    case "bytes":
      return new Writer(FrameType.Bytes, 16 + frame.token.byteLength + frame.bytes.byteLength)
        .block(frame.token)
        .u64(frame.unit)
        .block(frame.bytes)
        .done();
    case "idle":
      return new Writer(FrameType.Idle, 8).u32(IDLE_REASONS.indexOf(frame.reason)).u32(frame.retryMs).done();
    case "renew":
      return new Writer(FrameType.Renew, 4 + frame.token.byteLength).block(frame.token).done();
    case "release": {
      const writer = new Writer(FrameType.Release, 8 + frame.token.byteLength + 8 * frame.units.length)
        .block(frame.token)
        .u32(frame.units.length);
      for (const unit of frame.units) writer.u64(unit);
      return writer.done();
    }
    case "done":
      return new Writer(FrameType.Done, 0).done();
    case "error": {
      const message = new TextEncoder().encode(frame.message);
      return new Writer(FrameType.Error, 12 + message.byteLength).u32(ERRORS[frame.code].wire).u32(frame.retryMs).block(message).done();
    }
    default:
      return frame satisfies never;
  }
}

/** Decodes one frame. Throws `FrameError`; never reads past the input, never allocates more than its length. */
export function decodeFrame(input: Uint8Array): Frame {
  if (input.byteLength > MAX_FRAME_BYTES) throw new FrameError("too-large", `${input.byteLength} bytes`);
  const reader = new Reader(input);
  const version = reader.u8("version");
  if (version !== WIRE_VERSION) throw new FrameError("wire-version", String(version));
  const type = reader.u8("type");
  if (reader.u8("reserved") !== 0 || reader.u8("reserved") !== 0) throw new FrameError("bad-frame", "bytes 2 and 3 must be zero");
  const frame = decodeBody(type, reader);
  reader.end();
  return frame;
}

function decodeBody(type: number, reader: Reader): Frame {
  switch (type) {
    case FrameType.Claim:
      return { type: "claim", units: reader.u32("units"), gpuMillis: reader.u32("gpuMillis"), job: reader.u32("job") };
    case FrameType.Assignment:
      return {
        type: "assignment",
        job: reader.u32("job") as JobId,
        lifeMs: reader.u32("lifeMs"),
        token: reader.block("token", MAX_TOKEN_BYTES),
        runs: reader.runs(),
        rows: reader.block("rows", MAX_FRAME_BYTES),
      };
    case FrameType.Submit: {
      const token = reader.block("token", MAX_TOKEN_BYTES);
      const count = reader.count("results", MAX_BATCH_UNITS, 52);
      const results: ReplicaResult[] = [];
      for (let i = 0; i < count; i++) {
        results.push({
          unit: reader.u64("unit") as UnitIndex,
          status: reader.choice("status", STATUSES),
          gpuMicros: reader.u32("gpuMicros"),
          digest: reader.fixed("digest", DIGEST_BYTES),
          bytes: reader.block("bytes", INLINE_RESULT_BYTES),
        });
      }
      return { type: "submit", token, results };
    }
    case FrameType.Answer: {
      const count = reader.count("verdicts", MAX_BATCH_UNITS, 1);
      const verdicts: Verdict[] = [];
      for (let i = 0; i < count; i++) {
        const verdict = VERDICTS[reader.u8("verdict")];
        if (!verdict) throw new FrameError("bad-frame", `verdict ${i} is unknown`);
        verdicts.push(verdict);
      }
      return { type: "answer", verdicts };
    }
    case FrameType.Bytes:
      return {
        type: "bytes",
        token: reader.block("token", MAX_TOKEN_BYTES),
        unit: reader.u64("unit") as UnitIndex,
        bytes: reader.block("bytes", MAX_SOCKET_RESULT_BYTES),
      };
    case FrameType.Idle:
      return { type: "idle", reason: reader.choice("reason", IDLE_REASONS), retryMs: reader.u32("retryMs") };
    case FrameType.Renew:
      return { type: "renew", token: reader.block("token", MAX_TOKEN_BYTES) };
    case FrameType.Release: {
      const token = reader.block("token", MAX_TOKEN_BYTES);
      const count = reader.count("units", MAX_BATCH_UNITS, 8);
      const units: UnitIndex[] = [];
      for (let i = 0; i < count; i++) units.push(reader.u64("unit") as UnitIndex);
      return { type: "release", token, units };
    }
    case FrameType.Done:
      return { type: "done" };
    case FrameType.Error: {
      const code = errorCodeOf(reader.u32("code")) ?? "internal";
      const retryMs = reader.u32("retryMs");
      return { type: "error", code, retryMs, message: new TextDecoder().decode(reader.block("message", MAX_FRAME_BYTES)) };
    }
    default:
      throw new FrameError("bad-frame", `type ${type} is unknown`);
  }
}

const STATUSES: readonly ReplicaResult["status"][] = ["ok", "failed"];

/** Writes little-endian fields into one array whose length is known beforehand. */
class Writer {
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly view: DataView;
  private at = HEADER_BYTES;

  constructor(type: number, bodyBytes: number) {
    this.bytes = new Uint8Array(HEADER_BYTES + bodyBytes);
    this.view = new DataView(this.bytes.buffer);
    this.bytes[0] = WIRE_VERSION;
    this.bytes[1] = type;
  }

  u8(value: number): this {
    this.view.setUint8(this.at, value);
    this.at += 1;
    return this;
  }

  u32(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new RangeError(`${value} is no u32`);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
    return this;
  }

  u64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no safe unsigned integer`);
    this.view.setUint32(this.at, value % 2 ** 32, true);
    this.view.setUint32(this.at + 4, Math.floor(value / 2 ** 32), true);
    this.at += 8;
    return this;
  }

  fixed(value: Uint8Array, length: number): this {
    if (value.byteLength !== length) throw new RangeError(`expected ${length} bytes, got ${value.byteLength}`);
    this.bytes.set(value, this.at);
    this.at += length;
    return this;
  }

  block(value: Uint8Array): this {
    return this.u32(value.byteLength).fixed(value, value.byteLength);
  }

  runs(runs: readonly UnitRun[]): this {
    this.u32(runs.length);
    for (const run of runs) this.u64(run.start).u32(run.length);
    return this;
  }

  done(): Uint8Array<ArrayBuffer> {
    if (this.at !== this.bytes.byteLength) throw new RangeError("frame length was miscounted");
    return this.bytes;
  }
}

/** Reads little-endian fields; every read is checked against the input's end. Blocks are views, not copies. */
class Reader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(what: string): number {
    this.need(1, what);
    return this.view.getUint8(this.at++);
  }

  u32(what: string): number {
    this.need(4, what);
    const value = this.view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  u64(what: string): number {
    this.need(8, what);
    const value = this.view.getUint32(this.at, true) + this.view.getUint32(this.at + 4, true) * 2 ** 32;
    if (value > Number.MAX_SAFE_INTEGER) throw new FrameError("bad-frame", `${what} at byte ${this.at} is above 2^53 - 1`);
    this.at += 8;
    return value;
  }

  fixed(what: string, length: number): Uint8Array {
    this.need(length, what);
    const value = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return value;
  }

  block(what: string, limit: number): Uint8Array {
    const length = this.u32(what);
    if (length > limit) throw new FrameError("bad-frame", `${what} at byte ${this.at} has ${length} bytes, at most ${limit} are allowed`);
    return this.fixed(what, length);
  }

  /** A count of things of at least `eachBytes`, checked against a limit and against what is left. */
  count(what: string, limit: number, eachBytes: number): number {
    const count = this.u32(what);
    if (count > limit) throw new FrameError("bad-frame", `${count} ${what}, at most ${limit} are allowed`);
    this.need(count * eachBytes, what);
    return count;
  }

  choice<T>(what: string, choices: readonly T[]): T {
    const index = this.u32(what);
    if (index >= choices.length) throw new FrameError("bad-frame", `${what} ${index} is unknown`);
    return choices[index] as T;
  }

  runs(): UnitRun[] {
    const count = this.count("runs", MAX_BATCH_UNITS, 12);
    const runs: UnitRun[] = [];
    let total = 0;
    for (let i = 0; i < count; i++) {
      const start = this.u64("run start") as UnitIndex;
      const length = this.u32("run length");
      total += length;
      if (length === 0 || total > MAX_BATCH_UNITS) throw new FrameError("bad-frame", `run ${i} has ${length} units`);
      runs.push({ start, length });
    }
    return runs;
  }

  end(): void {
    if (this.at !== this.bytes.byteLength) throw new FrameError("bad-frame", `${this.bytes.byteLength - this.at} bytes too many`);
  }

  private need(length: number, what: string): void {
    if (this.at + length > this.bytes.byteLength) throw new FrameError("bad-frame", `it ends inside ${what} at byte ${this.at}`);
  }
}
