import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../server/core/random.ts";
import { DRAW_UNITS, Ring } from "../../../server/core/ring.ts";
import { unit } from "./world.ts";

const seeds = fc.array(fc.nat(15), { minLength: 32, maxLength: 32 }).map((digits) => digits.map((digit) => digit.toString(16)).join(""));

describe("the ring", () => {
  it("gives out each unit once, in runs of at most DRAW_UNITS, whatever is added and drawn in whatever order", () => {
    const commands = fc.array(
      fc.oneof(fc.record({ start: fc.nat(1e6), length: fc.integer({ min: 1, max: 100 }) }), fc.constantFrom("run", "unit")),
    );
    fc.assert(
      fc.property(seeds, commands, (seed, history) => {
        const [random, ring] = [new Random(seed), new Ring()];
        const waiting = new Set<number>();
        const draw = (by: "run" | "unit") => {
          const run = ring.draw(random, by);
          expect(run === undefined).toBe(waiting.size === 0);
          expect(run?.length ?? 1).toBeLessThanOrEqual(DRAW_UNITS);
          for (let i = 0; i < (run?.length ?? 0); i++) expect(waiting.delete((run?.start ?? 0) + i)).toBe(true);
        };
        for (const command of history) {
          if (command === "run" || command === "unit") draw(command);
          else
            for (let i = 0; i < command.length; i++) {
              if (waiting.has(command.start + i)) continue;
              waiting.add(command.start + i);
              ring.push(unit(command.start + i));
            }
          expect(ring.size).toBe(waiting.size);
        }
        while (waiting.size > 0) draw("run");
        expect(ring.draw(random, "unit")).toBeUndefined();
      }),
    );
  });

  it.each(["run", "unit"] as const)("gives single units and long runs the same chance when drawn by %s", (by) => {
    // 64 units in two runs, and 64 alone. By run all of it is taken, by unit one of it.
    const draws = 20_000;
    let alone = 0;
    let taken = 0;
    const random = new Random("0123456789abcdef0123456789abcdef");
    for (let draw = 0; draw < draws; draw++) {
      const ring = new Ring();
      for (let index = 0; index < 2 * DRAW_UNITS; index++) ring.push(unit(index));
      for (let index = 0; index < 2 * DRAW_UNITS; index++) ring.push(unit(1000 + 2 * index));
      const run = ring.draw(random, by);
      const units = by === "run" ? (run?.length ?? 0) : 1;
      taken += units;
      if ((run?.start ?? 0) >= 1000) alone += units;
    }
    // Half of what is taken. By run 1/33 of draws take 32 units: a standard deviation of 2 %; 0.4 % by unit.
    expect(alone / taken).toBeGreaterThan(0.4);
    expect(alone / taken).toBeLessThan(0.6);
  });
});

describe("draws", () => {
  it("are below their limit, the same for the same bytes, and others for others", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 2 ** 32 }), (seed, limit) => {
        const [one, same] = [new Random(seed), new Random(seed)];
        for (let i = 0; i < 20; i++) {
          const draw = one.below(limit);
          expect(draw >= 0 && draw < limit && Number.isInteger(draw)).toBe(true);
          expect(same.below(limit)).toBe(draw);
        }
      }),
    );
    const first = Array.from({ length: 64 }, (_, seed) => new Random(seed.toString(16).padStart(32, "0")).below(2 ** 32));
    expect(new Set(first).size).toBe(64);
    for (const bad of ["", "a", "g".repeat(32), "0".repeat(33)]) expect(() => new Random(bad)).toThrow(RangeError);
  });
});
