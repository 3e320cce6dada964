import { describe, expect, it } from "vitest";
import { Watchdog, within } from "../../../client/engine/watchdog.ts";

/** A watchdog, a function that lets so many ticks happen, and what was told. */
function scene() {
  let tick: (() => void) | undefined;
  const told: string[] = [];
  const watchdog = new Watchdog(
    ({ code, message }) => told.push(`${code}: ${message}`),
    (_, act) => {
      tick = act;
      return () => {
        tick = undefined;
      };
    },
  );
  const ticks = (count: number) => {
    for (let i = 0; i < count; i++) tick?.();
  };
  return { watchdog, ticks, told, isCounting: () => tick !== undefined };
}

const SECOND = 4;

describe("the watchdog", () => {
  it.each([
    ["never measured", 0, 20],
    ["of 4 ms", 4_000, 10],
    ["of a second", 1_000_000, 20],
    ["of a minute", 60_000_000, 60],
  ])("gives work %s a time that fits it", (_, believedMicros, seconds) => {
    const { watchdog, ticks, told, isCounting } = scene();
    watchdog.watch(believedMicros);
    ticks(seconds * SECOND - 1);
    expect(told).toEqual([]);
    ticks(1);
    expect(told).toEqual([`endless: A dispatch did not end within ${seconds} seconds.`]);
    expect(isCounting()).toBe(false);
  });

  it.each([
    ["of 4 ms", 4_000, 0, 180],
    ["of 20 seconds", 20_000_000, 0, 400],
    ["where the longest took 15 seconds before, whatever it was believed to take", 4_000, 15, 300],
    ["of an hour", 3_600_000_000, 0, 600],
  ])("is patient with a kernel that has finished units: %s", (_, believedMicros, longestSeconds, seconds) => {
    const { watchdog, ticks, told } = scene();
    watchdog.watch(4_000, true);
    ticks(longestSeconds * SECOND);
    watchdog.watch(believedMicros, true);
    ticks(seconds * SECOND - 1);
    expect(told).toEqual([]);
    ticks(1);
    expect(told).toEqual([`endless: A dispatch did not end within ${seconds} seconds.`]);
  });

  it("counts anew when the GPU comes to something else, and not at all while it has nothing to do", () => {
    const { watchdog, ticks, told, isCounting } = scene();
    for (let i = 0; i < 10; i++) {
      watchdog.watch(4_000);
      ticks(9 * SECOND);
    }
    watchdog.end();
    expect([told, isCounting()]).toEqual([[], false]);
  });
});

describe("what is waited for within a limit", () => {
  function waiting<T>(awaited: Promise<T>) {
    let tick: (() => void) | undefined;
    const waited = within(awaited, 60_000, "Its compilation", (_, act) => {
      tick = act;
      return () => {
        tick = undefined;
      };
    });
    return { waited, isCounting: () => tick !== undefined, ticks: (count: number) => Array.from({ length: count }, () => tick?.()) };
  }

  it("is given up when so many ticks have passed", async () => {
    const { waited, ticks, isCounting } = waiting(new Promise(() => undefined));
    ticks(60 * SECOND - 1);
    expect(isCounting()).toBe(true);
    ticks(1);
    await expect(waited).rejects.toMatchObject({ code: "endless", message: "Its compilation did not end within 60 seconds." });
    expect(isCounting()).toBe(false);
  });

  it.each<[string, () => Promise<number>, PromiseSettledResult<number>]>([
    ["comes", async () => 7, { status: "fulfilled", value: 7 }],
    ["fails", () => Promise.reject(new Error("no")), { status: "rejected", reason: new Error("no") }],
  ])("%s as it does by itself, and nothing is counted then", async (_, awaited, expected) => {
    const { waited, isCounting } = waiting(awaited());
    expect((await Promise.allSettled([waited]))[0]).toEqual(expected);
    await Promise.resolve();
    expect(isCounting()).toBe(false);
  });
});
