import { expect, test } from "vitest";
import { labelKey, plateLabel } from "../../../client/page/plate-label.ts";
import { firstSituation, type Situation } from "../../../client/page/situation.ts";
import { donorState, job } from "../../browser/page-fixtures.ts";

const units = { total: 380, final: 0, failed: 0, leased: 11, voted: 9 };
const known = { webgpu: "there", saveData: false, chosenJob: 0, dose: 0.5 } as const;
const lent = (waiting: number, final: number, running: number): Situation => ({
  ...firstSituation(known),
  job: job({ units }),
  lending: { kind: "on" },
  donor: donorState({ own: { job: 1, waiting, final }, running }),
});

test("the plate's label counts one's own units that wait and those that run", () => {
  expect(plateLabel(lent(37, 0, 1))).toBe("0 of 380 units verified, 1 running, 37 waiting");
  expect(plateLabel(lent(2, 14, 0))).toBe("14 of 380 units verified, 14 yours, 2 waiting");
  expect(plateLabel({ ...lent(0, 0, 0), job: null })).toBe("No job to show");
});

test("the plate's label counts what waits before anything is lent, and after Stop", () => {
  const seen = { job: 1, units: 380, final: 0, mine: { running: 0, waiting: 37, final: 0 }, share: 0 };
  for (const kind of ["off", "stopped"] as const) {
    const of: Situation = { ...firstSituation(known), job: job({ units }), lending: { kind }, seen };
    expect(plateLabel(of)).toBe("0 of 380 units verified, 37 waiting");
  }
});

test("the plate's label is made anew at the first unit that waits, and not at each", () => {
  expect(labelKey(lent(1, 0, 1))).not.toBe(labelKey(lent(0, 0, 1)));
  expect(labelKey(lent(2, 0, 3))).toBe(labelKey(lent(1, 0, 1)));
});
