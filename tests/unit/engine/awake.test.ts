import { expect, it } from "vitest";
import { AwakeTime } from "../../../client/engine/awake.ts";

/** A thread whose timer ticks while it runs, and a clock that goes on while it sleeps. */
function scene() {
  let ms = 1_000;
  let tick: (() => void) | undefined;
  const awake = new AwakeTime(
    () => ms,
    (every, act) => {
      expect(every).toBeLessThan(1_000);
      tick = act;
      return () => {
        tick = undefined;
      };
    },
  );
  const run = (forMs: number) => {
    for (let passed = 0; passed < forMs; passed += 250) {
      ms += 250;
      tick?.();
    }
  };
  const sleep = (forMs: number) => {
    ms += forMs;
  };
  return { awake, run, sleep, ticks: () => tick !== undefined };
}

it("time passes while the thread runs, however long something is waited for, and not while it sleeps", () => {
  const { awake, run, sleep, ticks } = scene();
  const begun = awake.now();
  awake.begin();
  run(60_000);
  expect(awake.now() - begun).toBe(60_000);
  sleep(3_600_000);
  expect(awake.now() - begun).toBe(60_000);
  run(1_000);
  awake.end();
  expect([awake.now() - begun, ticks()]).toEqual([61_000, false]);
});

it("a tick that comes late on a busy machine is time that passed", () => {
  const { awake, sleep } = scene();
  const begun = awake.now();
  awake.begin();
  sleep(4_000);
  expect(awake.now() - begun).toBe(4_000);
});

it("time passes while nothing is waited for, however far two looks are apart, and until all have come to their end", () => {
  const { awake, sleep, ticks } = scene();
  const begun = awake.now();
  sleep(3_600_000);
  expect(awake.now() - begun).toBe(3_600_000);
  awake.begin();
  awake.begin();
  awake.end();
  expect(ticks()).toBe(true);
  sleep(3_600_000);
  expect(awake.now() - begun).toBe(3_600_000);
});
