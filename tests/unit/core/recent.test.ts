import { describe, expect, it } from "vitest";
import { GENERATION_UNITS, RecentUnits } from "../../../server/core/recent.ts";
import type { AccountId, JobId } from "../../../shared/ids.ts";
import { unit } from "./world.ts";

const [job, other] = [1, 2] as [JobId, JobId];
const [ada, bob] = [{ account: 7 as AccountId }, { account: 8 as AccountId }];

describe("units that ended lately", () => {
  it("are known by job, unit and account", () => {
    const recent = new RecentUnits();
    recent.add(job, unit(5), [ada]);
    expect([recent.has(job, unit(5), ada.account), recent.has(job, unit(5), bob.account)]).toEqual([true, false]);
    expect([recent.has(job, unit(6), ada.account), recent.has(other, unit(5), ada.account)]).toEqual([false, false]);
  });

  it("are remembered for at least one generation and at most two", () => {
    const recent = new RecentUnits();
    recent.add(job, unit(0), [ada]);
    for (let index = 1; index <= GENERATION_UNITS; index++) recent.add(other, unit(index), [bob]);
    expect(recent.has(job, unit(0), ada.account)).toBe(true);
    for (let index = 1; index <= GENERATION_UNITS; index++) recent.add(other, unit(index), [bob]);
    expect(recent.has(job, unit(0), ada.account)).toBe(false);
    expect(recent.has(other, unit(GENERATION_UNITS), bob.account)).toBe(true);
  });
});

it("notes an account once, beside those that are there", () => {
  const recent = new RecentUnits();
  expect([recent.note(job, unit(5), ada.account), recent.note(job, unit(5), bob.account), recent.note(job, unit(5), ada.account)]).toEqual([
    true,
    true,
    false,
  ]);
  expect([recent.has(job, unit(5), ada.account), recent.has(job, unit(5), bob.account)]).toEqual([true, true]);
});
