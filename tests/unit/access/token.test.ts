import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenKeys } from "../../../server/access/token.ts";
import type { Assignment } from "../../../server/core/events.ts";
import type { AccountId, JobId, UnitIndex } from "../../../shared/ids.ts";
import { MAX_BATCH_UNITS, MAX_TOKEN_BYTES } from "../../../shared/wire.ts";

const keys = (secret?: Uint8Array) =>
  TokenKeys.open({ secret: async (_key, create) => secret ?? create(), secrets: async () => [], dropSecret: async () => undefined });

const assignments = fc.record({
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("hex")),
  job: fc.integer({ min: 1, max: 0xffffffff }).map((job) => job as JobId),
  account: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map((account) => account as AccountId),
  issuedAt: fc.integer({ min: 0, max: 2 ** 45 }),
  deadline: fc.integer({ min: 0, max: 2 ** 45 }),
  runs: fc.array(fc.record({ start: fc.maxSafeNat().map((start) => start as UnitIndex), length: fc.integer({ min: 1, max: 4096 }) }), {
    maxLength: 50,
  }),
});

describe("an assignment's token", () => {
  it("says what was signed", async () => {
    const signer = await keys();
    fc.assert(
      fc.property(assignments, (assignment) => {
        expect(signer.verify(signer.sign(assignment))).toEqual(assignment);
      }),
    );
  });

  it("is refused when any bit of it differs, it is cut or it goes on", async () => {
    const signer = await keys();
    fc.assert(
      fc.property(assignments, fc.nat(), fc.integer({ min: 0, max: 7 }), (assignment, place, bit) => {
        const token = signer.sign(assignment);
        const touched = token.slice();
        const at = place % token.byteLength;
        touched[at] = (touched[at] ?? 0) ^ (1 << bit);
        for (const bad of [touched, token.slice(0, at), Uint8Array.of(...token, 0)])
          expect(() => signer.verify(bad)).toThrow(expect.objectContaining({ code: "bad-token" }));
      }),
    );
  });

  it("is refused when it was signed with another key, and holds across restarts with the same one", async () => {
    const assignment = fc.sample(assignments, 1)[0] as Assignment;
    const secret = new Uint8Array(32).fill(7);
    const token = (await keys(secret)).sign(assignment);
    expect((await keys(secret)).verify(token)).toEqual(assignment);
    const stranger = await keys();
    expect(() => stranger.verify(token)).toThrow(expect.objectContaining({ code: "bad-token" }));
  });

  it("of the largest batch, unit by unit, fits its limit", async () => {
    const runs = Array.from({ length: MAX_BATCH_UNITS }, (_, i) => ({ start: (2 * i) as UnitIndex, length: 1 }));
    const assignment: Assignment = { ...(fc.sample(assignments, 1)[0] as Assignment), runs };
    const signer = await keys();
    const token = signer.sign(assignment);
    expect(token.byteLength).toBeLessThanOrEqual(MAX_TOKEN_BYTES);
    expect(signer.verify(token)).toEqual(assignment);
  });

  it("of random bytes is refused", async () => {
    const signer = await keys();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(() => signer.verify(bytes)).toThrow(expect.objectContaining({ code: "bad-token" }));
      }),
    );
  });
});
