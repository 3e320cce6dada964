/** Something moves on a terminal from the first moment on, and nothing is left of it. */
import { afterEach, expect, it, vi } from "vitest";
import { loading } from "../../../scripts/loading.mjs";

afterEach(() => vi.useRealTimers());

const stream = (isTTY: boolean) => {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) > 0 };
};

it("draws at once, goes on, and takes the line away", () => {
  vi.useFakeTimers();
  const terminal = stream(true);
  const done = loading("it starts", terminal);
  expect(terminal.written).toEqual(["\r\x1b[Kit starts ."]);
  vi.advanceTimersByTime(2_000);
  expect(new Set(terminal.written).size).toBe(4);
  done();
  const { length } = terminal.written;
  vi.advanceTimersByTime(2_000);
  expect(terminal.written.length).toBe(length);
  expect(terminal.written.at(-1)).toBe("\r\x1b[K");
});

it("writes nothing into a file or a pipe", () => {
  const file = stream(false);
  loading("it starts", file)();
  expect(file.written).toEqual([]);
});
