import { describe, expect, it } from "vitest";
import type { OwnUnit } from "../../../client/donor/state.ts";
import { Tally } from "../../../client/donor/tally.ts";
import { MAX_OWN_UNITS } from "../../../shared/picture.ts";

const own = (unit: number, state: OwnUnit["state"], job = 1): OwnUnit => ({ job, unit, state, progress: 1 });

describe("the tally of own units", () => {
  it("counts nothing before the coordinator told the job's", () => {
    const tally = new Tally();
    tally.take(own(1, "waiting"));
    expect(tally.count).toBeNull();
  });

  it("counts a unit once, however often and in whatever order it is told", () => {
    const tally = new Tally();
    tally.takeAll(1, [own(1, "final"), own(2, "waiting")]);
    tally.take(own(1, "final"));
    tally.take(own(1, "waiting"));
    tally.take(own(2, "final"));
    tally.take(own(3, "running"));
    tally.take(own(4, "waiting"));
    tally.take(own(4, "refused"));
    tally.take(own(5, "final", 2));
    expect(tally.count).toEqual({ job: 1, waiting: 0, final: 2 });
  });

  it("goes on counting when there are more than it knows by index", () => {
    const tally = new Tally();
    tally.takeAll(1, []);
    for (let unit = 0; unit < MAX_OWN_UNITS + 10; unit++) tally.take(own(unit, "final"));
    expect(tally.count?.final).toBe(MAX_OWN_UNITS + 10);
  });
});
