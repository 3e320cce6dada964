import { afterEach, expect, it, vi } from "vitest";
import { runCell } from "./cell.ts";
import { signOfLife } from "./sign-of-life.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it("a line says how far it is every few seconds, over all of its seeds", () => {
  vi.useFakeTimers();
  const said: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => said.push(String(line)) > 0);
  const say = signOfLife("lazy", 40);
  const finals: number[] = [];
  const options = { adversary: "lazy", f: 0, units: 40, seeds: 2, firstSeed: 1, seats: 10, quorum: 2, audit: null, check: false };
  runCell(options, {
    onStep: (final) => {
      finals.push(final);
      say(final);
    },
  });
  expect(said).toEqual([]);
  expect(finals).toEqual([...finals].sort((a, b) => a - b));
  expect(finals.at(-1)).toBe(40);
  vi.advanceTimersByTime(5_000);
  say(12);
  say(13);
  vi.advanceTimersByTime(5_000);
  say(31);
  expect(said).toEqual(["lazy … 12 of 40 units\n", "lazy … 31 of 40 units\n"]);
});
