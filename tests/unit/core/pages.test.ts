import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pages } from "../../../server/core/pages.ts";
import { PAGE_UNITS } from "../../../server/core/store.ts";
import { unit } from "./world.ts";

describe("pages of units", () => {
  it("are made when touched, dropped when all of theirs have ended, and remember how", () => {
    const pages = new Pages(2 * PAGE_UNITS + 10);
    for (let index = 2 * PAGE_UNITS; index < pages.units; index++) pages.end(unit(index), index % 2 ? "final" : "failed");
    expect(pages.openPages).toBe(0);
    expect(pages.isFinal(unit(2 * PAGE_UNITS + 1))).toBe(true);
    expect(pages.isFinal(unit(2 * PAGE_UNITS))).toBe(false);
    expect(pages.isEnded(unit(2 * PAGE_UNITS))).toBe(true);
    for (let index = 0; index < PAGE_UNITS; index++) pages.end(unit(index), "final");
    expect(pages.openPages).toBe(0);
    expect(pages.isTouched(unit(PAGE_UNITS))).toBe(false);
    for (let index = PAGE_UNITS; index < 2 * PAGE_UNITS; index++) pages.end(unit(index), "final");
    expect(pages.ended).toBe(pages.units);
    expect(() => pages.end(unit(5), "final")).toThrow(/ended before/);
  });

  it("end as runs as they do one by one", () => {
    const units = 3 * PAGE_UNITS + 10;
    const runs = fc.array(fc.tuple(fc.nat(PAGE_UNITS), fc.integer({ min: 1, max: 2 * PAGE_UNITS })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(runs, (gaps) => {
        const [byRun, single] = [new Pages(units), new Pages(units)];
        let start = 0;
        for (const [gap, wanted] of gaps) {
          start += gap;
          const length = Math.min(wanted, units - start);
          if (length <= 0) break;
          byRun.endRun({ start: unit(start), length });
          for (let index = start; index < start + length; index++) single.end(unit(index), "final");
          start += length + 1;
        }
        expect([byRun.final, byRun.openPages]).toEqual([single.final, single.openPages]);
        for (let index = 0; index < units; index++) if (byRun.isFinal(unit(index)) !== single.isFinal(unit(index))) expect(index).toBe(-1);
        expect(() => byRun.endRun({ start: unit(0), length: units })).toThrow(/ended before/);
      }),
      { numRuns: 30, examples: [[[[0, PAGE_UNITS]]]] },
    );
  });

  it("hold several leases of a unit and drop each once", () => {
    const pages = new Pages(10);
    for (const serial of [7, 8, 9]) pages.hold(unit(3), serial);
    expect(pages.leased).toBe(1);
    expect(pages.drop(unit(3), 7)).toBe(true);
    expect(pages.drop(unit(3), 7)).toBe(false);
    expect([...pages.holders(unit(3))].sort()).toEqual([8, 9]);
    expect(pages.drop(unit(3), 8)).toBe(true);
    expect(pages.drop(unit(3), 9)).toBe(true);
    expect([pages.leased, pages.holderCount(unit(3))]).toEqual([0, 0]);
    expect(pages.leasedUnits(10)).toEqual([]);
  });
});
