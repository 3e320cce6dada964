/** What the auditor's result says of those who gave one, as the core remembers it. */
import { describe, expect, it } from "vitest";
import { MAX_CONTRADICTED } from "../../../server/core/audit.ts";
import { AUDITOR } from "../../../server/core/cluster.ts";
import { MAX_WATCHED, WATCH_MS, watch } from "../../../server/core/sentence.ts";
import type { Account } from "../../../server/core/state.ts";
import type { StoreOp } from "../../../server/core/store.ts";
import { Ledger } from "../../core-check/ledger.ts";
import { audited, disputeAll } from "./audited.ts";
import { account, digestOf, JOB, jobSpec, markOf, unit, type World } from "./world.ts";

function known(world: World, id: number): Account {
  const found = world.state.accounts.get(account(id));
  if (!found) throw new Error(`account ${id} is not known`);
  return found;
}

describe("whoever errs alone", () => {
  it("is proven wrong by the fourth error and by none before, is not banned for it, and begins anew", () => {
    for (const errors of [MAX_CONTRADICTED - 1, MAX_CONTRADICTED]) {
      const { world, auditor } = audited({ units: errors });
      disputeAll(world, JOB);
      for (const id of [1, 2]) Object.assign(known(world, id), { final: 5 });
      world.audit(auditor);
      const isProven = errors === MAX_CONTRADICTED;
      for (const id of [1, 2]) {
        expect(world.ledger.watched.has(`account:${id}`)).toBe(isProven);
        expect(known(world, id).record).toEqual({ passed: 0, proven: 0, convictedAt: isProven ? world.now : 0 });
        expect(known(world, id)).toMatchObject(isProven ? { contradicted: 0, final: 0 } : { contradicted: errors, final: 5 });
        expect(known(world, id).pace.size).toBe(isProven ? 0 : 1);
      }
    }
  });

  it("has an error less to its account for each audit that it passes", () => {
    const { world, auditor } = audited({ units: 2 });
    for (const id of [1, 2]) world.work(world.join(id));
    for (const [id, errors] of [
      [1, 3],
      [2, 0],
    ] as const)
      Object.assign(known(world, id), { contradicted: errors });
    world.audit(auditor);
    expect([1, 2].map((id) => known(world, id).contradicted)).toEqual([1, 0]);
    expect([1, 2].map((id) => known(world, id).record.passed)).toEqual([2, 2]);
  });
});

describe("whoever was right in a dispute", () => {
  it("has passed no audit: it may have made it up with the other side", () => {
    const { world, auditor } = audited({ units: 1 });
    world.submit(world.assignment(world.join(1)), { liar: "!" });
    world.submit(world.assignment(world.join(2)));
    world.audit(auditor);
    expect(known(world, 2).record.passed).toBe(0);
  });
});

describe("an agreement that the auditor finds wrong", () => {
  it("is counted as overruled, and what differed in a dispute is not", () => {
    for (const [liars, overruled] of [
      [["!", "!"], 1],
      [["!", "?"], 0],
    ] as const) {
      const { world, auditor } = audited({ units: 1 });
      for (const [at, liar] of liars.entries()) world.submit(world.assignment(world.join(at + 1)), { liar });
      world.audit(auditor);
      expect(world.job().overruled).toBe(overruled);
    }
  });
});

describe("a watched cluster", () => {
  it("is forgotten when its week is over, and not before", () => {
    const { world } = audited();
    watch(world.state, "net:x", world.now + WATCH_MS);
    world.tick(WATCH_MS - 1);
    expect(world.state.watched.has("net:x")).toBe(true);
    world.tick(1);
    expect(world.state.watched.has("net:x")).toBe(false);
  });

  it("is forgotten earlier when too many are: those first that have not been found out for longest", () => {
    const { state, now } = audited().world;
    for (let i = 0; i < MAX_WATCHED; i++) watch(state, `net:${i}`, now + 1);
    watch(state, "net:0", now + 2);
    expect(state.watched.size).toBe(MAX_WATCHED);
    watch(state, "net:new", now + 2);
    expect(state.watched.size).toBe(MAX_WATCHED);
    expect(["net:0", "net:1", "net:new"].map((name) => state.watched.has(name))).toEqual([true, false, true]);
  });
});

describe("an account that is proven wrong", () => {
  it("has its cluster watched by the name that is kept of it", () => {
    const { world, auditor } = audited({ units: 1 });
    for (const id of [1, 2]) {
      const cluster = `net:1:${id} net:2:${id}`;
      world.submit(world.assignment(world.join(id, cluster)), { liar: "!", cluster });
    }
    world.audit(auditor);
    expect([...world.ledger.watched.keys()].toSorted()).toEqual(["net:1:1", "net:1:2"]);
    expect([...world.state.watched.keys()].toSorted()).toEqual(["net:1:1", "net:1:2"]);
  });
});

describe("the ledger", () => {
  const digest = digestOf(0);
  const row = (id: number, cluster: string) => {
    const by = { account: account(id), cluster, assignment: `${id}` };
    return {
      job: JOB,
      unit: unit(0),
      ...by,
      digest,
      status: "ok",
      gpuMicros: 1,
      credit: 1,
      statement: markOf(id).statement,
      at: 1,
    } as const;
  };
  const end = (audited: "no" | "surprise", ...outcomes: ("final" | "void")[]) => {
    const settled = outcomes.map((outcome, at) => ({
      account: account(at + 1),
      credit: 1,
      outcome,
      digest,
      statement: markOf(at + 1).statement,
      signed: false,
    }));
    return { type: "final", job: JOB, unit: unit(0), digest, audited, settled, at: 3 } as const;
  };
  const ledgerOf = (...clusters: string[]) => {
    const ledger = new Ledger();
    ledger.addJob(jobSpec({ units: 1 }));
    const ops: StoreOp[] = clusters.flatMap((cluster, at): StoreOp[] => [
      { type: "statement", account: account(at + 1), ...markOf(at + 1), at: 1 },
      { type: "replica", replica: row(at + 1, cluster) },
    ]);
    ops.push({ type: "bytes", job: JOB, unit: unit(0), digest, bytes: null });
    ledger.observe(ops.map((op) => ({ type: "store", op })));
    return (...more: StoreOp[]) => ledger.observe(more.map((op) => ({ type: "store", op })));
  };
  const struck = { type: "proven-wrong", account: account(1), cluster: "a", alike: true, at: 2, watchedUntil: 9 } as const;

  it("wants a quorum, or the auditor, behind what is final, and the word that it was audited", () => {
    expect(() => ledgerOf("a", "b")(end("no", "final", "final"))).not.toThrow();
    expect(() => ledgerOf("a")(end("no", "final"))).toThrow("1 clusters for a quorum of 2");
    expect(() => ledgerOf("a", AUDITOR)(end("no", "final", "final"))).toThrow("is audited, or is not");
    expect(() => ledgerOf("a", "b")(end("surprise", "final", "final"))).toThrow("is audited, or is not");
    expect(() => ledgerOf("a")({ ...end("no", "final"), audited: "slices", slices: 3 })).toThrow("was checked by slices");
  });

  it("wants no vote and no credit for who was proven wrong", () => {
    expect(() => ledgerOf("a", "b")(struck, end("no", "void", "final"))).toThrow("1 clusters for a quorum of 2");
    expect(() => ledgerOf("a", "b", "c")(struck, end("no", "final", "final", "final"))).toThrow("was proven wrong and is paid");
    expect(() => ledgerOf("a", "b", "c")(struck, end("no", "void", "final", "final"))).not.toThrow();
  });
});
