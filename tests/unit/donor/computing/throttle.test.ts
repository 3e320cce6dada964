import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Throttle } from "../../../../client/donor/computing/throttle.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Runs slices of `sliceMs` one after the other for `totalMs` of a clock of its own; answers the share that was busy. */
async function lend(throttle: Throttle, sliceMs: number, totalMs: number): Promise<number> {
  const start = performance.now();
  const before = throttle.busyMillis;
  const working = (async () => {
    while (performance.now() - start < totalMs) {
      await throttle.turn();
      throttle.busy();
      await new Promise((resolve) => setTimeout(resolve, sliceMs));
      throttle.idle();
    }
  })();
  await vi.advanceTimersByTimeAsync(totalMs + 100 * sliceMs + 1000);
  await working;
  return (throttle.busyMillis - before) / totalMs;
}

describe("the throttle", () => {
  it.each([0.1, 0.25, 0.5, 0.9])("lends the share %s of the GPU, slices short or long", async (dose) => {
    for (const sliceMs of [4, 30, 250]) {
      const share = await lend(new Throttle(dose), sliceMs, 60_000);
      expect(share).toBeGreaterThan(dose * 0.9);
      expect(share).toBeLessThan(dose * 1.1);
    }
  });

  it("follows another share, and opens its gate no more while the manners hold it", async () => {
    const throttle = new Throttle(0.9);
    const heed = (share: number) => throttle.heed({ kind: "lend", share, idle: false, longestMs: 12, slowed: null });
    heed(0.25);
    expect(await lend(throttle, 10, 30_000)).toBeLessThan(0.28);
    throttle.heed({ kind: "hold", reason: "battery", until: null });
    let opened = false;
    void throttle.turn().then(() => {
      opened = true;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(opened).toBe(false);
    heed(0.9);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(opened).toBe(true);
    expect(await lend(throttle, 10, 30_000)).toBeGreaterThan(0.8);
  });

  it("owes nothing for the hours that a machine slept in the midst of a slice", async () => {
    const throttle = new Throttle(0.25);
    expect(await lend(throttle, 10, 30_000)).toBeLessThan(0.28);
    throttle.busy();
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + 3 * 3_600_000);
    throttle.idle();
    expect(await lend(throttle, 10, 30_000)).toBeGreaterThan(0.22);
  });

  it("keeps its gate shut while the person does something, then grows back to the whole share", async () => {
    const throttle = new Throttle(0.9);
    let opened = 0;
    throttle.noticeInput();
    void throttle.turn().then(() => opened++);
    const input = setInterval(() => throttle.noticeInput(), 250);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(opened).toBe(0);
    clearInterval(input);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(opened).toBe(1);
    throttle.noticeInput();
    await vi.advanceTimersByTimeAsync(600);
    const first = await lend(throttle, 4, 1_000);
    expect(first).toBeGreaterThan(0.05);
    expect(first).toBeLessThan(0.5);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await lend(throttle, 4, 10_000)).toBeGreaterThan(0.8);
  });

  it("cuts longer slices only when the manners say that nobody is there", () => {
    const throttle = new Throttle(0.5);
    const polite = throttle.targetMicros();
    throttle.heed({ kind: "lend", share: 0.5, idle: true, longestMs: 12, slowed: null });
    expect(throttle.targetMicros()).toBeGreaterThan(polite);
    throttle.heed({ kind: "lend", share: 0.5, idle: false, longestMs: 12, slowed: null });
    expect(throttle.targetMicros()).toBe(polite);
  });

  it("opens its gate at the end, so that whoever waits hears of it", async () => {
    const throttle = new Throttle(0.1);
    throttle.busy();
    await vi.advanceTimersByTimeAsync(1000);
    let opened = false;
    void throttle.turn().then(() => {
      opened = true;
    });
    await vi.advanceTimersByTimeAsync(150);
    expect(opened).toBe(false);
    throttle.end();
    await vi.advanceTimersByTimeAsync(150);
    expect(opened).toBe(true);
  });
});
