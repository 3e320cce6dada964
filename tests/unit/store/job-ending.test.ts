/** A job is broken off while many of its pages are open: random jobs, steps, commits beside them, and crashes between. */
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { StoreOp } from "../../../server/core/store.ts";
import { examine } from "../../../server/store/doctor.ts";
import { checkLedger } from "../../../server/store/ledger-checks.ts";
import type { SqliteStore } from "../../../server/store/sqlite.ts";
import { openStopped } from "../../../server/store/stopped.ts";
import type { AccountId, JobId } from "../../../shared/ids.ts";
import { Dice } from "../../simulation/dice.ts";
import { bytesOf, final, jobRow, openStore, publicKey, replica, SPEC, temporaryFolder, unit } from "./place.ts";

const NAME = "idlewave.sqlite";
const PAGE = 4096;
const PAGES = 60;

interface Begun {
  store: SqliteStore;
  job: JobId;
  other: JobId;
  accounts: AccountId[];
}

/** A job with open and final units in many pages, cancelled; and another one. */
async function cancelled(folder: string, dice: Dice): Promise<Begun> {
  const store = openStore(join(folder, NAME));
  const { id: job } = await store.addJob(jobRow(), { ...SPEC, units: PAGES * PAGE });
  const { id: other } = await store.addJob(jobRow(), SPEC);
  const accounts: AccountId[] = [];
  for (const key of [1, 2, 3]) accounts.push((await store.accountOf(publicKey(key), 1)).id);
  const ops: StoreOp[] = [];
  for (let page = 0; page < PAGES; page++) {
    const count = page === 7 ? 1_500 : 1 + dice.below(40);
    for (let slot = 0; slot < count; slot++) {
      const index = page * PAGE + slot;
      const by = accounts.filter(() => dice.chance(0.7));
      ops.push(...by.map((account) => replica(job, index, account, `u${index}`)));
      if (by.length > 0) ops.push(bytesOf(job, index, `u${index}`));
      if (by.length > 0 && dice.chance(0.4)) ops.push(final(job, index, `u${index}`, by));
    }
  }
  await store.commit(ops);
  await store.commit([{ type: "job-state", job, state: "cancelled", reason: "", at: 77 }]);
  return { store, job, other, accounts };
}

/** What others see of the job. */
async function seen({ store, job, accounts }: Begun, pages: readonly number[]) {
  const own = await Promise.all(accounts.map((account) => store.unitsOf(job, account, PAGES * PAGE, 5_000)));
  const rows = await Promise.all(pages.map((page) => store.unit(job, unit(page * PAGE))));
  return {
    tally: await store.tally(job),
    finals: (await store.finals(job, unit(0), 10_000)).map(({ unit, digest }) => `${unit} ${digest}`),
    own: own.map(({ units, next }) => [units.map(({ unit, outcome }) => `${unit} ${outcome}`), next]),
    units: rows.map((row) => row && [row.ended, row.replicas.map(({ account, outcome }) => [account, outcome])]),
    open: await store.hasOpenCluster("net-"),
  };
}

/** The files as they are on disk now: what a process leaves that is killed. */
async function crashed(from: string, to: string): Promise<string> {
  await mkdir(to);
  for (const suffix of ["", "-wal"]) await cp(join(from, NAME + suffix), join(to, NAME + suffix));
  return to;
}

async function escrows({ store, accounts }: Begun): Promise<number[]> {
  return await Promise.all(accounts.map(async (account) => (await store.account(account))?.creditEscrow ?? Number.NaN));
}

function unwell(folder: string): string[] {
  const database = openStopped(join(folder, NAME));
  try {
    return checkLedger(database).checks.flatMap(({ check, broken }) => (broken.length > 0 ? [check, ...broken] : []));
  } finally {
    database.close();
  }
}

describe("a job that is broken off", () => {
  it.each([1, 2])("is voided in steps, and reads alike before, between and after, over crashes and commits (seed %i)", async (seed) => {
    const dice = new Dice(seed);
    let folder = await temporaryFolder();
    let begun = await cancelled(folder, dice);
    const pages = Array.from({ length: 12 }, () => dice.below(PAGES));
    const before = await seen(begun, pages);
    expect(before.open).toBe(false);
    let held = await escrows(begun);
    expect(Math.min(...held)).toBeGreaterThan(0);
    let steps = 1;
    let elsewhere = 0;
    for (; await begun.store.endJob(begun.job); steps++) {
      const left = await escrows(begun);
      for (const [index, escrow] of left.entries()) expect(escrow).toBeLessThanOrEqual(held[index] ?? 0);
      held = left;
      const [one] = begun.accounts;
      if (one && dice.chance(0.5)) {
        await begun.store.commit([
          replica(begun.other, elsewhere, one, "a"),
          bytesOf(begun.other, elsewhere, "a"),
          final(begun.other, elsewhere, "a", [one]),
        ]);
        elsewhere++;
      }
      expect(await seen(begun, pages)).toEqual(before);
      if (!dice.chance(0.6)) continue;
      expect(unwell(await crashed(folder, join(await temporaryFolder(), "examined")))).toEqual([]);
      folder = await crashed(folder, join(await temporaryFolder(), "killed"));
      await begun.store.close();
      begun = { ...begun, store: openStore(join(folder, NAME)) };
      expect(await seen(begun, pages)).toEqual(before);
    }
    expect(steps).toBeGreaterThan(3);
    expect(await escrows(begun)).toEqual([0, 0, 0]);
    expect(await seen(begun, pages)).toEqual(before);
    expect(await begun.store.tally(begun.other)).toMatchObject({ final: elsewhere });
    await begun.store.close();
    expect(unwell(folder)).toEqual([]);
  });

  it("is known to the doctor until all is voided", async () => {
    const folder = await temporaryFolder();
    const { store, job } = await cancelled(folder, new Dice(5));
    expect(await store.endJob(job)).toBe(true);
    await store.close();
    const noteOf = async () => {
      for await (const finding of examine(folder)) if (finding.check.startsWith("Credit for what jobs")) return finding;
      return undefined;
    };
    expect(await noteOf()).toMatchObject({
      holds: true,
      found: expect.stringMatching(/^\d+ pages are left$/),
      todo: expect.stringMatching(/start/),
    });
    const again = openStore(join(folder, NAME));
    while (await again.endJob(job));
    await again.close();
    expect(await noteOf()).toMatchObject({ holds: true, found: "nothing is left", todo: "" });
  });
});
