/** Keys are free. What do two networks gain that use as many as they like, to look for each other's units? */
import { describe, expect, it } from "vitest";
import type { Assignment } from "../../server/core/events.ts";
import { type UnitIndex, unitsOf } from "../../shared/ids.ts";
import { Network } from "./strangers.ts";

/** Volunteers beside the class. */
const HONEST = 8;
const UNITS = 3000;
const BATCH = 16;
/** GPU time of a unit, ms. */
const UNIT_MS = 1000;
/** False units that the one network answers, and keys that the other may try between two batches of an honest volunteer. */
const FALSE_UNITS = 100;
const KEYS_A_TURN = 8;
const LIE = "the same lie";
/** First of the numbers of keys that are made on the way. */
const FRESH = 1000;

/** What the two networks do between two batches of honest volunteers. */
interface Attack {
  turn(network: Network): void;
  /** Units answered falsely by the network that is looked for. */
  readonly answered: ReadonlySet<UnitIndex>;
}

type Ending = (network: Network, assignment: Assignment, others: UnitIndex[]) => void;

/** Ann's network answers some units falsely; Bob's claims under fresh keys, confirms what is Ann's and is rid of the rest. */
function looking(ending: Ending, most = FALSE_UNITS): Attack {
  const answered = new Set<UnitIndex>();
  let keys = FRESH;
  const fresh = (network: Network, cluster: string) => {
    network.join(++keys, cluster);
    return keys;
  };
  return {
    answered,
    turn(network) {
      if (answered.size === most && [...answered].every((unit) => network.ended.has(unit))) return;
      let ann = fresh(network, "net:ann");
      while (answered.size < most) {
        const assignment = network.claim(ann, Math.min(BATCH, most - answered.size));
        if (!assignment) break;
        const units = [...unitsOf(assignment.runs)];
        for (const unit of units) answered.add(unit);
        network.submit(assignment, units, LIE);
        ann = fresh(network, "net:ann");
      }
      for (let key = 0; key < KEYS_A_TURN; key++) {
        const bob = fresh(network, "net:bob");
        for (let claims = 0; claims < 64; claims++) {
          const assignment = network.claim(bob, BATCH);
          if (!assignment) break;
          const units = [...unitsOf(assignment.runs)];
          network.submit(
            assignment,
            units.filter((unit) => answered.has(unit)),
            LIE,
          );
          const others = units.filter((unit) => !answered.has(unit));
          if (others.length > 0) ending(network, assignment, others);
        }
        network.leave(bob);
      }
    },
  };
}

const attacks: Record<string, () => Attack> = {
  "gives back the others": () => looking((network, assignment, others) => network.release(assignment, others)),
  "lets the others run out": () => looking(() => undefined),
  "answers the others falsely": () => looking((network, assignment, others) => network.submit(assignment, others, LIE)),
};

function play(seed: number, attack: Attack, honest: number): Network {
  const network = new Network(seed, { units: UNITS, maxReplicas: 20 });
  for (let who = 1; who <= honest; who++) network.join(who, `net:${who}`);
  const held = new Map<number, Assignment[]>();
  for (let turn = 0; !network.isOver; turn++) {
    if (turn > 20_000) throw new Error("no end");
    const who = 1 + (turn % honest);
    const mine = held.get(who) ?? [];
    held.set(who, mine);
    for (let claim = network.claim(who, BATCH, 30_000); claim; claim = mine.length < 2 ? network.claim(who, BATCH, 30_000) : undefined) {
      mine.push(claim);
      if (mine.length >= 2) break;
    }
    const oldest = mine.shift();
    if (oldest) network.submit(oldest, unitsOf(oldest.runs), "", UNIT_MS * 1000);
    if (turn > 4 * honest) attack.turn(network);
    network.pass((BATCH * UNIT_MS) / honest);
  }
  return network;
}

describe("two networks with any number of keys, one of which answers a hundred units falsely", () => {
  it.each(Object.entries(attacks))("have few of them confirmed when the other looks for them and %s", (_, make) => {
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
