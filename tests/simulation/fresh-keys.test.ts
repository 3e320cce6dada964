/** Keys are free. What do two networks gain that use as many as they like, to look for each other's units? */
import { describe, expect, it } from "vitest";
import type { Assignment } from "../../server/core/events.ts";
import { unitsOf } from "../../shared/ids.ts";
import { ATTACKS, play, UNITS } from "./fresh-keys.ts";
import { Network } from "./strangers.ts";

/** Volunteers beside the class. */
const HONEST = 8;
const BATCH = 16;
/** GPU time of a unit, ms. */
const UNIT_MS = 1000;

describe("two networks with any number of keys, one of which answers a hundred units falsely", () => {
  it.each(Object.entries(ATTACKS))("have few of them confirmed when the other looks for them and %s", (_, make) => {
    const shares = [
      { honest: 8, most: 60 },
      { honest: 40, most: 15 },
    ];
    for (const { honest, most } of shares) {
      const attack = make();
      const network = play(1, attack, honest);
      expect(network.wrong.size).toBeLessThan(most);
      expect(network.ended.size).toBe(UNITS);
    }
  });
});

/** A class of thirty behind one address, eight elsewhere; some of the class leave with what they hold, and others come. */
describe("thirty honest volunteers of one cluster", () => {
  it("go on working while some leave with units and new ones come", () => {
    const network = new Network(1, { units: UNITS });
    const held = new Map<number, Assignment>();
    let next = 0;
    const join = (cluster: string) => {
      network.join(++next, cluster);
      return next;
    };
    const others = Array.from({ length: HONEST }, (_, place) => join(`net:${place}`));
    const pupils = Array.from({ length: 30 }, () => join("net:class"));
    let turns = 0;
    for (; !network.isOver && turns < 1000; turns++) {
      for (const who of [...others, ...pupils]) {
        const mine = held.get(who) ?? network.claim(who, BATCH);
        if (!mine) continue;
        // Claimed in one turn, answered in the next.
        if (held.delete(who)) network.submit(mine, unitsOf(mine.runs));
        else held.set(who, mine);
      }
      // Every fourth turn a pupil closes the page, and another opens it.
      if (turns % 4 === 3) {
        network.leave(pupils.shift() ?? 0);
        pupils.push(join("net:class"));
      }
      network.pass(BATCH * UNIT_MS);
    }
    expect(network.isOver).toBe(true);
    const ofClass = [...network.done].filter(([who]) => who > HONEST).reduce((sum, [, units]) => sum + units.size, 0);
    expect(ofClass).toBeGreaterThan(0.8 * UNITS);
  });
});
