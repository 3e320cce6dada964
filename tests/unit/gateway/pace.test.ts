import { describe, expect, it } from "vitest";
import { BYTE_RATE, CLAIM_RATE, NEW_KEY_RATE, OWN_UNITS_RATE, RENEW_RATE } from "../../../server/gateway/limits.ts";
import { BytePace, ClaimPace, IdleAnswers, NewKeyPace, OwnUnitsPace } from "../../../server/gateway/pace.ts";
import type { AccountId, PoolId } from "../../../shared/ids.ts";
import { MAX_FRAME_BYTES } from "../../../shared/wire.ts";

const [one, other] = [1 as AccountId, 2 as AccountId];
const idle = { type: "idle", reason: "no-jobs", retryMs: 10_000 } as const;

describe("an idle answer", () => {
  const by = { account: one };
  it("is given again to the same account and job for a second at most", () => {
    const idles = new IdleAnswers();
    idles.keep(by, 0, idle, 5000);
    expect(idles.of(by, 0, 5999)).toEqual(idle);
    expect(idles.of(by, 7, 5999)).toBeNull();
    expect(idles.of({ account: other }, 0, 5999)).toBeNull();
    expect(idles.of({ account: one, pool: 1 as PoolId }, 0, 5999)).toBeNull();
    expect(idles.of(by, 0, 6000)).toBeNull();
  });

  it("of everybody holds no longer when there is new work", () => {
    const idles = new IdleAnswers();
    idles.keep(by, 0, idle, 5000);
    idles.clear();
    expect(idles.of(by, 0, 5001)).toBeNull();
  });

  it("holds no longer than it asks to wait, nor when the clock was set back", () => {
    const idles = new IdleAnswers();
    idles.keep(by, 0, { ...idle, retryMs: 250 }, 5000);
    expect(idles.of(by, 0, 5250)).toBeNull();
    idles.keep(by, 0, idle, 5000);
    expect(idles.of(by, 0, 1000)).toBeNull();
  });
});

describe("new keys", () => {
  it("of one network are held back after a burst, and another network's are not", () => {
    const pace = new NewKeyPace();
    for (let key = 0; key < NEW_KEY_RATE.burst; key++) pace.take(`203.0.113.${key % 250}`, 0);
    expect(() => pace.take("203.0.113.251", 0)).toThrow(expect.objectContaining({ code: "too-fast" }));
    expect(() => pace.take("203.0.114.1", 0)).not.toThrow();
    expect(() => pace.take("203.0.113.251", 1000)).not.toThrow();
  });
});

describe("bytes", () => {
  it("of one account are held back after a burst, over all its connections", () => {
    const pace = new BytePace();
    for (let sent = 0; sent < BYTE_RATE.burst; sent += MAX_FRAME_BYTES) expect(pace.take(one, MAX_FRAME_BYTES, 0)).toBe(0);
    const retryMs = pace.take(one, MAX_FRAME_BYTES, 0);
    expect(retryMs).toBeGreaterThan(0);
    expect(pace.take(other, MAX_FRAME_BYTES, 0)).toBe(0);
    expect(pace.take(one, MAX_FRAME_BYTES, retryMs)).toBe(0);
  });
});

describe("claims", () => {
  it("of one account are held back after a burst, for whatever job, and others go on", () => {
    const pace = new ClaimPace();
    for (let i = 0; i < CLAIM_RATE.burst; i++) expect(pace.take(one, null, 0)).toBe(0);
    const retryMs = pace.take(one, null, 0);
    expect(retryMs).toBe(1000 / CLAIM_RATE.perSecond);
    expect(pace.take(other, null, 0)).toBe(0);
    expect(pace.take(one, null, retryMs)).toBe(0);
  });

  it("of one address are held back however many accounts it has, and an office of a thousand hosts is not", () => {
    const pace = new ClaimPace();
    for (let host = 1; host <= 1000; host++) for (let i = 0; i < 10; i++) expect(pace.take(host as AccountId, "203.0.113.9", 0)).toBe(0);
    expect(pace.take(5000 as AccountId, "203.0.113.9", 0)).toBeGreaterThan(0);
    expect(pace.take(5001 as AccountId, "203.0.114.9", 0)).toBe(0);
  });
});

describe("renewals", () => {
  it("of one assignment are a few, and count as claims of their account", () => {
    const pace = new ClaimPace();
    for (let i = 0; i < RENEW_RATE.burst; i++) expect(pace.renew("a", one, null, 0)).toBe(0);
    expect(pace.renew("a", one, null, 0)).toBe(1000 / RENEW_RATE.perSecond);
    expect(pace.renew("b", one, null, 0)).toBe(0);
    expect(pace.renew("a", one, null, 10_000)).toBe(0);
    for (let i = 0; i < CLAIM_RATE.burst; i++) pace.take(other, null, 0);
    expect(pace.renew("c", other, null, 0)).toBeGreaterThan(0);
  });
});

describe("an account's own units", () => {
  it("are read one at a time, whatever the connection", () => {
    const pace = new OwnUnitsPace();
    expect(pace.begin(one, 0)).toBe(0);
    expect(pace.begin(one, 0)).toBeGreaterThan(0);
    expect(pace.begin(other, 0)).toBe(0);
    pace.end(one);
    expect(pace.begin(one, 0)).toBe(0);
  });

  it("are read only so often", () => {
    const pace = new OwnUnitsPace();
    for (let i = 0; i < OWN_UNITS_RATE.burst; i++) {
      expect(pace.begin(one, 0)).toBe(0);
      pace.end(one);
    }
    const retryMs = pace.begin(one, 0);
    expect(retryMs).toBe(1000 / OWN_UNITS_RATE.perSecond);
    expect(pace.begin(one, retryMs)).toBe(0);
  });
});
