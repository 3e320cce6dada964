import { describe, expect, it } from "vitest";
import { Tones } from "../../../server/http/tones.ts";

/** Tones of `values` taken one by one, and how often all of them changed. */
function toned(values: readonly number[]): { steps: number[]; changes: number } {
  const tones = new Tones();
  const shown: number[] = [];
  let changes = 0;
  for (const value of values) {
    shown.push(value);
    if (tones.take(value, () => shown)) changes++;
  }
  return { steps: values.map((value) => tones.of(value)), changes };
}

describe("the tones of values that are no picture", () => {
  it("tell them apart, one far larger than the others too", () => {
    const { steps } = toned([78_498, 70_435, 67_883, 66_330, 65_367, 64_336, 63_799]);
    expect(new Set(steps).size).toBe(7);
    expect(steps).toEqual(steps.toSorted((a, b) => b - a));
    expect([steps[0], steps.at(-1)]).toEqual([255, 0]);
  });

  it("are as many as there are values, however often one of them comes", () => {
    const { steps } = toned([...Array.from({ length: 90 }, () => 0), 5, 6, 7]);
    expect([...new Set(steps)]).toEqual([0, 85, 170, 255]);
  });

  it("are the middle when all values are equal", () => {
    expect(new Set(toned([3, 3, 3]).steps)).toEqual(new Set([127]));
  });

  it("last while values arrive: all of them change a few times, not with each", () => {
    const spread = Array.from({ length: 4_000 }, (_, at) => (Math.imul(at + 1, 0x9e3779b1) >>> 0) % 10_000);
    const { steps, changes } = toned([0, 10_000, ...spread]);
    expect(changes).toBeLessThan(30);
    expect(new Set(steps).size).toBe(256);
  });
});
