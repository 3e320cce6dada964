import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ONCE_IT_LASTS, working } from "../../../server/cli/working.ts";

let said: string[];
beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => {
    said.push(String(line));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("what takes a while is said at once and while it lasts, and no more after it", async () => {
  let done = (_result: number) => {};
  const work = working("Looking", false, () => new Promise<number>((resolve) => (done = resolve)));
  expect(said).toEqual(["Looking …\n"]);
  vi.advanceTimersByTime(5_000);
  expect(said.slice(1)).toEqual(["Looking … 2 s\n", "Looking … 4 s\n"]);
  done(7);
  expect(await work).toBe(7);
  vi.advanceTimersByTime(60_000);
  expect(said).toHaveLength(3);
});

test("a failure is its own, and JSON stays alone", async () => {
  await expect(working("Looking", true, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(said).toEqual([]);
});

test("of what is over within a second nothing is said, of what lasts it is", async () => {
  let done = (_result: number) => {};
  const work = working("Asking", false, () => new Promise<number>((resolve) => (done = resolve)), ONCE_IT_LASTS);
  vi.advanceTimersByTime(900);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(6_000);
  expect(said).toEqual(["Asking … 1 s\n", "Asking … 6 s\n"]);
  done(7);
  expect(await work).toBe(7);
  expect(await working("Asking", false, async () => 8, ONCE_IT_LASTS)).toBe(8);
  vi.advanceTimersByTime(60_000);
  expect(said).toHaveLength(2);
});
