/** Keys are free. Two networks use as many as they like: one answers units falsely, the other looks for them and confirms them. */
import type { Assignment } from "../../server/core/events.ts";
import { type UnitIndex, unitsOf } from "../../shared/ids.ts";
import { Network } from "./strangers.ts";

export const UNITS = 3000;
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

/** What the network that looks does with units that are not the other's. */
export const ATTACKS: Readonly<Record<string, () => Attack>> = {
  "gives back the others": () => looking((network, assignment, others) => network.release(assignment, others)),
  "lets the others run out": () => looking(() => undefined),
  "answers the others falsely": () => looking((network, assignment, others) => network.submit(assignment, others, LIE)),
};

/** The job to its end, among so many honest volunteers. */
export function play(seed: number, attack: Attack, honest: number): Network {
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

/** What `npm run sim -- --fresh-keys` prints, as it comes. */
export function* freshKeyLines(): Generator<string> {
  yield `two networks with as many keys as they like, ${UNITS} units: one answers ${FALSE_UNITS} falsely, the other looks for them; accepted in the end`;
  for (const honest of [40, 8]) {
    for (const [name, make] of Object.entries(ATTACKS)) {
      const { wrong } = play(1, make(), honest);
      yield `among ${String(honest).padStart(2)} honest volunteers, one that looks and ${name.padEnd(28)}${String(wrong.size).padStart(4)}`;
    }
  }
}
