import { expect, test } from "vitest";
import { tileOf } from "../../../../client/donor/computing/tile-of.ts";
import type { ImageReduce } from "../../../../shared/plan.ts";
import { frame } from "../../../../shared/result.ts";
import { bytesOf, planOf } from "../../reduce/units.ts";

const IMAGE: ImageReduce = { kind: "image", columns: 1, range: [0, 255], scale: "linear" };

test("a unit of an image has its square's pixels, large ones averaged down", () => {
  expect(tileOf(planOf("u32", [2, 2], IMAGE, 1), frame([bytesOf("u32", [0, 51, 102, 255])]))).toEqual(Uint8Array.of(0, 51, 102, 255));
  const tall = Array.from({ length: 64 }, (_, row) => (row % 2 === 0 ? 10 : 30));
  expect(tileOf(planOf("u32", [64, 1], IMAGE, 1), frame([bytesOf("u32", tall)]))).toEqual(new Uint8Array(32).fill(20));
});

test("any other unit has none, nor one that is too large to be worth it", () => {
  expect(tileOf(planOf("u32", [4], { kind: "concat" }, 1), frame([bytesOf("u32", [1, 2, 3, 4])]))).toBeUndefined();
  expect(tileOf(planOf("u32", [1024, 1024], IMAGE, 1), new Uint8Array(0))).toBeUndefined();
});
