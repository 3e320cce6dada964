import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JobId, UnitIndex } from "../../../shared/ids.ts";
import { decodeFrame, encodeFrame } from "../../../shared/wire/codec.ts";
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
  VERDICTS,
  type Verdict,
} from "../../../shared/wire.ts";

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const unit = fc.maxSafeNat().map((n) => n as UnitIndex);
const token = fc.uint8Array({ maxLength: 200 });
const runs = fc.array(fc.record({ start: unit, length: fc.integer({ min: 1, max: 100 }) }), { maxLength: 40 });
const result = fc.record({
  unit,
  status: fc.constantFrom(...REPLICA_STATUSES),
  gpuMicros: u32,
  digest: fc.uint8Array({ minLength: DIGEST_BYTES, maxLength: DIGEST_BYTES }),
  bytes: fc.uint8Array({ maxLength: INLINE_RESULT_BYTES }),
});
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ type: fc.constant("claim" as const), units: u32, gpuMillis: u32, job: u32 }),
  fc.record({
    type: fc.constant("assignment" as const),
    job: u32.map((n) => n as JobId),
    lifeMs: u32,
    token,
    runs,
    rows: fc.uint8Array({ maxLength: 300 }),
  }),
  fc.record({ type: fc.constant("submit" as const), token, results: fc.array(result, { maxLength: 8 }) }),
  fc.record({
    type: fc.constant("answer" as const),
    verdicts: fc.array(fc.constantFrom(...VERDICTS)),
  }),
  fc.record({ type: fc.constant("bytes" as const), token, unit, bytes: fc.uint8Array({ maxLength: 2000 }) }),
  fc.record({ type: fc.constant("idle" as const), reason: fc.constantFrom(...IDLE_REASONS), retryMs: u32 }),
  fc.record({ type: fc.constant("renew" as const), token }),
  fc.record({ type: fc.constant("release" as const), token, units: fc.array(unit, { maxLength: 20 }) }),
  fc.constant({ type: "done" as const }),
  fc.record({
    type: fc.constant("error" as const),
    code: fc.constantFrom("bad-frame" as const, "internal" as const),
    retryMs: u32,
    message: fc.string(),
  }),
);

describe("binary frames", () => {
  it("decode to what was encoded", () => {
    fc.assert(
      fc.property(frame, (value) => {
        expect(decodeFrame(encodeFrame(value))).toEqual(value);
      }),
      { numRuns: 2000 },
    );
  });

  it("refuse every truncation and every extension with a FrameError", () => {
    fc.assert(
      fc.property(frame, fc.nat(), (value, cut) => {
        const bytes = encodeFrame(value);
        expect(() => decodeFrame(bytes.subarray(0, cut % bytes.length))).toThrow(FrameError);
        const longer = new Uint8Array(bytes.length + 1);
        longer.set(bytes);
        expect(() => decodeFrame(longer)).toThrow(FrameError);
      }),
      { numRuns: 2000 },
    );
  });

  it("survive 200,000 hostile inputs with nothing but FrameErrors", () => {
    let seed = 12345;
    const next = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff);
    let refused = 0;
    for (let i = 0; i < 200_000; i++) {
      const bytes = new Uint8Array(next() % 64);
      for (let at = 0; at < bytes.length; at++) bytes[at] = next() >> 16;
      if (bytes.length > 4 && i % 2 === 0) bytes.set([1, (next() >> 16) % 10, 0, 0]);
      try {
        decodeFrame(bytes);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(150_000);
  });

  it("refuse a count that the input cannot hold before anything is allocated", () => {
    const bytes = encodeFrame({ type: "submit", token: new Uint8Array(0), results: [] });
    new DataView(bytes.buffer).setUint32(8, MAX_BATCH_UNITS, true);
    expect(() => decodeFrame(bytes)).toThrow(/ends inside results/);
    new DataView(bytes.buffer).setUint32(8, 0xffffffff, true);
    expect(() => decodeFrame(bytes)).toThrow(/at most 4096/);
  });

  it("refuse a frame of another version by its number", () => {
    const bytes = encodeFrame({ type: "done" });
    bytes[0] = 9;
    expect(() => decodeFrame(bytes)).toThrow("9");
  });

  it("are not written with a value that has no number", () => {
    const verdicts = ["recorded", "vested" as Verdict];
    expect(() => encodeFrame({ type: "answer", verdicts } as Frame)).toThrow("vested is none of recorded, duplicate");
  });

  it("keep the largest honest frames under the limit", () => {
    const assignment = encodeFrame({
      type: "assignment",
      job: 1 as JobId,
      lifeMs: 1,
      token: new Uint8Array(MAX_TOKEN_BYTES),
      runs: Array.from({ length: MAX_BATCH_UNITS }, (_, i) => ({ start: (2 * i) as UnitIndex, length: 1 })),
      rows: new Uint8Array(0),
    });
    expect(assignment.byteLength).toBeLessThan(MAX_FRAME_BYTES);
    const bytes = encodeFrame({
      type: "bytes",
      token: new Uint8Array(MAX_TOKEN_BYTES),
      unit: 0 as UnitIndex,
      bytes: new Uint8Array(MAX_SOCKET_RESULT_BYTES),
    });
    expect(bytes.byteLength).toBeLessThan(MAX_FRAME_BYTES);
  });
});
