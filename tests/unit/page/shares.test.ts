import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BAR_MS, MAX_BARS, Shares } from "../../../client/wave/shares.ts";

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
    expect(shares.add(500, 500, 1_000)).toBeGreaterThanOrEqual(3);
    expect([0, 1, 2, 3].map((back) => shares.share(back))).toEqual([0, 1, 1, 0]);
  });

  test("are drawn as the mean of a second: one whole unit at half stays at half", () => {
    const shares = new Shares(0);
    let highest = 0;
    for (let now = 250; now <= 6_000; now += 250) {
      shares.advance(now);
      // A unit of 500 ms in one go, then 500 ms of nothing.
      shares.add(now % 1_000 < 500 ? 250 : 0, 250, now);
      if (now > 2_000) for (const back of [0, 1, 2, 3]) highest = Math.max(highest, shares.drawn(back));
    }
    expect(highest).toBeCloseTo(0.5);
    expect(shares.share(1)).toBe(1);
  });

  test("begin with no burst taken for the share: what a tab sees first is the mean of a second too", () => {
    const shares = new Shares(0);
    const drawn: number[] = [];
    for (let now = 50; now <= 1_000; now += 50) {
      shares.advance(now);
      // A quarter: a burst of 50 ms, then 150 ms of nothing.
      shares.add(now % 200 === 50 ? 50 : 0, 50, now);
      drawn.push(shares.drawn(0));
    }
    expect(Math.max(...drawn)).toBeCloseTo(0.25);
    expect(drawn.at(-1)).toBeCloseTo(0.25);
  });

  test("duck at once where the person moved, and do not fall where no fact has come yet", () => {
    const shares = new Shares(0);
    for (let now = 250; now <= 2_000; now += 250) {
      shares.advance(now);
      shares.add(125, 250, now);
    }
    shares.advance(2_200);
    expect(shares.drawn(0)).toBeCloseTo(0.5);
    shares.noteInput();
    for (let now = 2_250; now <= 2_500; now += 250) {
      shares.advance(now);
      shares.add(0, 250, now);
    }
    shares.advance(2_600);
    shares.add(0, 100, 2_600);
    expect(shares.drawn(0)).toBe(0);
    expect(shares.drawn(1)).toBe(0);
  });

  test("keep the ceiling that held when they began", () => {
    const shares = new Shares(0);
    shares.setCeiling(0.5);
    shares.advance(1_000);
    shares.setCeiling(0.1);
    shares.advance(1_250);
    expect([0, 1, 2, 6].map((back) => shares.ceilingOf(back))).toEqual([0.1, 0.1, 0.5, 0].map(Math.fround));
  });

  test("stay under the ceiling when a fact tells of more time than a second", () => {
    const shares = new Shares(0);
    shares.setCeiling(0.5);
    shares.advance(6_000);
    // A busy page heard nothing for four seconds, of which the GPU worked two.
    shares.add(2_000, 4_000, 6_000);
    const bars = Array.from({ length: 24 }, (_, back) => shares.share(back));
    expect(Math.max(...bars)).toBeLessThanOrEqual(0.5 + 1e-9);
    expect(bars.reduce((sum, bar) => sum + 250 * bar, 0)).toBeCloseTo(2_000, 0);
    // After a pause what ran is laid over as much time as it took, not over less.
    const paused = new Shares(0);
    paused.setCeiling(0.25);
    paused.advance(6_000);
    paused.add(600, 5_000, 6_000);
    expect(Math.max(...Array.from({ length: 24 }, (_, back) => paused.share(back)))).toBeLessThanOrEqual(0.25 + 1e-9);
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
          expect(shares.drawn(back)).toBeGreaterThanOrEqual(0);
          expect(shares.drawn(back)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
