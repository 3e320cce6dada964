import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalise, RAMPS, rampColour } from "../../../shared/ramp.ts";

describe("a ramp", () => {
  test.each([
    ["seaLight", [0xdd, 0xea, 0xe9], [0x06, 0x22, 0x2b]],
    ["seaDark", [0x0b, 0x2c, 0x37], [0xf1, 0xfa, 0xf6]],
    ["yellowLight", [0xff, 0xef, 0xb0], [0xa8, 0x76, 0x00]],
    ["yellowDark", [0xb9, 0x8a, 0x00], [0xff, 0xe9, 0xa0]],
  ] as const)("%s begins and ends at its stops", (name, first, last) => {
    expect(RAMPS[name]).toHaveLength(768);
    expect(rampColour(RAMPS[name], 0)).toEqual(first);
    expect(rampColour(RAMPS[name], 255)).toEqual(last);
    expect(rampColour(RAMPS[name], 999)).toEqual(last);
  });

  test("passes through an inner stop where it falls on a step", () => {
    expect(rampColour(RAMPS.seaLight, 153)).toEqual([0x25, 0x6c, 0x7a]);
    expect(rampColour(RAMPS.yellowDark, 153)).toEqual([0xff, 0xc9, 0x28]);
  });
});

describe("equalise", () => {
  test.each(["linear", "log", "sqrt"] as const)("%s takes the range's ends to the ramp's ends and never descends", (scale) => {
    expect(equalise(3, [3, 600], scale)).toBe(0);
    expect(equalise(600, [3, 600], scale)).toBe(255);
    const value = fc.double({ min: -1000, max: 2000, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [low, high] = [equalise(Math.min(a, b), [3, 600], scale), equalise(Math.max(a, b), [3, 600], scale)];
        expect(low).toBeLessThanOrEqual(high);
        expect(Number.isInteger(low) && low >= 0 && high <= 255).toBe(true);
      }),
    );
  });

  test("a range that runs backwards reverses the ramp", () => {
    expect(equalise(0, [600, 0], "linear")).toBe(255);
    expect(equalise(600, [600, 0], "log")).toBe(0);
  });

  test("lifts small values by square root, and more by logarithm", () => {
    expect(equalise(25, [0, 100], "linear")).toBe(64);
    expect(equalise(25, [0, 100], "sqrt")).toBe(128);
    expect(equalise(25, [0, 100], "log")).toBe(180);
  });

  test("has an answer for NaN and for an empty range", () => {
    expect(equalise(Number.NaN, [0, 1], "linear")).toBe(0);
    expect(equalise(7, [5, 5], "linear")).toBe(127);
  });
});
