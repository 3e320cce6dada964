import { expect, test } from "vitest";
import { differenceTitle, differenceWords } from "../../../client/page/difference.ts";
import { job } from "../../browser/page-fixtures.ts";

const units = (...of: number[]) => of.map((unit) => ({ unit, mine: "", theirs: "" }));

test("a refused unit is told with who got other bytes, what became of it and what to do", () => {
  expect(differenceTitle(units(77))).toBe("What differed in unit 77");
  const [what, then] = differenceWords(units(77), job(), "graphics card");
  expect(what).toBe(
    "Your graphics card computed unit 77. Two strangers got other bytes from the same kernel and the same data. Theirs is the result; yours gives no credit, and everything else you computed stands.",
  );
  expect(then).toMatch(
    /an old driver .* Bring them up to date\. If it happens again, please stop lending on this device\. The unit's link leads/,
  );
});

test("several refused units are named, and a processor is not called a card", () => {
  expect(differenceTitle(units(77, 80, 81))).toBe("What differed in 3 units");
  const words = differenceWords(units(77, 80, 81), job(), "processor").join(" ");
  expect(words).toMatch(/^Your processor computed units 77, 80, and 81\. .* Theirs are the results; yours give no credit/);
  expect(words).not.toMatch(/card|driver/);
});
