import { describe, expect, test } from "vitest";
import { Steady } from "../../../client/page/steady.ts";

describe("a steady count", () => {
  test("stays while the figure goes to and fro", () => {
    const steady = new Steady();
    for (let second = 0; second < 20; second++) expect(steady.take(1 + (second % 2), 1_000 * second)).toBe(1);
  });

  test("follows a figure that has lasted", () => {
    const steady = new Steady();
    steady.take(1, 0);
    expect([1_000, 2_000, 3_000, 4_000, 5_000].map((now) => steady.take(2, now))).toEqual([1, 1, 1, 1, 2]);
  });

  test("follows a figure that never stays, once the one that was told does not come back", () => {
    const steady = new Steady();
    expect([1, 8, 12, 7, 9, 11].map((value, second) => steady.take(value, 1_000 * second))).toEqual([1, 1, 1, 1, 1, 11]);
  });

  test("tells at once that nothing runs, and the first that does", () => {
    const steady = new Steady();
    expect([steady.take(0, 0), steady.take(2, 1), steady.take(0, 2), steady.take(1, 3)]).toEqual([0, 2, 0, 1]);
  });
});
