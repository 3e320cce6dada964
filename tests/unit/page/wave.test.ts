import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Wave } from "../../../client/wave/wave.ts";

const HEIGHT = 86;
/** Without the ticks under it, and its line. */
const STRIP = 80;
const PALETTE = { lent: "lent", lineStrong: "line", ink: "ink" };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function waveOf(): { wave: Wave; heights: number[] } {
  const heights: number[] = [];
  const context = {
    fillStyle: "",
    clearRect: () => undefined,
    drawImage: () => undefined,
    fillRect(_x: number, _y: number, _width: number, height: number) {
      if (this.fillStyle === PALETTE.lent) heights.push(height);
    },
  };
  const wave = new Wave({
    width: 1,
    height: 1,
    addEventListener: () => undefined,
    getContext: () => context,
  } as unknown as OffscreenCanvas);
  wave.dress(PALETTE, false);
  wave.setRoom(400, HEIGHT, 1);
  wave.setLending(true);
  return { wave, heights };
}

test("facts that come at once are drawn where they were told, not on top of each other", () => {
  const { wave, heights } = waveOf();
  vi.advanceTimersByTime(4_000);
  const now = Date.now();
  for (let late = 3_000; late >= 0; late -= 250) wave.takeShare(62.5, 250, now - late);
  vi.advanceTimersByTime(250);
  const quarter = Math.round(Math.sqrt(0.25) * STRIP);
  expect(Math.max(...heights)).toBe(quarter);
  // All bars of the three seconds, but for the first second of them: its means begin before it.
  expect(heights.filter((height) => height === quarter).length).toBeGreaterThanOrEqual(8);
});
