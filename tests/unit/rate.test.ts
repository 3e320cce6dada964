import { expect, it } from "vitest";
import { FinalRate } from "../../server/rate.ts";

it("a rate is that of the last minute, and of the time so far within the first", () => {
  const rate = new FinalRate();
  expect(rate.perMinute(0)).toBe(0);
  // Ten a second.
  const note = (from: number, to: number) => {
    for (let ms = from; ms < to; ms += 100) rate.note(ms);
  };
  note(1_000_000, 1_001_000);
  expect(rate.perMinute(1_001_000)).toBe(120); // of five seconds at least
  note(1_001_000, 1_010_000);
  expect(rate.perMinute(1_010_000)).toBe(600);
  note(1_010_000, 1_200_000);
  expect(rate.perMinute(1_199_900)).toBe(600);
  expect(rate.perMinute(1_229_900)).toBe(300);
  expect(rate.perMinute(1_270_000)).toBe(0);
  // After a silent minute it begins anew.
  note(1_300_000, 1_310_000);
  expect(rate.perMinute(1_310_000)).toBe(600);
});
