import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Asked, type HoldReason, judge, type Moment, type SlowReason, type Verdict } from "../../../../client/donor/manners/policy.ts";
import { UNTOLD } from "../../../../client/donor/manners/surroundings.ts";
import { NO_WISHES } from "../../../../client/donor/manners/wishes.ts";
import { NO_REMOTE_WISH, WISH_SHARES } from "../../../../shared/account/remote-wish.ts";

const MOMENT: Moment = { ...UNTOLD, minute: 12 * 60, untouchedMs: 0, software: false };
const LENDING: Verdict = { kind: "lend", share: 0.9, idle: false, longestMs: 12, slowed: null };
const ON_BATTERY = { battery: { charging: false, level: 0.8 } };
const NIGHT = { wishes: { ...NO_WISHES, hours: { from: 22 * 60, to: 7 * 60 } } };
const AWAY = { wishes: { ...NO_WISHES, onlyAway: true } };

const judged = (moment: Partial<Moment>, asked: Partial<Asked> = {}, before: Verdict = LENDING) =>
  judge({ ...MOMENT, ...moment }, { dose: 0.9, wishes: NO_WISHES, anyway: [], remote: NO_REMOTE_WISH, ...asked }, before);

describe("the manners' policy", () => {
  it.each<[string, HoldReason | null, Partial<Moment>, Partial<Asked>]>([
    ["nothing is told", null, {}, {}],
    ["the charger is in", null, { battery: { charging: true, level: 0.1 } }, {}],
    ["on battery", "battery", ON_BATTERY, {}],
    ["on battery, anyway", null, ON_BATTERY, { anyway: ["battery"] }],
    ["on a low battery, anyway or not", "battery-low", { battery: { charging: false, level: 0.19 } }, { anyway: ["battery"] }],
    ["paused from another device, anyway or not", "remote", {}, { remote: { paused: true, share: 90 }, anyway: ["battery", "save-data"] }],
    ["saving data", "save-data", { saveData: true }, {}],
    ["saving data, anyway", null, { saveData: true }, { anyway: ["save-data"] }],
    ["saving data, and another thing anyway", "save-data", { saveData: true }, { anyway: ["battery"] }],
    ["a hot computer", "heat", { pressure: "critical" }, {}],
    ["a warm computer", null, { pressure: "serious" }, {}],
    ["a processor that computes, and is busy with that", null, { pressure: "critical", software: true }, {}],
    ["before its hours", "hours", { minute: 21 * 60 + 59 }, NIGHT],
    ["within its hours", null, { minute: 22 * 60 }, NIGHT],
    ["after midnight", null, { minute: 0 }, NIGHT],
    ["after its hours", "hours", { minute: 7 * 60 }, NIGHT],
    ["only while away, and there", "present", { away: false }, AWAY],
    ["only while away, and away", null, { away: true }, AWAY],
    ["only while away, and not told", "away-untold", { away: null }, AWAY],
    ["frozen", "frozen", { frozen: true }, {}],
  ])("%s: %s", (_, reason, moment, asked) => {
    const verdict = judged(moment, asked);
    expect(verdict.kind === "hold" ? verdict.reason : null).toBe(reason);
  });

  it("says when its hours begin", () => {
    expect(judged({}, NIGHT)).toEqual({ kind: "hold", reason: "hours", until: 22 * 60 });
    expect(judged(ON_BATTERY)).toMatchObject({ until: null });
  });

  it.each<[SlowReason, Partial<Moment>]>([
    ["hidden", { hidden: true }],
    ["battery", ON_BATTERY],
    ["heat", { pressure: "serious" }],
    ["save-data", { saveData: true }],
  ])("lends at most a quarter: %s", (slowed, moment) => {
    const anyway = { anyway: ["battery", "save-data"] as const };
    expect(judged(moment, anyway)).toMatchObject({ share: 0.25, slowed });
    expect(judged(moment, { ...anyway, dose: 0.1 })).toMatchObject({ share: 0.1, slowed: null });
  });

  it("waits until a hot computer has cooled well down, and tells when it is not measured any more from when it is", () => {
    const hot = judged({ pressure: "critical" });
    expect(judged({ pressure: "serious" }, {}, hot)).toMatchObject({ reason: "heat" });
    for (const pressure of ["fair", "nominal", null] as const) expect(judged({ pressure }, {}, hot).kind).toBe("lend");
  });

  it("takes nobody for idle who may be there", () => {
    const long = 5 * 60_000 + 1;
    const idle = (moment: Partial<Moment>) => {
      const verdict = judged(moment);
      return verdict.kind === "lend" && verdict.idle;
    };
    expect(idle({ untouchedMs: long })).toBe(true);
    expect(idle({ untouchedMs: long - 2 })).toBe(false);
    // Someone types in the window beside it.
    expect(idle({ untouchedMs: long, focused: false })).toBe(false);
    expect(idle({ untouchedMs: long, away: false })).toBe(false);
    expect(idle({ away: true, focused: false })).toBe(true);
    // A film in full screen: nobody touches anything, and somebody watches.
    expect(idle({ untouchedMs: long, away: true, hidden: true })).toBe(false);
  });

  it.each<[string, number, Partial<Moment>]>([
    ["somebody may be there", 12, {}],
    ["a film hides the page", 12, { hidden: true, away: true }],
    ["somebody is away", 1_000, { away: true }],
    ["the processor computes", Number.POSITIVE_INFINITY, { software: true }],
    ["there is no screen", Number.POSITIVE_INFINITY, { screen: false }],
  ])("allows pieces that cannot be cut where %s: %i ms", (_, longestMs, moment) => {
    expect(judged(moment)).toMatchObject({ longestMs });
  });

  it("lends less for every signal, and never more than was chosen", () => {
    const moments = fc.record({
      battery: fc.option(fc.record({ charging: fc.boolean(), level: fc.double({ min: 0, max: 1, noNaN: true }) })),
      pressure: fc.option(fc.constantFrom("nominal" as const, "fair" as const, "serious" as const, "critical" as const)),
      saveData: fc.boolean(),
      hidden: fc.boolean(),
      focused: fc.boolean(),
      frozen: fc.boolean(),
      screen: fc.boolean(),
      away: fc.option(fc.boolean()),
      minute: fc.integer({ min: 0, max: 1439 }),
      untouchedMs: fc.integer({ min: 0, max: 1e7 }),
      software: fc.boolean(),
    });
    const asked = fc.record({
      dose: fc.constantFrom(0.1, 0.25, 0.5, 0.9),
      wishes: fc.constantFrom(NO_WISHES, NIGHT.wishes, AWAY.wishes),
      remote: fc.record({ paused: fc.boolean(), share: fc.constantFrom(...WISH_SHARES) }),
      anyway: fc.constantFrom<Asked["anyway"]>([], ["battery"], ["save-data"], ["battery", "save-data"]),
    });
    const shareOf = (verdict: Verdict) => (verdict.kind === "lend" ? verdict.share : 0);
    const calm = { battery: null, pressure: null, saveData: false, hidden: false, frozen: false, screen: true };
    fc.assert(
      fc.property(moments, asked, fc.boolean(), (moment, wish, wasHot) => {
        const before: Verdict = wasHot ? { kind: "hold", reason: "heat", until: null } : LENDING;
        const share = shareOf(judge(moment, wish, before));
        expect(share).toBeLessThanOrEqual(Math.min(wish.dose, wish.remote.paused ? 0 : wish.remote.share / 100));
        expect(share).toBeLessThanOrEqual(shareOf(judge({ ...moment, ...calm }, wish, before)));
      }),
    );
  });
});
