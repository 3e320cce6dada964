import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { believedMicros, MAX_GPU_MICROS } from "../../../server/core/gputime.ts";
import { addMicros } from "../../../shared/gputime.ts";
import { World } from "./world.ts";

const hostile = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constantFrom(Number.NaN, Infinity, -Infinity, 2 ** 53, 0xffff_ffff));

describe("GPU time", () => {
  it("is a whole number within the time since the units were handed out and an hour, whatever is told and whatever the clock says", () => {
    fc.assert(
      fc.property(hostile, fc.maxSafeInteger(), fc.maxSafeInteger(), (told, issuedAt, now) => {
        const micros = believedMicros(told, issuedAt, now);
        expect(Number.isSafeInteger(micros) && micros >= 0).toBe(true);
        expect(micros).toBeLessThanOrEqual(Math.min(MAX_GPU_MICROS, Math.max(0, (now - issuedAt) * 1000)));
      }),
    );
    expect(believedMicros(1500.7, 0, 2)).toBe(1500);
    expect(believedMicros(5000, 0, 2)).toBe(2000);
    expect(believedMicros(2 ** 53, 0, 2 ** 40)).toBe(MAX_GPU_MICROS);
  });

  it("sums to whole numbers below 2^53", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(MAX_GPU_MICROS)), (times) => {
        const sum = times.reduce(addMicros, Number.MAX_SAFE_INTEGER - MAX_GPU_MICROS);
        expect(Number.isSafeInteger(sum)).toBe(true);
      }),
    );
  });

  it("is stored as believed, not as told", () => {
    const world = new World({ units: 1, quorum: 1 });
    const assignment = world.assignment(world.join(1));
    world.now += 3;
    world.submit(assignment, { gpuMicros: 0xffff_ffff });
    expect(world.ledger.replicas(assignment.job).map((replica) => replica.gpuMicros)).toEqual([3000]);
  });
});
