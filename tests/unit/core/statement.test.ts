/** Credit vests when its unit is final and its statement signed: whatever comes first, over crashes, once. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Assignment, Timeless } from "../../../server/core/events.ts";
import { isOver } from "../../../server/core/store.ts";
import type { StatementId } from "../../../shared/ids.ts";
import { Ledger } from "../../core-check/ledger.ts";
import { account, JOB, jobSpec, markOf, unit, World } from "./world.ts";

const ACCOUNTS = [1, 2, 3, 4];
const LIAR = 4;

/** A world that keeps a book of its own: what was escrowed and settled under which statement, and which are signed. */
class Booked extends World {
  // Made by the first event, which comes before a subclass has fields.
  declare private book: { under: number; by: number; escrow: number; earned: number }[] | undefined;
  declare private signed: Set<number> | undefined;

  override send(event: Timeless): ReturnType<World["send"]> {
    const told = super.send(event);
    this.book ??= [];
    this.signed ??= new Set();
    for (const effect of told.effects) {
      if (effect.type !== "store") continue;
      const { op } = effect;
      if (op.type === "signed") this.signed.add(op.statement);
      if (op.type === "replica") {
        const { account: by, statement: under, credit: escrow } = op.replica;
        this.book.push({ under, by, escrow, earned: 0 });
      }
      if (op.type !== "final" && op.type !== "unit-failed") continue;
      for (const { account: by, statement: under, credit, outcome } of op.settled)
        this.book.push({ under, by, escrow: -credit, earned: outcome === "final" ? credit : 0 });
    }
    return told;
  }

  /** What the account must have. */
  creditOf(id: number): { escrow: number; final: number } {
    const credit = { escrow: 0, final: 0 };
    for (const { under, by, escrow, earned } of this.book ?? []) {
      if (by !== id) continue;
      credit.escrow += escrow + (this.signed?.has(under) ? 0 : earned);
      credit.final += this.signed?.has(under) ? earned : 0;
    }
    return credit;
  }

  checkCredit(): void {
    for (const id of ACCOUNTS) expect(this.ledger.credit.get(account(id)) ?? { escrow: 0, final: 0 }).toEqual(this.creditOf(id));
  }
}

const who = fc.constantFrom(...ACCOUNTS);
const Command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("claim" as const), who }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("submit" as const), which: fc.nat(99), inline: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("sign" as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("abandon" as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("sign-late" as const), which: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
);

describe("credit", () => {
  it("vests once, exactly where a unit is final and its statement signed, in any order and over restarts", () => {
    fc.assert(
      fc.property(fc.array(Command, { minLength: 10, maxLength: 80 }), (history) => {
        const world = new Booked({ units: 12, maxReplicas: 20 });
        const assignments: Assignment[] = [];
        const left: { by: number; statement: StatementId }[] = [];
        for (const command of history) {
          if (command.do === "claim") {
            const reply = world.claim(world.join(command.who), 3);
            if (reply.type === "assigned") assignments.push(reply.assignment);
          } else if (command.do === "submit") {
            const assignment = assignments[command.which % Math.max(1, assignments.length)];
            const liar = assignment?.account === LIAR ? "!" : "";
            if (assignment) world.submit(assignment, { liar, inline: command.inline, signed: false });
          } else if (command.do === "sign") world.sign(command.who);
          else if (command.do === "abandon") left.push({ by: command.who, statement: world.abandon(command.who) });
          else if (command.do === "sign-late") {
            const late = left[command.which % Math.max(1, left.length)];
            // Signed twice: two connections may have the same thought.
            for (let time = 0; late && time < 2; time++) world.signLate(late.by, late.statement);
          } else world.restart();
          world.checkCredit();
        }
        for (let id = 100; !isOver(world.job()) && id < 150; id++) {
          world.work(world.join(id));
          world.tick(61_000);
        }
        for (const { by, statement } of left) world.signLate(by, statement);
        for (const id of ACCOUNTS) world.sign(id);
        world.checkCredit();
        expect(world.job().state).toBe("done");
        for (const { escrow } of world.ledger.credit.values()) expect(escrow).toBe(0);
        expect(world.state.statements.size).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it("of units that are final stays in escrow while nobody signs, and the units are final all the same", () => {
    const world = new World({ units: 1 });
    for (const id of [1, 2]) world.submit(world.assignment(world.join(id)), { signed: false });
    expect(world.job().state).toBe("done");
    expect(world.ledger.credit.get(account(1))).toEqual({ escrow: 1, final: 0 });
    world.sign(1);
    expect(world.ledger.credit.get(account(1))).toEqual({ escrow: 0, final: 1 });
    expect(world.ledger.credit.get(account(2))).toEqual({ escrow: 1, final: 0 });
  });

  it("of a replica that lost is nobody's, signed or not", () => {
    const world = new World({ units: 1 });
    world.submit(world.assignment(world.join(LIAR)), { liar: "!" });
    for (const id of [1, 2]) world.submit(world.assignment(world.join(id)), { signed: false });
    expect(world.ledger.credit.get(account(LIAR))).toEqual({ escrow: 0, final: 0 });
  });
});

describe("the ledger", () => {
  const mark = { type: "statement", account: account(1), ...markOf(1), at: 1 } as const;
  const signed = { type: "signed", statement: mark.statement, account: account(1), signature: new Uint8Array(64), at: 2 } as const;
  const observe = (...ops: Parameters<Ledger["observe"]>[0][number][]) => {
    const ledger = new Ledger();
    ledger.addJob(jobSpec({ units: 1 }));
    return ledger.observe(ops);
  };
  const store = <Op>(op: Op) => ({ type: "store", op }) as const;

  it("has no statement go on once it is signed, and none of two accounts", () => {
    expect(() => observe(store(mark), store(mark), store(signed), store(signed))).not.toThrow();
    expect(() => observe(store(mark), store(signed), store(mark))).toThrow("is signed and goes on");
    expect(() => observe(store(mark), store({ ...mark, account: account(2) }))).toThrow("is of two accounts");
    expect(() => observe(store(mark), store({ ...signed, account: account(2) }))).toThrow("is signed for an account");
  });

  it("has no replica under a statement that is signed, or another's", () => {
    const replica = {
      job: JOB,
      unit: unit(0),
      cluster: "a",
      assignment: "",
      digest: "",
      status: "ok",
      gpuMicros: 1,
      credit: 1,
      at: 2,
    } as const;
    const by = (id: number) =>
      store({ type: "replica", replica: { ...replica, account: account(id), statement: mark.statement } } as const);
    expect(() => observe(store(mark), by(1))).not.toThrow();
    expect(() => observe(store(mark), store(signed), by(1))).toThrow("under no statement");
    expect(() => observe(store(mark), by(2))).toThrow("under no statement");
  });
});
