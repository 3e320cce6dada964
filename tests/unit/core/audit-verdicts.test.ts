/** What the auditor's result says of those who gave one, as the core remembers it. */
import { describe, expect, it } from "vitest";
import { MAX_CONTRADICTED } from "../../../server/core/ruling.ts";
import type { Account } from "../../../server/core/state.ts";
import { audited, disputeAll } from "./audited.ts";
import { account, JOB, type World } from "./world.ts";

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
