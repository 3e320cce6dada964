import { describe, expect, it } from "vitest";
import { Repeats } from "../../../client/canary/repeats.ts";
import type { JobPlan, OutputPlan } from "../../../shared/plan.ts";
import { frame } from "../../../shared/result.ts";
import { planOf } from "../gateway/network.ts";

const plan = planOf(1, 2);
const [plain] = plan.outputs as [OutputPlan];
const compared = (compare: OutputPlan["compare"]): JobPlan => ({
  ...plan,
  outputs: [{ ...plain, dtype: "f32", ...(compare ? { compare } : {}) }],
});
const tolerant = compared({ dtype: "f32", within: { atol: 1, rtol: 0 }, outliers: 0, nonFinite: "refuse" });
const resultOf = (...values: number[]) => frame([new Uint8Array(Float32Array.from(values).buffer)]);

describe("runs of one unit", () => {
  it("that differ in a byte differ, where nothing is said of a tolerance", () => {
    const repeats = new Repeats(compared(undefined));
    expect(repeats.differ(3, resultOf(1, 2), resultOf(1, 2), "the second time")).toBeUndefined();
    expect(repeats.differ(3, resultOf(1, 2), resultOf(1, 2.5), "the second time")?.differs).toBe(
      "Unit 3 gave other bytes the second time, from byte 14 on: o[1], f32, is 2.5 and was 2.",
    );
    expect(repeats.refuse(3, resultOf(Number.NaN, 1))).toBeUndefined();
    expect(repeats.found).toEqual({});
  });

  it("may differ within the job's tolerance, and how much of it they take is kept", () => {
    const repeats = new Repeats(tolerant);
    expect(repeats.found).toEqual({ taken: 0 });
    for (const [other, taken] of [
      [2, 0],
      [2.25, 0.25],
      [2.125, 0.25],
    ] as const) {
      expect(repeats.differ(3, resultOf(1, 2), resultOf(1, other), "the second time")).toBeUndefined();
      expect(repeats.found).toEqual({ taken });
    }
    expect(repeats.differ(3, resultOf(1, 2), resultOf(1, 4), "the second time")?.differs).toContain(
      "from byte 14 on, and more than its tolerance allows: o[1], f32, is 4 and was 2.",
    );
  });

  it("are refused where they are not finite", () => {
    const repeats = new Repeats(tolerant);
    expect(repeats.refuse(3, resultOf(1, 2))).toBeUndefined();
    expect(repeats.refuse(3, resultOf(1, Number.NaN))?.differs).toContain("Unit 3 has NaN or an infinity");
  });
});
