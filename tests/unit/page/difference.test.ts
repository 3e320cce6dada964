import { expect, test } from "vitest";
import { differenceTitle, differenceWords, differingOf, MAX_LISTED } from "../../../client/page/difference.ts";
import { job } from "../../browser/page-fixtures.ts";

const units = (...of: number[]) => of.map((unit) => ({ unit, mine: "", theirs: "" }));

test("a refused unit is told with who got other bytes, what became of it and what to do", () => {
  expect(differenceTitle(units(77))).toBe("What differed in unit 77");
  const [what, then] = differenceWords(units(77), job(), "graphics card");
  expect(what).toBe(
    "Your graphics card computed unit 77. Two strangers got other bytes from the same kernel and the same data. Theirs is the result; yours gives no credit.",
  );
  expect(then).toMatch(
    /^An old driver or browser can cause this, .* Update the driver and the browser\. If it happens again, please stop lending on this device\. The unit's link leads/,
  );
});

test("several refused units are named, and a processor is not called a card", () => {
  expect(differenceTitle(units(77, 80, 81))).toBe("What differed in 3 units");
  const words = differenceWords(units(77, 80, 81), job(), "processor").join(" ");
  expect(words).toMatch(/^Your processor computed units 77, 80, and 81\. .* Theirs are the results; yours give no credit/);
  expect(words).toMatch(/Update the browser\. It happened more than once: please stop lending on this device until you know why\./);
  expect(words).not.toMatch(/card|driver|happens again|everything else/);
});

const KEY = "ab".repeat(32);
const refused = (unit: number, volunteer: string, digest = `${volunteer} ${unit}`) => ({
  ...{ unit, volunteer, digest, canonical: "right", at: "" },
});

test("of two who were refused for one unit the visitor's own bytes are told, and a stranger's are never called theirs", () => {
  const [own, stranger] = [KEY.slice(0, 12), "cd".repeat(6)];
  const list = [refused(77, stranger), refused(77, own), refused(78, stranger)];
  expect(differingOf(list, 77, KEY)).toEqual([{ unit: 77, mine: `${own} 77`, theirs: "right" }]);
  for (const [unit, key] of [
    [78, KEY],
    [77, ""],
    [79, KEY],
  ] as const)
    expect(differingOf(list, unit, key)).toEqual([]);
});

test("of many refused units the asked one comes first, and so many are listed", () => {
  const list = Array.from({ length: MAX_LISTED + 5 }, (_, unit) => refused(unit, KEY.slice(0, 12)));
  const told = differingOf(list, MAX_LISTED + 3, KEY).map(({ unit }) => unit);
  expect(told).toEqual([MAX_LISTED + 3, ...Array.from({ length: MAX_LISTED - 1 }, (_, unit) => unit)]);
});
