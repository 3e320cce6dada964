import { describe, expect, test } from "vitest";
import { pickJob } from "../../../client/page/watch.ts";
import { job, primes } from "../../browser/page-fixtures.ts";

const ended = (minute: number) => ({ state: "done" as const, finishedAt: `2026-02-03T04:0${minute}:00.000Z` });

describe("the job to show", () => {
  test("is the chosen one, or nothing where there is no such job", () => {
    expect(pickJob([job(), primes()], 2)?.id).toBe(2);
    expect(pickJob([job(), primes()], 3)).toBeNull();
  });

  test("is the running one of most priority, then a paused one", () => {
    expect(pickJob([job({ priority: 0 }), primes({ priority: 1 })], 0)?.id).toBe(2);
    expect(pickJob([job({ state: "paused" }), primes()], 0)?.id).toBe(2);
    expect(pickJob([job({ state: "paused" }), primes(ended(5))], 0)?.id).toBe(1);
  });

  test("is a picture when all have ended, else what ended last", () => {
    expect(pickJob([job(ended(1)), primes(ended(5))], 0)?.id).toBe(1);
    expect(pickJob([primes({ id: 2, ...ended(1) }), primes({ id: 3, ...ended(5) })], 0)?.id).toBe(3);
    expect(pickJob([], 0)).toBeNull();
  });
});
