/** Frames to bytes and back. */
import { ERRORS, errorCodeOf } from "../errors.ts";
import type { JobId, UnitIndex } from "../ids.ts";
import { numberOf } from "../numbered.ts";
import {
  DIGEST_BYTES,
  type Frame,
  FrameError,
  IDLE_REASONS,
  INLINE_RESULT_BYTES,
  MAX_BATCH_UNITS,
  MAX_FRAME_BYTES,
  MAX_SOCKET_RESULT_BYTES,
  MAX_TOKEN_BYTES,
  REPLICA_STATUSES,
  RESULT_OVERHEAD_BYTES,
  type ReplicaResult,
  SIGNATURE_BYTES,
  VERDICTS,
  type Verdict,
  WIRE_VERSION,
} from "../wire.ts";
import { Reader, Writer } from "./bytes.ts";

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
  Sign: 10,
  Error: 255,
} as const;

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
      for (const result of frame.results) length += RESULT_OVERHEAD_BYTES + result.bytes.byteLength;
      const writer = new Writer(FrameType.Submit, length).block(frame.token).u32(frame.results.length);
      for (const result of frame.results) {
        writer
          .u64(result.unit)
          .u32(numberOf(result.status, REPLICA_STATUSES))
          .u32(result.gpuMicros)
          .fixed(result.digest, DIGEST_BYTES)
          .block(result.bytes);
      }
      return writer.done();
    }
    case "answer": {
      const writer = new Writer(FrameType.Answer, 4 + frame.verdicts.length).u32(frame.verdicts.length);
      for (const verdict of frame.verdicts) writer.u8(numberOf(verdict, VERDICTS));
      return writer.done();
    }
    case "bytes":
      return new Writer(FrameType.Bytes, 16 + frame.token.byteLength + frame.bytes.byteLength)
        .block(frame.token)
        .u64(frame.unit)
        .block(frame.bytes)
        .done();
    case "idle":
      return new Writer(FrameType.Idle, 8).u32(numberOf(frame.reason, IDLE_REASONS)).u32(frame.retryMs).done();
    case "renew":
      return new Writer(FrameType.Renew, 4 + frame.token.byteLength).block(frame.token).done();
    case "release": {
      const writer = new Writer(FrameType.Release, 8 + frame.token.byteLength + 8 * frame.units.length)
        .block(frame.token)
        .u32(frame.units.length);
      for (const unit of frame.units) writer.u64(unit);
      return writer.done();
    }
    case "sign":
      return new Writer(FrameType.Sign, DIGEST_BYTES + SIGNATURE_BYTES)
        .fixed(frame.hash, DIGEST_BYTES)
        .fixed(frame.signature, SIGNATURE_BYTES)
        .done();
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
      const count = reader.count("results", MAX_BATCH_UNITS, RESULT_OVERHEAD_BYTES);
      const results: ReplicaResult[] = [];
      for (let i = 0; i < count; i++) {
        results.push({
          unit: reader.u64("unit") as UnitIndex,
          status: reader.choice("status", REPLICA_STATUSES),
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
    case FrameType.Sign:
      return { type: "sign", hash: reader.fixed("hash", DIGEST_BYTES), signature: reader.fixed("signature", SIGNATURE_BYTES) };
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
