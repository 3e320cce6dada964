import { expect, it } from "vitest";
import type { Effect, Reply } from "../../server/core/effects.ts";
import type { Assignment } from "../../server/core/events.ts";
import type { AccountId, HostId, UnitIndex } from "../../shared/ids.ts";
import { unitsOf } from "../../shared/ids.ts";
import { markOf } from "../unit/core/world.ts";
import { RIGHT, WRONG } from "./adversaries.ts";
import { Boinc } from "./boinc.ts";
import { runCell } from "./cell.ts";
import { JOB } from "./server.ts";

const DELAY_BOUND_MS = 600_000;

/** One BOINC project and whoever asks it. A unit takes everybody as long as a claim asks for, so that a claim brings one. */
class Project {
  private readonly boinc: Boinc;
  now = 0;

  constructor(units: number, isAdaptive: boolean) {
    this.boinc = new Boinc({ isAdaptive, seed: 1, job: JOB, units, quorum: 2, maxReplicas: 4 });
  }

  join(who: number): void {
    const facts = { host: who as HostId, account: who as AccountId, cluster: `net:${who}`, features: [], limits: {} };
    this.boinc.step({ type: "host-joined", now: this.now, facts, record: { passed: 0, proven: 0, convictedAt: 0 } });
  }

  claim(who: number): Assignment | undefined {
    const effects = this.boinc.step({
      ...{ type: "claim", now: this.now, random: "0", host: who as HostId },
      ...{ units: 0, gpuMillis: 1000, job: null },
    });
    const reply = replyOf(effects);
    return reply.type === "assigned" ? reply.assignment : undefined;
  }

  /** What became of units with that: final with which digest, or failed. */
  submit(assignment: Assignment, digest: string): (string | undefined)[] {
    const account = assignment.account as AccountId;
    const results = [...unitsOf(assignment.runs)].map((unit) => ({
      ...{ unit, status: "ok" as const, gpuMicros: 1_000_000, digest, bytes: null },
    }));
    const cluster = `net:${account}`;
    const effects = this.boinc.step({
      ...{ type: "submit", now: this.now, draw: "0", account, cluster, assignment, results, mark: markOf(account) },
    });
    return effects.flatMap((effect) => {
      if (effect.type !== "store") return [];
      return effect.op.type === "final" ? [effect.op.digest] : effect.op.type === "unit-failed" ? ["failed"] : [];
    });
  }

  tick(now: number): void {
    this.now = now;
    this.boinc.step({ type: "tick", now, draw: "0" });
  }

  get isRunning(): boolean {
    return this.boinc.isRunning;
  }
}

function replyOf(effects: readonly Effect[]): Reply {
  for (const effect of effects) if (effect.type === "reply") return effect.reply;
  throw new Error("no reply");
}

function unitOf(assignment: Assignment | undefined): UnitIndex | undefined {
  return assignment?.runs[0]?.start;
}

it("BOINC's replication asks two users, a third where they differ, and gives up after as many as it may", () => {
  const project = new Project(1, false);
  for (const who of [1, 2, 3, 4, 5]) project.join(who);
  const [first, second] = [project.claim(1), project.claim(2)];
  if (!first || !second) throw new Error("no work");
  expect(project.claim(1)).toBeUndefined(); // one result a user
  expect(project.claim(3)).toBeUndefined(); // both are on their way
  expect(project.submit(first, RIGHT)).toEqual([]);
  expect(project.submit(second, WRONG)).toEqual([]);
  const third = project.claim(3);
  if (!third) throw new Error("no tie-break");
  expect(project.submit(third, RIGHT)).toEqual([RIGHT]);
  expect(project.isRunning).toBe(false);

  const divided = new Project(1, false);
  for (const who of [1, 2, 3, 4, 5]) divided.join(who);
  const ends = [1, 2, 3, 4].map((who) => {
    const assignment = divided.claim(who);
    if (!assignment) throw new Error(`no work for ${who}`);
    return divided.submit(assignment, String(who).repeat(64));
  });
  expect(ends).toEqual([[], [], [], ["failed"]]);
});

it("BOINC asks somebody else for what has not come within the delay bound", () => {
  const project = new Project(1, false);
  for (const who of [1, 2, 3]) project.join(who);
  expect(unitOf(project.claim(1))).toBe(0);
  expect(unitOf(project.claim(2))).toBe(0);
  project.tick(DELAY_BOUND_MS - 1);
  expect(project.claim(3)).toBeUndefined();
  project.tick(DELAY_BOUND_MS);
  expect(unitOf(project.claim(3))).toBe(0);
});

it("BOINC's adaptive replication trusts a host after ten valid results in a row, and no more once one was invalid", () => {
  const project = new Project(2000, true);
  for (const who of [1, 2, 3]) project.join(who);
  const turn = (who: number, digest: string) => {
    const assignment = project.claim(who);
    if (!assignment) throw new Error("no work");
    return project.submit(assignment, digest);
  };
  /** Units that one host alone has ended, of so many. */
  const alone = (who: number, turns: number) =>
    Array.from({ length: turns }, () => turn(who, RIGHT)).filter((ends) => ends.length > 0).length;
  // Two that are right meet in every unit until both are known.
  for (let round = 0; round < 9; round++) for (const who of [1, 2]) turn(who, RIGHT);
  expect(alone(1, 20)).toBe(0);
  alone(2, 60);
  const trusted = alone(1, 200);
  expect(trusted).toBeGreaterThan(120);
  // What it is compared in and loses sets it back to where it was.
  for (let round = 0; round < 200; round++) turn(1, WRONG);
  alone(2, 400);
  alone(3, 400);
  expect(alone(1, 20)).toBeLessThan(trusted / 10);
});

it("BOINC's policies cost what they are known to cost, and adaptive replication accepts what a sleeper tells", () => {
  const small = { f: 0.1, units: 20_000, seeds: 2, firstSeed: 1, seats: 50, quorum: 2, audit: null, check: false };
  expect(runCell({ ...small, tier: "boinc", adversary: "casual" })).toMatchObject({ executionsPerUnit: 2, acceptedWrong: 0, failed: 0 });
  const adaptive = runCell({ ...small, tier: "boinc-adaptive", adversary: "casual" });
  expect(adaptive).toMatchObject({ acceptedWrong: 0, failed: 0 });
  expect(adaptive.executionsPerUnit).toBeGreaterThan(1);
  expect(adaptive.executionsPerUnit).toBeLessThan(1.8);
  const [replicated, trusting] = (["boinc", "boinc-adaptive"] as const).map((tier) => runCell({ ...small, tier, adversary: "sleeper" }));
  expect(trusting?.acceptedWrong).toBeGreaterThan(2 * (replicated?.acceptedWrong ?? 1));
});
