import { describe, expect, it } from "vitest";
import { type BenchResult, gpuWords, lineOf, rowsOf } from "../../../client/bench/bench-result.ts";
import { gflopOf, longer, sizeFor } from "../../../client/bench/course.ts";
import { judgeSlices } from "../../../client/bench/goals.ts";
import { median } from "../../../client/bench/median.ts";
import { BENCHMARK_PLAN } from "../../../client/engine/benchmark-plan.ts";
import { BENCHMARK_GFLOP } from "../../../shared/credit.ts";

const RESULT: BenchResult = {
  ...{ adapter: "nvidia ampere", software: false, lent: false, browser: "chromium", os: "linux", gflops: 1234.5678 },
  ...{ sliced: { polite: 0.9, idle: 0.98 }, slices: { within: 0.9, longest: 2.5, median: 1 }, stopMillis: 20, sameBytes: true },
};

describe("the page's bench", () => {
  it("measures the benchmark itself, longer and wider", () => {
    expect(longer(250, 1)).toEqual(BENCHMARK_PLAN);
    expect(gflopOf(250, 1)).toBe(BENCHMARK_GFLOP);
    expect(gflopOf(500, 3)).toBeCloseTo(6 * BENCHMARK_GFLOP, 12);
  });

  it.each([0.2, 1, 50, 3_000, 100_000])("keeps a GPU of %s GFLOP/s busy for about as long as it should", (gflops) => {
    for (const seconds of [0.2, 0.4]) {
      const { rounds, rows } = sizeFor(gflops, seconds);
      expect(gflopOf(rounds, rows) / gflops / seconds).toBeGreaterThan(0.9);
      expect(gflopOf(rounds, rows) / gflops / seconds).toBeLessThan(1.1);
    }
  });

  it("judges slices after the first twenty, and a unit's last may be short", () => {
    const learning = Array.from({ length: 20 }, () => ({ micros: 90_000, workgroups: 1, ends: 0 }));
    const slice = (micros: number, ends = 0) => ({ micros, workgroups: 1, ends });
    expect(judgeSlices([...learning, slice(4_000), slice(8_000), slice(9_000), slice(1_000), slice(100, 1)], 4_000)).toEqual({
      within: 3 / 5,
      longest: 9_000 / 4_000,
      median: 1,
    });
    expect(() => judgeSlices(learning, 4_000)).toThrow("too few");
  });

  it("says what is met and what is not, and copies it as one line", () => {
    expect(rowsOf(RESULT).map(({ here, met }) => [here, met])).toEqual([
      ["1,230 GFLOPS", null],
      ["98 %", true],
      ["90 %", null],
      ["90 %", false],
      ["10.0 ms", true],
      ["20 ms", true],
      ["yes", true],
    ]);
    const line = JSON.parse(lineOf(RESULT)) as { bench: string; goals: Record<string, { value: number; met: boolean }> };
    expect(line.bench).toBe("engine-page");
    expect(line.goals.E2).toMatchObject({ value: 0.98, target: 0.97, met: true });
    expect(line.goals.E3?.met).toBe(false);
    expect(median([3, 1, 2, 10])).toBe(2.5);
  });

  it.each<[string, Partial<BenchResult>, string]>([
    ["other bytes", { sameBytes: false }, "E2"],
    ["a slice that is too long", { slices: { within: 1, longest: 3.1, median: 1 } }, "E3"],
    ["a late stop", { stopMillis: 109 }, "E5"],
  ])("counts %s as a missed goal in the row and in the line", (_what, changed, goal) => {
    const good = { ...RESULT, slices: { within: 1, longest: 2, median: 1 } };
    const missed = (result: BenchResult) => {
      const { goals } = JSON.parse(lineOf(result)) as { goals: Record<string, { met: boolean }> };
      return [rowsOf(result).filter(({ met }) => met === false).length, Object.keys(goals).filter((name) => !goals[name]?.met)];
    };
    expect(missed(good)).toEqual([0, []]);
    expect(missed({ ...good, ...changed })).toEqual([1, [goal]]);
  });

  it("names what computed, and says when it is no graphics card", () => {
    expect(gpuWords(RESULT)).toBe("nvidia ampere");
    expect(gpuWords({ adapter: "google swiftshader", software: true })).toBe("google swiftshader (software)");
    expect(gpuWords({ adapter: "software", software: true })).toBe("software");
  });
});
