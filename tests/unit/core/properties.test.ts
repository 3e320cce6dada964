/** The trust model's invariants over random histories; each step is checked by `World`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AUDITOR } from "../../../server/core/cluster.ts";
import type { Assignment, UnitCheck } from "../../../server/core/events.ts";
import { MAX_CHECK_WAIT_MS, whyNobodyChecks } from "../../../server/core/sampling.ts";
import { isThrottled } from "../../../server/core/standing.ts";
import { isOver } from "../../../server/core/store.ts";
import { type HostId, type UnitIndex, unitsOf } from "../../../shared/ids.ts";
import { account, digestOf, JOB, results, unit, World } from "./world.ts";

const UNITS = 40;
const ACCOUNTS = 8;
/** Accounts that answer wrong, each in its own way: none of them has an accomplice. */
const LIARS = new Set([6, 7, 8]);

const AUDITOR_ACCOUNT = 50;

/** 150 histories take three to ten seconds of a core; beside other tests on a small machine far longer. */
const LIMIT_MS = 240_000;

const index = fc.nat(1000);
const Command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("join" as const), who: fc.integer({ min: 1, max: ACCOUNTS }), net: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), which: index }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("claim" as const), which: index, units: fc.nat(12), gpuMillis: fc.nat(5000) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("submit" as const),
      which: index,
      share: fc.integer({ min: 1, max: 4 }),
      inline: fc.boolean(),
      fails: fc.integer({ min: 0, max: 9 }).map((roll) => roll === 0),
      net: fc.nat(4),
      gpuMicros: fc.nat(1e6),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("bytes" as const), which: index, unit: fc.nat(UNITS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("release" as const), which: index, all: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("renew" as const), which: index, by: index }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("tick" as const), ms: fc.constantFrom(1000, 31_000, 61_000, MAX_CHECK_WAIT_MS / 2, 700_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("audit" as const), units: fc.integer({ min: 1, max: 4 }), fails: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("check" as const),
      tasks: fc.integer({ min: 1, max: 3 }),
      answered: fc.integer({ min: 0, max: 4 }),
      unrun: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "auditor-leaves" as const }) },
  { weight: 6, arbitrary: fc.constant({ do: "compare" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("verb" as const), verb: fc.constantFrom("pause" as const, "resume" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forget" as const), who: fc.integer({ min: 1, max: ACCOUNTS }) }) },
);
type Command = typeof Command extends fc.Arbitrary<infer C> ? C : never;

/** What an account answers; empty: what is right. */
const plainly = (who: number) => (LIARS.has(who) ? `lie of ${who}` : "");

/** Plays commands; what names nobody or nothing does nothing. */
function play(world: World, commands: readonly Command[], told = plainly): void {
  const assignments: Assignment[] = [];
  let auditor: HostId | undefined;
  let hosts: { host: HostId; who: number; net: string }[] = [];
  const at = <T>(list: readonly T[], which: number): T | undefined => list[which % Math.max(1, list.length)];
  for (const command of commands) {
    switch (command.do) {
      case "join": {
        const net = `net-${(command.who + command.net) % 6}`;
        hosts.push({ host: world.join(command.who, net), who: command.who, net });
        break;
      }
      case "leave": {
        const left = at(hosts, command.which);
        if (left) world.leave(left.host);
        hosts = hosts.filter((host) => host !== left);
        break;
      }
      case "claim": {
        const by = at(hosts, command.which);
        const reply = by && world.claim(by.host, command.units, null, command.gpuMillis);
        if (reply?.type === "assigned") assignments.push(reply.assignment);
        break;
      }
      case "submit": {
        const assignment = at(assignments, command.which);
        if (!assignment) break;
        const units = [...unitsOf(assignment.runs)].filter((_, place) => place % command.share === 0);
        world.submit(assignment, {
          units,
          liar: told(assignment.account),
          status: command.fails ? "failed" : "ok",
          inline: command.inline,
          gpuMicros: command.gpuMicros,
          cluster: `net-${(assignment.account + command.net) % 6}`,
        });
        break;
      }
      case "bytes": {
        const assignment = at(assignments, command.which);
        if (!assignment) break;
        const [result] = results([command.unit], { liar: told(assignment.account) });
        if (result) world.send({ type: "bytes", account: assignment.account, job: JOB, ...result });
        break;
      }
      case "release": {
        const assignment = at(assignments, command.which);
        const by = hosts.find((host) => host.who === assignment?.account);
        if (!assignment || !by) break;
        const units = command.all ? [] : [...unitsOf(assignment.runs)].slice(0, 1);
        world.send({ type: "release", host: by.host, assignment, units });
        break;
      }
      case "renew": {
        const assignment = at(assignments, command.which);
        const by = at(hosts, command.by);
        if (assignment && by) world.send({ type: "renew", host: by.host, assignment });
        break;
      }
      case "audit": {
        auditor ??= world.join(AUDITOR_ACCOUNT, AUDITOR);
        const reply = world.claim(auditor, command.units);
        if (reply.type !== "assigned") break;
        assignments.push(reply.assignment);
        const [first, ...rest] = unitsOf(reply.assignment.runs);
        if (first !== undefined)
          world.submit(reply.assignment, { units: [first], status: command.fails ? "failed" : "ok", cluster: AUDITOR });
        world.submit(reply.assignment, { units: rest.slice(1), inline: false, cluster: AUDITOR });
        break;
      }
      case "check":
        for (let taken = 0; taken < command.tasks; taken++) {
          const task = world.claimChecks();
          // What is not told of waits for its deadline.
          for (const each of task?.units.slice(0, command.answered) ?? []) checked(world, task?.id ?? "", each);
          if (task && command.unrun) world.send({ type: "check-unrun", job: JOB, task: task.id });
        }
        break;
      case "auditor-leaves":
        if (auditor !== undefined) world.leave(auditor);
        auditor = undefined;
        break;
      case "compare":
        world.compare();
        break;
      case "tick":
        world.tick(command.ms);
        break;
      case "restart":
        world.restart();
        hosts = [];
        auditor = undefined;
        break;
      case "verb":
        world.send({ type: "job-verb", job: JOB, verb: command.verb });
        break;
      case "forget":
        world.send({ type: "forget", account: account(command.who) });
        hosts = hosts.filter((host) => host.who !== command.who);
        break;
      default:
        command satisfies never;
    }
  }
}

/** Liars are wrong in one slice of two, and the auditor sees it where it was drawn: the unit is its own then, whatever else waits. A checker sees every lie, and the unit is others'. */
function checked(world: World, task: string, { unit, slices }: { unit: UnitIndex; slices: number[] }): void {
  const job = world.job();
  const digest = job.checkTasks.get(task)?.units.get(unit)?.digest;
  const isJudged = job.spec.check?.how === "checker";
  const isSame = digest === digestOf(unit) || (!isJudged && slices.every((slice) => slice % 2 === 1));
  world.send({ type: "check-report", job: JOB, task, unit, isSame });
  if (digest === undefined || isSame || whyNobodyChecks(world.state, job, world.now) !== "") return;
  if (!isJudged) expect(job.open.get(unit)?.hold).toBe("due");
  else expect(job.open.get(unit)?.rejected).toContain(digest);
}

/** Faults stop: honest volunteers of fresh networks come until there is nothing left to do. */
function drain(world: World): void {
  if (world.job().state === "paused") world.send({ type: "job-verb", job: JOB, verb: "resume" });
  for (const id of world.state.auditors) world.leave(id);
  world.comparesLater = false;
  world.compare();
  for (let round = 0; !isOver(world.job()); round++) {
    expect(round).toBeLessThan(50);
    world.work(world.join(100 + round, `fresh-${round}`));
    world.tick(61_000);
  }
}

const histories = fc.array(Command, { minLength: 20, maxLength: 160 });
const jobs = fc.record({
  quorum: fc.integer({ min: 1, max: 3 }),
  spare: fc.nat(5),
  units: fc.integer({ min: 1, max: UNITS }),
  measured: fc.boolean(),
});

describe("whatever volunteers do, in whatever order, with whatever crashes", { timeout: LIMIT_MS }, () => {
  it("results are unique and have their bytes, votes are of distinct clusters, credit counts once, and every unit ends", () => {
    fc.assert(
      fc.property(jobs, histories, ({ quorum, spare, units, measured }, history) => {
        const world = new World({ quorum, units, maxReplicas: quorum + spare, measured });
        play(world, history);
        drain(world);
        expect(world.job().pages.ended === units || world.job().state === "failed").toBe(true);
        for (const { escrow } of world.ledger.credit.values()) expect(escrow).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it("no lie becomes a result while liars have no accomplices", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = new World({ units: UNITS, maxReplicas: 12 });
        play(world, history);
        drain(world);
        for (const [index, digest] of world.ledger.finals(JOB)) expect(digest).toBe(digestOf(index));
      }),
      { numRuns: 150 },
    );
  });

  it("no honest volunteer has a result refused, or is throttled for what it did, while liars have no accomplices", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = new World({ units: UNITS, maxReplicas: 12 });
        play(world, history);
        for (const [id, honest] of world.state.accounts) {
          if (LIARS.has(id)) continue;
          // What others of its cluster did is left out here: liars share them.
          expect([honest.refused, isThrottled(honest, honest)]).toEqual([0, false]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("the same events give the same effects", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const hashes = [1, 2].map(() => {
          const world = new World({ units: UNITS });
          play(world, history);
          return world.traceHash();
        });
        expect(hashes[0]).toBe(hashes[1]);
      }),
      { numRuns: 30 },
    );
  });
});

describe("units that one volunteer computes and the auditor checks", { timeout: LIMIT_MS }, () => {
  const tiers = fc.constantFrom<UnitCheck>(
    { how: "slices", slices: 16, why: "" },
    { how: "slices", slices: 0, why: "opaque" },
    { how: "checker", bytes: 8, micros: 10, why: "" },
    { how: "checker", bytes: 8, micros: 10, why: "it accepts noise" },
    { how: "whole" },
  );

  it("none is final without its check, a second vote or the auditor's own result, no lie becomes final, and every unit ends", () => {
    fc.assert(
      fc.property(tiers, histories, (check, history) => {
        const world = new World({ units: UNITS, maxReplicas: 12, check });
        play(world, history);
        drain(world);
        expect(world.job().pages.ended === UNITS || world.job().state === "failed").toBe(true);
        for (const [index, digest] of world.ledger.finals(JOB)) expect(digest).toBe(digestOf(index));
        for (const { escrow } of world.ledger.credit.values()) expect(escrow).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe("results that are compared within a tolerance, some time after they came", { timeout: LIMIT_MS }, () => {
  const tiers = fc.constantFrom<UnitCheck | undefined>(undefined, { how: "whole" });
  // Honest machines round differently, up to a tolerance apart; liars are beyond it, and one of them is not finite.
  const told = (who: number) => {
    if (who === 8) return "NaN";
    if (LIARS.has(who)) return `lie of ${who}`;
    // The auditor's account may answer late as a volunteer, with what it has told as the auditor.
    return who === AUDITOR_ACCOUNT ? "" : `${(who - 1) / 4}`;
  };

  it("no lie becomes a result, no honest one is refused, and every unit ends, while liars have no accomplices", () => {
    fc.assert(
      fc.property(tiers, fc.integer({ min: 2, max: 3 }), histories, (check, quorum, history) => {
        const world = new World({ units: UNITS, maxReplicas: 12, floats: true, tolerant: true, quorum, check });
        world.comparesLater = true;
        play(world, history, told);
        drain(world);
        expect(world.job().pages.ended === UNITS || world.job().state === "failed").toBe(true);
        for (const digest of world.ledger.finals(JOB).values()) expect(Number(world.nameOf(digest))).toBeLessThanOrEqual(1);
        for (const [id, { refused }] of world.state.accounts) if (!LIARS.has(id)) expect(refused).toBe(0);
        for (const { escrow } of world.ledger.credit.values()) expect(escrow).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a restart", () => {
  it("keeps votes, final units and wanted bytes, and loses leases only", () => {
    const world = new World({ units: 6 });
    const one = world.join(1);
    const first = world.assignment(one, 4);
    world.submit(first);
    const second = world.assignment(world.join(2), 4);
    world.submit(second);
    const third = world.assignment(world.join(3), 4);
    world.submit(third, { inline: false, units: [...unitsOf(third.runs)].slice(0, 1), liar: "!" });
    const before = {
      final: world.job().pages.final,
      open: world.job().open.size,
      counted: world.job().counted,
      recorded: world.job().recorded,
    };
    expect(before.final).toBeGreaterThan(0);
    world.restart();
    const after = {
      final: world.job().pages.final,
      open: world.job().open.size,
      counted: world.job().counted,
      recorded: world.job().recorded,
    };
    expect(after).toEqual(before);
    expect(world.job().pages.leased).toBe(0);
    const open = [...unitsOf(first.runs)].filter((index) => !world.job().pages.isFinal(index)).slice(0, 1);
    expect(world.submit(first, { units: open })).toEqual(["duplicate"]);
    const [result] = results([[...unitsOf(third.runs)][0] ?? 0], { liar: "!" });
    if (!result) throw new Error("no result");
    expect(world.send({ type: "bytes", account: account(3), job: JOB, ...result }).reply).toEqual({ type: "done" });
    drain(world);
    expect(world.job().pages.final).toBe(6);
    expect(world.job().pages.isFinal(unit(5))).toBe(true);
  });
});
