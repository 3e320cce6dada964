import { expect, test } from "vitest";
import { Given } from "../../../client/widget/given.ts";
import { donorState } from "../../browser/page-fixtures.ts";

const own = { job: 1, waiting: 0, final: 0 };
const figures = ({ units, verified }: Given) => [units, verified];

test("figures are of this page alone, and go on over a run's end", () => {
  const given = new Given();
  given.take(donorState({ own: null, units: { submitted: 0, final: 0, refused: 0 } }));
  given.take(donorState({ own, units: { submitted: 30, final: 20, refused: 0 } }));
  expect(figures(given)).toEqual([0, 0]);
  given.take(donorState({ own, units: { submitted: 74, final: 33, refused: 0 } }));
  // The next run begins with an empty list of what was verified.
  given.take(donorState({ phase: { kind: "starting", bytes: 0 }, own, verified: [], units: { submitted: 76, final: 33, refused: 0 } }));
  expect(figures(given)).toEqual([46, 13]);
});

test("whoever was forgotten begins anew", () => {
  const given = new Given();
  given.take(donorState({ publicKey: "aa", own, units: { submitted: 30, final: 20, refused: 0 } }));
  given.take(donorState({ publicKey: "", own: null, units: { submitted: 0, final: 0, refused: 0 } }));
  given.take(donorState({ publicKey: "bb", own, units: { submitted: 0, final: 0, refused: 0 } }));
  given.take(donorState({ publicKey: "bb", own, units: { submitted: 2, final: 1, refused: 0 } }));
  expect(figures(given)).toEqual([2, 1]);
});
