import { describe, expect, test } from "vitest";
import { type BenchResult, isMeasured, lineOf, rowsOf } from "../../../client/bench/bench-result.ts";

const result = (idle: number, polite: number): BenchResult => ({
  ...{ adapter: "a card", software: false, lent: false, browser: "chromium", os: "linux", gflops: 412 },
  sliced: { idle, polite },
  slices: { within: 0.98, longest: 1.5, median: 1 },
  ...{ stopMillis: 60, sameBytes: true },
});
const cell = (of: BenchResult, millis: number) => rowsOf(of).find(({ what }) => what.startsWith(`Speed in slices of ${millis} ms`));
const goal = (of: BenchResult) => (JSON.parse(lineOf(of)) as { goals: { E2: { met: boolean | null } } }).goals.E2.met;

describe("what /bench found", () => {
  test("is a measurement up to a little more than the whole", () => {
    expect(isMeasured(result(1.05, 0.9))).toBe(true);
    expect(cell(result(1.05, 0.9), 30)).toMatchObject({ here: "105 %", met: true });
    expect(goal(result(1.05, 0.9))).toBe(true);
  });

  test.each([
    [1.17, 0.9, 30],
    [1, 1.4, 4],
  ])("is none when slices of 30 ms come to %d of the whole and those of 4 ms to %d", (idle, polite, which) => {
    expect(isMeasured(result(idle, polite))).toBe(false);
    expect(cell(result(idle, polite), which)?.here).toMatch(/ %, not measured$/);
    expect(goal(result(idle, polite))).toBe(idle <= 1.05 ? true : null);
    expect(cell(result(idle, polite), which)?.met).toBe(null);
  });

  test("is none while another tab lends, and never in order with other bytes", () => {
    expect(isMeasured({ ...result(1, 0.9), lent: true })).toBe(false);
    expect(goal({ ...result(1.3, 0.9), sameBytes: false })).toBe(false);
  });
});
