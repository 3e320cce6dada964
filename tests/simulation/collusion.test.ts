/** Two who agree to lie and claim when it suits them, among honest hosts who claim as fast as they can: how often do they meet? */
import { describe, expect, it } from "vitest";
import type { Assignment } from "../../server/core/events.ts";
import { type UnitIndex, unitsOf } from "../../shared/ids.ts";
import { Network } from "./strangers.ts";

const UNITS = 6000;
const HONEST = 8;
const [ANN, BOB] = [1, 2];
/** Batches an account holds, as a donor that prefetches does. */
const HELD = 2;
const BATCH = 16;

/** Volunteers who hold batches. */
class Table extends Network {
  private readonly held = new Map<number, Assignment[]>();

  constructor(seed: number) {
    super(seed, { units: UNITS });
    for (let who = 1; who <= HONEST + 2; who++) this.join(who, `net:${who}`);
  }

  holds(who: number): Assignment[] {
    const held = this.held.get(who) ?? [];
    this.held.set(who, held);
    return held;
  }

  take(who: number, units = BATCH): Assignment | undefined {
    const assignment = this.claim(who, units);
    if (assignment) this.holds(who).push(assignment);
    return assignment;
  }

  /** Claims until it holds its batches. */
  fill(who: number, units = BATCH): void {
    while (this.holds(who).length < HELD && this.take(who, units));
  }

  /** Answers its oldest batch. */
  answer(who: number): void {
    const assignment = this.holds(who).shift();
    if (assignment) this.submit(assignment, unitsOf(assignment.runs));
  }
}

type Strategy = (network: Table) => void;

/** Honest hosts take turns without end; between them the two do what they like. */
function play(seed: number, strategy: Strategy): Table {
  const network = new Table(seed);
  for (let turn = 0; !network.isOver; turn++) {
    expect(turn).toBeLessThan(100_000);
    const honest = BOB + 1 + (turn % HONEST);
    network.fill(honest);
    network.answer(honest);
    if (turn % HONEST === 0) strategy(network);
    if (turn % 100 === 0) network.pass(1000);
  }
  return network;
}

/** Units that both computed, and as many as there would be if each unit's two accounts were drawn in proportion to their work. */
function meetings(network: Table): { met: number; expected: number } {
  const [ann, bob] = [network.done.get(ANN) ?? new Set<UnitIndex>(), network.done.get(BOB) ?? new Set<UnitIndex>()];
  let met = 0;
  for (const unit of ann) if (bob.has(unit)) met++;
  // Each of Ann's units has one further replica; Bob made his share of all that are not Ann's.
  return { met, expected: (ann.size * bob.size) / (2 * UNITS - ann.size) };
}

const strategies: Record<string, Strategy> = {
  "claim right after each other": (network) => {
    for (const who of [ANN, BOB]) network.answer(who);
    for (let batch = 0; batch < HELD; batch++) for (const who of [ANN, BOB]) if (network.holds(who).length < HELD) network.take(who);
  },
  "claim in turn unit by unit": (network) => {
    for (const who of [ANN, BOB]) while (network.holds(who).length > 0) network.answer(who);
    for (let unit = 0; unit < BATCH; unit++) for (const who of [ANN, BOB]) network.take(who, 1);
  },
  "answer at once, so that the other finds the units waiting": (network) => {
    for (const who of [ANN, BOB]) {
      network.fill(who);
      while (network.holds(who).length > 0) network.answer(who);
    }
  },
};

/** Bob keeps the units that Ann has, and gives back the others. */
const look: Strategy = (network) => {
  network.answer(ANN);
  network.fill(ANN);
  const anns = new Set([...(network.done.get(ANN) ?? []), ...network.holds(ANN).flatMap(({ runs }) => [...unitsOf(runs)])]);
  for (let draws = 0; draws < 100; draws++) {
    const assignment = network.take(BOB);
    if (!assignment) break;
    const [shared, others] = [
      [...unitsOf(assignment.runs)].filter((unit) => anns.has(unit)),
      [...unitsOf(assignment.runs)].filter((unit) => !anns.has(unit)),
    ];
    network.submit(assignment, shared);
    network.release(assignment, others);
  }
};

describe("two accounts of different networks among eight honest ones", () => {
  it.each(Object.entries(strategies))("meet as often as chance has it when they %s", (_, strategy) => {
    for (const seed of [1, 2, 3]) {
      const { met, expected } = meetings(play(seed, strategy));
      // Some hundred meetings are expected, with a deviation of their square root; what they steer would be several times as many.
      expect(expected).toBeGreaterThan(50);
      expect(met).toBeLessThan(1.3 * expected + 3 * Math.sqrt(expected));
      expect(met).toBeGreaterThan(0.7 * expected - 3 * Math.sqrt(expected));
    }
  });

  it("do not meet more often when one looks for the other's units and gives back the rest", () => {
    for (const seed of [1, 2, 3]) {
      const { met } = meetings(play(seed, look));
      // What two of ten accounts with equal shares have in common when both just work: one pair of 45.
      const asHonest = (2 * UNITS) / ((HONEST + 2) * (HONEST + 1));
      expect(met).toBeLessThan(asHonest + 3 * Math.sqrt(asHonest));
    }
  });
});
