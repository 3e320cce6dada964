import { expect, it } from "vitest";
import { measured, ofPairs, undecided } from "../../bench/goal.ts";

const report = (pairs: number[], most?: number) => {
  const ones = pairs.map(() => 1);
  const limit = most === undefined ? {} : { most };
  return measured([{ name: "share", ...ofPairs(pairs, ones), target: 0.9, is: "at least", ...limit }], "figures");
};

it.each([
  ["met where the middle half of the pairs meets it", [0.1, 0.91, 0.92, 0.93, 0.94, 0.95, 9], undefined, true],
  ["missed where that misses it", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 9], undefined, false],
  ["not decided where pairs disagree", [0.2, 0.3, 0.5, 0.93, 1, 1.2, 2], undefined, null],
  ["not decided where more came out than can be", [0.95, 1, 1.1, 1.2, 1.3], 1.05, null],
] as const)("a goal is %s", (_, pairs, most, met) => {
  const { note, figures, ...rest } = report([...pairs], most);
  expect([rest.met, figures[0]?.met]).toEqual([met, met]);
  expect(note.includes("quiet machine")).toBe(met === null);
});

it("a figure that is missed decides, whatever the others are", () => {
  const unsure = { name: "a", ...ofPairs([0.2, 0.95, 2], [1, 1, 1]), target: 0.9, is: "at least" } as const;
  expect(measured([unsure, { name: "b", value: 3, target: 2, is: "at most" }], "").met).toBe(false);
});

it("a run of less than the goal speaks of decides none of its figures", () => {
  const quick = undecided(report([0.1, 0.1, 0.1]), "the goal is for 10,000 volunteers");
  expect([quick.met, ...quick.figures.map(({ met }) => met)]).toEqual([null, null]);
  expect(quick.note).toContain("not decided, the goal is for 10,000 volunteers");
});
