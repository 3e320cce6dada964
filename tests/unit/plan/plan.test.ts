import { describe, expect, it } from "vitest";
import { PLAN_VERSION, parsePlan } from "../../../shared/plan.ts";
import { planOf } from "../gateway/network.ts";

describe("a plan that is read", () => {
  it("is what was written", () => {
    const plan = planOf(7, 3, { slicing: { group: 1, binding: 2 } });
    expect(parsePlan(JSON.stringify(plan))).toEqual(plan);
  });

  it("runs whole when it was made before kernels were sliced", () => {
    const { slicing: _, ...parts } = planOf(7);
    const read = parsePlan(JSON.stringify({ ...parts, version: 1 }));
    expect(read).toEqual({ ...parts, version: PLAN_VERSION, slicing: { whole: expect.stringContaining("before") } });
  });

  it.each([0, 3, "2", undefined])("is refused by its version %j", (version) => {
    expect(() => parsePlan(JSON.stringify({ ...planOf(7), version }))).toThrow(new RangeError(`The plan is of version ${version}.`));
  });
});
