import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Manners } from "../../../../client/donor/manners/manners.ts";
import { UNTOLD } from "../../../../client/donor/manners/surroundings.ts";
import { NO_WISHES } from "../../../../client/donor/manners/wishes.ts";
import { Report } from "../../../../client/donor/report.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the manners", () => {
  it("hold nothing up for a busy processor before it is known that a graphics card computes", () => {
    const report = new Report();
    const surroundings = { ...UNTOLD, pressure: "critical" } as const;
    const manners = new Manners({ dose: 0.5, wishes: NO_WISHES, surroundings, mayBeSoftware: () => report.mayBeSoftware });
    expect(manners.verdict.kind).toBe("lend");
    report.set({ adapter: "google swiftshader", software: true });
    vi.advanceTimersByTime(2_000);
    expect(manners.verdict.kind).toBe("lend");
    report.set({ adapter: "nvidia ampere", software: false });
    vi.advanceTimersByTime(2_000);
    expect(manners.verdict).toMatchObject({ kind: "hold", reason: "heat" });
    manners.end();
  });

  it("notice by themselves that hours begin and end, and how long nothing may run", () => {
    let minute = 60;
    const wishes = { ...NO_WISHES, hours: { from: 61, to: 62 } };
    const manners = new Manners({ dose: 0.5, wishes, mayBeSoftware: () => false, now: () => Date.now(), minute: () => minute });
    const heard: string[] = [];
    manners.listen(() => heard.push(manners.verdict.kind));
    vi.advanceTimersByTime(5_000);
    expect([manners.verdict.kind, manners.heldMs]).toEqual(["hold", 5_000]);
    minute = 61;
    vi.advanceTimersByTime(1_000);
    expect([manners.verdict.kind, manners.heldMs]).toEqual(["lend", 0]);
    minute = 62;
    vi.advanceTimersByTime(1_000);
    expect(heard).toEqual(["lend", "hold"]);
    manners.end();
  });
});
