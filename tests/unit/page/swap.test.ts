import { expect, test } from "vitest";
import { Swap } from "../../../client/page/swap.ts";

const TAP = { detail: 1 };
const KEY = { detail: 0 };

test("a tap right after a control took another's place is not meant for it, a key is", () => {
  const swap = new Swap();
  swap.show("lend", 0);
  expect(swap.means(TAP, 1)).toBe(true);
  swap.show("stop", 1_000);
  expect(swap.means(TAP, 1_300)).toBe(false);
  expect(swap.means({ detail: 2 }, 1_300)).toBe(false);
  expect(swap.means(KEY, 1_300)).toBe(true);
  swap.show("stop", 1_500);
  expect(swap.means(TAP, 1_600)).toBe(true);
});
