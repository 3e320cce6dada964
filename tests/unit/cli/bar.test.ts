import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { progressBar, shareBar } from "../../../server/cli/bar.ts";

let said: string[];
beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  vi.stubGlobal("process", { ...process, stderr: { isTTY: false, write: (line: string) => said.push(line) } });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("without a terminal a line is said when something changed, every few seconds at most", () => {
  const bar = progressBar("life", 9, "units");
  for (const final of [0, 0, 0, 4, 4, 5]) {
    bar.update(final, "(running)");
    vi.advanceTimersByTime(3_000);
  }
  expect(said).toEqual(["life: 0 of 9 units (running)\n", "life: 4 of 9 units (running)\n", "life: 5 of 9 units (running)\n"]);
});

test("a share of one thing is told in percent of it", () => {
  const bar = shareBar("Computing unit 0 of boids");
  bar.update(0.05);
  expect(said).toEqual(["Computing unit 0 of boids: 5 % done\n"]);
});
