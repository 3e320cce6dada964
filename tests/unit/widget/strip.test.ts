import { expect, test } from "vitest";
import { ownHeight } from "../../../client/widget/strip.ts";

test("a square of the strip is yellow by the share that is the visitor's, and enough to be seen", () => {
  const perSquare = 1_125 / 48;
  expect([0, 1, 2, 12, 23].map((own) => ownHeight(own, perSquare))).toEqual([0, 3, 3, 10, 20]);
  // A unit that has several squares fills its own.
  expect(ownHeight(1, 12 / 48)).toBe(20);
});
