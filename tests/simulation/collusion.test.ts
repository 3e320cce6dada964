/** Two who agree to lie and claim when it suits them, among honest hosts who claim as fast as they can: how often do they meet? */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Assignment } from "../../server/core/events.ts";
import { createState } from "../../server/core/state.ts";
import { step } from "../../server/core/step.ts";
import { type AccountId, type UnitIndex, unitsOf } from "../../shared/ids.ts";
import { account, host, JOB, jobSpec, results } from "../unit/core/world.ts";

const UNITS = 6000;
const HONEST = 8;
const [ANN, BOB] = [1, 2];
/** Batches an account holds, as a donor that prefetches does. */
const HELD = 2;
const BATCH = 16;

/** Who computed which units, and the means to claim, answer and give back as anybody. */
class Network {
  readonly done = new Map<number, Set<UnitIndex>>();
  private readonly state = createState();
  private readonly held = new Map<number, Assignment[]>();
  private readonly seed: number;
  private now = 1000;
  private claims = 0;

  constructor(seed: number) {
    this.seed = seed;
    step(this.state, { type: "job-added", now: 0, spec: jobSpec({ units: UNITS }), state: "running" });
    for (let who = 1; who <= HONEST + 2; who++) {
      const facts = { host: host(who), account: account(who), cluster: `net:${who}`, features: [], limits: {} };
      step(this.state, { type: "host-joined", now: 0, facts });
      this.done.set(who, new Set());
      this.held.set(who, []);
    }
  }

  get isOver(): boolean {
    return this.state.jobs.get(JOB)?.state !== "running";
  }

  holds(who: number): Assignment[] {
    return this.held.get(who) ?? [];
  }

  claim(who: number, units = BATCH): Assignment | undefined {
    const random = createHash("sha256")
      .update(`${this.seed} ${this.claims++}`)
      .digest("hex")
      .slice(0, 32);
    const claim = { type: "claim", now: this.now++, random, host: host(who), units, gpuMillis: 0, job: null } as const;
    const reply = step(this.state, claim).find((effect) => effect.type === "reply")?.reply;
    if (reply?.type !== "assigned") return undefined;
    this.holds(who).push(reply.assignment);
    return reply.assignment;
  }

  /** Claims until it holds its batches. */
  fill(who: number, units = BATCH): void {
    while (this.holds(who).length < HELD && this.claim(who, units));
  }

  /** Answers its oldest batch. */
  answer(who: number): void {
    const assignment = this.holds(who).shift();
    if (assignment) this.submit(assignment, unitsOf(assignment.runs));
  }

  submit(assignment: Assignment, units: Iterable<UnitIndex>): void {
    const by = assignment.account as AccountId;
    const now = this.now++;
    for (const effect of step(this.state, { type: "submit", now, account: by, cluster: `net:${by}`, assignment, results: results(units) }))
      if (effect.type === "store" && effect.op.type === "replica") this.done.get(by)?.add(effect.op.replica.unit);
  }

  release(assignment: Assignment, units: UnitIndex[]): void {
    step(this.state, { type: "release", now: this.now++, host: host(assignment.account), assignment, units });
  }

  tick(ms: number): void {
    this.now += ms;
    step(this.state, { type: "tick", now: this.now });
  }
}

type Strategy = (network: Network) => void;

/** Honest hosts take turns without end; between them the two do what they like. */
function play(seed: number, strategy: Strategy): Network {
  const network = new Network(seed);
  for (let turn = 0; !network.isOver; turn++) {
    expect(turn).toBeLessThan(100_000);
    const honest = BOB + 1 + (turn % HONEST);
    network.fill(honest);
    network.answer(honest);
    if (turn % HONEST === 0) strategy(network);
    if (turn % 100 === 0) network.tick(1000);
  }
  return network;
}

/** Units that both computed, and as many as there would be if each unit's two accounts were drawn in proportion to their work. */
function meetings(network: Network): { met: number; expected: number } {
  const [ann, bob] = [network.done.get(ANN) ?? new Set<UnitIndex>(), network.done.get(BOB) ?? new Set<UnitIndex>()];
  let met = 0;
  for (const unit of ann) if (bob.has(unit)) met++;
  // Each of Ann's units has one further replica; Bob made his share of all that are not Ann's.
  return { met, expected: (ann.size * bob.size) / (2 * UNITS - ann.size) };
}

const strategies: Record<string, Strategy> = {
  "claim right after each other": (network) => {
    for (const who of [ANN, BOB]) network.answer(who);
    for (let batch = 0; batch < HELD; batch++) for (const who of [ANN, BOB]) if (network.holds(who).length < HELD) network.claim(who);
  },
  "claim in turn unit by unit": (network) => {
    for (const who of [ANN, BOB]) while (network.holds(who).length > 0) network.answer(who);
    for (let unit = 0; unit < BATCH; unit++) for (const who of [ANN, BOB]) network.claim(who, 1);
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
    const assignment = network.claim(BOB);
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
      expect(met).toBeGreaterThan(0);
      expect(met).toBeLessThan(asHonest + 3 * Math.sqrt(asHonest));
    }
  });
});
