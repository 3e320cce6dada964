import { describe, expect, it } from "vitest";
import { tooLongWords, unitTimeWords } from "../../../server/cli/unit-time.ts";

describe("the GPU time of a unit", () => {
  it.each([
    [0.0412, "0.0412 ms"],
    [12.34, "12.3 ms"],
    [999.4, "999 ms"],
    [999.9, "1.0 s"],
    [1_234, "1.2 s"],
    [9_960, "10 s"],
    [12_345, "12 s"],
    [1_234_567, "1235 s"],
  ])("of %s ms is %s, never a power of ten", (millis, words) => {
    expect(unitTimeWords(millis)).toBe(words);
  });

  it("is said to be too long where it is far beyond a few seconds, on a processor with what that says of a card", () => {
    expect([6_000, 15_000].map((millis) => tooLongWords(millis, false))).toEqual(["", ""]);
    expect(tooLongWords(25_000, false)).toMatch(/a few seconds at most.*more of them\.$/);
    expect(tooLongWords(25_000, true)).toMatch(/A graphics card may be far faster than this\.$/);
  });
});
