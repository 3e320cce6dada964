import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hoursOf, isWithin, minuteOf, NO_WISHES, readWishes, timeOfDay } from "../../../../client/donor/manners/wishes.ts";

describe("wishes", () => {
  it("reads times of the day as it writes them, and nothing else", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1439 }), (minute) => minuteOf(timeOfDay(minute)) === minute));
    for (const time of ["", "24:00", "7", "07:60", "noon"]) expect(minuteOf(time)).toBeNull();
    expect(hoursOf("22:00", "07:30")).toEqual({ from: 1320, to: 450 });
    expect([hoursOf("07:00", "07:00"), hoursOf("", "07:00")]).toEqual([null, null]);
  });

  it("has every minute of the day either within the hours or within those from their end to their beginning", () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(minute, minute, minute, (from, to, at) => {
        fc.pre(from !== to);
        expect(isWithin({ from, to }, at)).toBe(!isWithin({ from: to, to: from }, at));
      }),
    );
  });

  it("believes what was kept as far as it is understood", () => {
    const wishes = { ...NO_WISHES, hours: { from: 1320, to: 450 }, onlyAway: true, card: "saving" };
    expect(readWishes(structuredClone(wishes))).toEqual(wishes);
    expect(readWishes({ hours: { from: 3, to: 1440 }, onlyAway: "yes", card: "fast", memoryBytes: 7 })).toEqual(NO_WISHES);
    fc.assert(fc.property(fc.anything(), (kept) => readWishes(readWishes(kept)).memoryBytes > 0));
  });
});
