import { describe, expect, it } from "vitest";
import { PassTimes } from "../../../client/engine/pass-times.ts";

const TARGET = 4_000;

/** A pass of which so many workgroups are known to take so long each. */
function known(workgroups: number, perGroup: number): PassTimes {
  const times = new PassTimes();
  for (let tried = 1; tried <= workgroups; tried *= 2) times.grow(tried, tried * perGroup);
  return times;
}

describe("what is known of a pass", () => {
  it("follows one chunk at once that took many times longer than believed, and a long time", () => {
    const times = known(64, 100);
    times.correct(32, 3_200, 32_000);
    expect(times.predict(32)).toBeCloseTo(32_000, 0);
  });

  it("does not follow one chunk that took long only by the grain of a clock", () => {
    const times = known(64, 100);
    times.correct(8, 800, 7_000);
    expect(times.predict(8)).toBeCloseTo(800, 0);
  });

  it("does not double a slice to look for the width of a slow host when that might take long", () => {
    const quick = new PassTimes();
    for (const workgroups of [1, 2, 4, 8]) quick.grow(workgroups, 25_000);
    expect(quick.wanted(TARGET)).toBe(16);
    const slow = new PassTimes();
    for (const workgroups of [1, 2, 4, 8]) slow.grow(workgroups, 50_000);
    expect(slow.wanted(TARGET)).toBe(8);
  });
});
