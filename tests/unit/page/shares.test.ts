import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BAR_MS, MAX_BARS, Shares } from "../../../client/page/drawing/shares.ts";

describe("the wave's bars", () => {
  test("show measured time over elapsed time", () => {
    const shares = new Shares(0);
    for (let now = 100; now <= 1_000; now += 100) {
      shares.advance(now);
      shares.add(50, 100, now);
    }
    shares.advance(1_000);
    expect(shares.mean(4)).toBeCloseTo(0.5);
  });

  test("lay a long slice over the bars that it ran in", () => {
    const shares = new Shares(0);
    shares.advance(1_000);
    expect(shares.add(500, 500, 1_000)).toBe(3);
    expect([0, 1, 2, 3].map((back) => shares.share(back))).toEqual([0, 1, 1, 0]);
  });

  test("put no work into a pause before a short slice", () => {
    const shares = new Shares(0);
    shares.advance(60_000);
    shares.add(4, 60_000, 60_000);
    expect(shares.share(8)).toBe(0);
  });

  test("forget bars that are older than they can hold, and ticks with them", () => {
    const shares = new Shares(0);
    shares.noteInput();
    shares.add(100, 100, 100);
    expect(shares.hadInput(0)).toBe(true);
    shares.advance(MAX_BARS * BAR_MS + 10);
    for (let back = 0; back < MAX_BARS; back++) expect(shares.share(back) === 0 && !shares.hadInput(back)).toBe(true);
  });

  test("never leave 0 … 1, whatever a fact says", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double(), fc.double(), fc.integer({ min: 0, max: 5_000 })), { maxLength: 30 }), (facts) => {
        const shares = new Shares(0);
        let now = 0;
        for (const [gpuMillis, wallMillis, wait] of facts) {
          now += wait;
          shares.advance(now);
          shares.add(gpuMillis, wallMillis, now);
        }
        for (let back = 0; back < 300; back++) {
          expect(shares.share(back)).toBeGreaterThanOrEqual(0);
          expect(shares.share(back)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
