import { describe, expect, test } from "vitest";
import { energyWords } from "../../../client/page/manners/energy.ts";

const spent = (adapter: string, gpuSeconds = 3_600, software = false) => energyWords({ adapter, gpuSeconds, software });

describe("the estimate of energy", () => {
  test.each([
    ["intel gen-12lp", /^About 20 watt-hours .* at 15 watts/],
    ["apple common-3", /at 15 watts/],
    ["intel xe-2hpg", /at 150 watts/],
    ["nvidia ampere", /^About 200 watt-hours .* at 150 watts/],
    // It may be either.
    ["amd rdna-3", /^About 20 to 200 watt-hours .* 15 watts, .* or 150,/],
    ["", /^About 20 to 200 watt-hours/],
  ])("of %s names its basis", (adapter, words) => {
    expect(spent(adapter)).toMatch(words);
    expect(spent(adapter)).toMatch(/estimate/);
  });

  test("calls a processor one, and tells one digit", () => {
    expect(spent("google swiftshader", 777, true)).toMatch(/^About 6 watt-hours .* 12 min 57 s of processor time at 30 watts/);
    expect(spent("nvidia ampere", 1)).toMatch(/^About 0\.04 watt-hours/);
  });
});
