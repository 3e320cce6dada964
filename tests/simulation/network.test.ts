import { describe, expect, it } from "vitest";
import type { UnitIndex } from "../../shared/ids.ts";
import { ADVERSARIES, HONEST, RIGHT, WRONG } from "./adversaries.ts";
import { bound95, runCell } from "./cell.ts";
import { Dice } from "./dice.ts";
import { Timeline } from "./timeline.ts";

const small = { f: 0.2, units: 1200, seeds: 20, firstSeed: 1, seats: 10, quorum: 2, audit: null };

describe("two hundred networks, every step checked", () => {
  it.each(Object.keys(ADVERSARIES))("keep the invariants among %s", (adversary) => {
    const cell = runCell({ ...small, adversary, check: true });
    expect(cell.units + cell.failed).toBe(small.units);
    expect(cell.executionsPerUnit).toBeGreaterThanOrEqual(2);
    expect(cell.creditWrong === 0).toBe(cell.acceptedWrong === 0);
  });
});

describe("two hundred networks with an auditor, every step checked", () => {
  it.each(Object.keys(ADVERSARIES))("keep the invariants among %s, and prove nobody wrong who is honest", (adversary) => {
    const cell = runCell({ ...small, adversary, audit: { share: 0.05, unitMs: 300 }, check: true });
    expect(cell.units + cell.failed).toBe(small.units);
    expect(cell.honestProven).toBe(0);
    expect(cell.audited).toBeGreaterThan(0);
  });

  it("are overrun by those who compute nothing without the auditor, and not with it, nor with one slower than any volunteer", () => {
    const lazy = { ...small, adversary: "lazy", seats: 30, seeds: 1, units: 1000, check: false };
    expect(runCell(lazy).acceptedWrong).toBeGreaterThan(0.5);
    for (const unitMs of [200, 2000]) {
      const cell = runCell({ ...lazy, audit: { share: 0.05, unitMs } });
      expect(cell).toMatchObject({ honestProven: 0, failed: 0 });
      expect(cell.acceptedWrong).toBeLessThan(0.01);
    }
  });
});

describe("networks whose auditor runs the job's checker, every step checked", () => {
  const cheats = Object.keys(ADVERSARIES).filter((name) => !ADVERSARIES[name]?.isOfSlices);
  it.each(cheats)("keep the invariants among %s, and prove nobody wrong who is honest", (adversary) => {
    const cell = runCell({ ...small, tier: "checker", adversary, seeds: 5, audit: { share: 0.05, unitMs: 50 }, check: true });
    expect(cell.units + cell.failed).toBe(small.units);
    expect([cell.honestProven, cell.failed]).toEqual([0, 0]);
    if (!ADVERSARIES[adversary]?.isOfChecker) expect(cell).toMatchObject({ acceptedWrong: 0, honestRefused: 0, creditWrong: 0 });
  });

  it("need little more than one execution a unit, and give up a checker that is blind", () => {
    const large = { ...small, tier: "checker" as const, seeds: 2, units: 4000, audit: { share: 0.05, unitMs: 50 }, check: false };
    expect(runCell({ ...large, adversary: "casual" }).executionsPerUnit).toBeLessThan(1.06);
    const blind = runCell({ ...large, adversary: "forger" });
    expect(blind.acceptedWrong).toBeGreaterThan(0);
    expect(blind.executionsPerUnit).toBeGreaterThan(1.2);
  });
});

describe("networks of machines that round differently, compared within a tolerance, every step checked", () => {
  const cheats = ["casual", "always", "sleeper", "colluders", "faulty", "leaver"];
  it.each(cheats)("keep the invariants among %s, and refuse nobody who is honest where lies are not accepted", (adversary) => {
    for (const audit of [null, { share: 0.05, unitMs: 300 }]) {
      const cell = runCell({ ...small, tier: "tolerant", adversary, seeds: 10, audit, check: true });
      expect(cell.units + cell.failed).toBe(small.units);
      expect(cell.creditWrong === 0).toBe(cell.acceptedWrong === 0);
      if (cell.acceptedWrong === 0) expect(cell.honestRefused).toBe(0);
      // Nobody is blamed over floats.
      expect([cell.honestProven, cell.banned]).toEqual([0, 0]);
    }
  });

  it("take as many executions as results that are equal do, and as few lies", () => {
    const [near, equal] = (["tolerant", "quorum"] as const).map((tier) => runCell({ ...small, tier, adversary: "casual", check: false }));
    expect(near).toMatchObject({ acceptedWrong: 0, honestRefused: 0, failed: 0 });
    expect(near?.executionsPerUnit).toBeCloseTo(equal?.executionsPerUnit ?? 0, 1);
  });
});

describe("a patient cheat", () => {
  const { answer } = ADVERSARIES.patient ?? HONEST;
  const unit = 7 as UnitIndex;
  const self = (isVetted: boolean) => ({ account: 1, verified: 100, refused: 0, isVetted, dice: new Dice(1) });
  const ring = (...accounts: number[]) => ({ partners: new Map([[unit, new Set(accounts)]]), told: new Map<UnitIndex, string>() });

  it("is honest until it is vetted, and where no accomplice has the unit", () => {
    expect(answer(unit, self(false), ring(1, 2))).toBe(RIGHT);
    expect(answer(unit, self(true), ring(1))).toBe(RIGHT);
    expect(answer(unit, self(true), ring(1, 2))).toBe(WRONG);
  });

  it("says what its accomplice has said", () => {
    for (const told of [RIGHT, WRONG])
      expect(answer(unit, self(told === RIGHT), { ...ring(1, 2), told: new Map([[unit, told]]) })).toBe(told);
  });

  it("gets some accepted although the auditor looks, and nobody honest is harmed", () => {
    const cell = runCell({
      ...small,
      adversary: "patient",
      f: 0.3,
      seats: 50,
      units: 40_000,
      seeds: 2,
      audit: { share: 0.05, unitMs: 200 },
      check: false,
    });
    expect(cell.acceptedWrong).toBeGreaterThan(1e-4);
    expect(cell.acceptedWrong).toBeLessThan(0.02);
    expect(cell).toMatchObject({ honestProven: 0, failed: 0 });
  });
});

describe("a network", () => {
  it("of a seed is the same each time, and of another seed another", () => {
    const traceOf = (firstSeed: number) => {
      const traces: number[] = [];
      runCell({ ...small, adversary: "sleeper", firstSeed, seeds: 3, units: 300, check: false }, { onSeed: (trace) => traces.push(trace) });
      return traces;
    };
    expect(traceOf(7)).toEqual(traceOf(7));
    expect(new Set([...traceOf(7), ...traceOf(11)]).size).toBe(6);
  });

  it("of honest people needs two executions a unit and accepts nothing wrong, also when they come and go", () => {
    for (const adversary of ["honest", "casual"]) {
      const cell = runCell({ ...small, adversary, units: 4000, seeds: 2, check: false });
      expect(cell).toMatchObject({ acceptedWrong: 0, honestRefused: 0, failed: 0, creditWrong: 0, executionsPerUnit: 2 });
    }
  });

  it("accepts what two liars tell alike, about as often as chance lets them meet", () => {
    const cell = runCell({ ...small, adversary: "always", f: 0.2, seats: 50, units: 20_000, seeds: 4, check: false });
    const expected = cell.workByCheats ** 2;
    expect(cell.acceptedWrong).toBeGreaterThan(expected / 3);
    expect(cell.acceptedWrong).toBeLessThan(6 * expected);
  });
});

describe("the bound of a rate", () => {
  it("is above the rate, and falls with seeds and with units", () => {
    expect(bound95([1e-3, 2e-3, 3e-3], 1000)).toBeCloseTo(2e-3 + 4.303 * Math.sqrt(1e-6 / 3), 6);
    expect(bound95([0, 0, 0, 0], 1000)).toBeGreaterThan(bound95([0, 0, 0, 0], 10_000));
    expect(bound95([0, 0, 0, 0], 1000)).toBeGreaterThan(bound95(Array<number>(100).fill(0), 1000));
    // With one seed nothing is known of how it varies.
    expect(bound95([1e-6], 1e6)).toBe(1);
  });
});

describe("the virtual clock", () => {
  it("lets things happen in their order, whenever they were planned", () => {
    const dice = new Dice(3);
    const timeline = new Timeline();
    const happened: number[] = [];
    const plan = (left: number) => {
      timeline.after(dice.below(50), () => {
        happened.push(timeline.now);
        if (left > 0) plan(left - 1);
      });
    };
    for (let i = 0; i < 200; i++) plan(3);
    while (timeline.advance());
    expect(happened).toHaveLength(800);
    expect(happened).toEqual(happened.toSorted((a, b) => a - b));
  });
});
