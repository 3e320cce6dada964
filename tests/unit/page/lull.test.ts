import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Lull } from "../../../client/page/lull.ts";
import { firstSituation, isQuiet, type Situation } from "../../../client/page/situation.ts";
import { donorState, job } from "../../browser/page-fixtures.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a lull is told once it has lasted, and ends at once", () => {
  const lasted = vi.fn();
  const lull = new Lull(lasted);
  expect(lull.take(true)).toBe(false);
  vi.advanceTimersByTime(2_000);
  expect([lull.take(true), lasted.mock.calls.length]).toEqual([false, 0]);
  vi.advanceTimersByTime(1_000);
  expect([lull.take(true), lasted.mock.calls.length]).toEqual([true, 1]);
  expect(lull.take(false)).toBe(false);
});

test("the moment between two units is no lull", () => {
  const lasted = vi.fn();
  const lull = new Lull(lasted);
  for (let second = 0; second < 20; second++) {
    lull.take(second % 2 === 0);
    vi.advanceTimersByTime(1_000);
  }
  expect(lasted).not.toHaveBeenCalled();
});

test("it is quiet where a running donor has no unit open and lends no share", () => {
  const known = { webgpu: "there", saveData: false, chosenJob: 0, dose: 0.5 } as const;
  const seen = { job: 1, units: 380, final: 0, mine: { running: 0, waiting: 0, final: 0 }, share: 0 };
  const of = (changes: Partial<Situation>): Situation => ({
    ...firstSituation(known),
    ...{ job: job(), lending: { kind: "on" }, donor: donorState({ phase: { kind: "running" }, running: 0 }), seen },
    ...changes,
  });
  expect(isQuiet(of({}))).toBe(true);
  expect(isQuiet(of({ aside: true }))).toBe(false);
  expect(isQuiet(of({ seen: { ...seen, share: 0.4 } }))).toBe(false);
  expect(isQuiet(of({ donor: donorState({ phase: { kind: "running" }, running: 1 }) }))).toBe(false);
  expect(isQuiet(of({ lending: { kind: "off" } }))).toBe(false);
});
