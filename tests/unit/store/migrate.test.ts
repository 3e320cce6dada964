import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { migrate, SCHEMA_VERSION } from "../../../server/store/migrate.ts";
import { schemaFaults } from "../../../server/store/schema-check.ts";
import { openStopped } from "../../../server/store/stopped.ts";
import type { AccountId, JobId } from "../../../shared/ids.ts";
import { bytesOf, digest, final, openStore, temporaryFolder, unit } from "./place.ts";

const RELEASED = ["0.1.0"] as const;
const [OPEN, DONE, GONE] = [1, 2, 3] as [JobId, JobId, JobId];
const [ONE, TWO] = [1, 2] as [AccountId, AccountId];

/** A store over what a released program left behind. */
async function storeOf(release: string, at?: string) {
  const path = at ?? join(await temporaryFolder(), "idlewave.db");
  const sql = await readFile(new URL(`../../fixtures/schema/${release}.sql`, import.meta.url), "utf8");
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return openStore(path);
}

it("counts what the visitors of a site give from when that began to be counted", () => {
  const database = new DatabaseSync(":memory:");
  onTestFinished(() => database.close());
  migrate(database, 12);
  database.exec("INSERT INTO sites (origin, name, created_at) VALUES ('https://blog.example', 'Blog', 1)");
  const before = Math.floor(Date.now() / 1000) * 1000;
  migrate(database);
  const { units, counted_from } = database.prepare("SELECT units, counted_from FROM sites").get() as {
    units: number;
    counted_from: number;
  };
  expect([units, counted_from >= before]).toEqual([0, true]);
});

describe.each(RELEASED)("a database of %s", (release) => {
  it("has the tables and indexes of a new one, and no others", async () => {
    const path = join(await temporaryFolder(), "idlewave.db");
    const store = await storeOf(release, path);
    await store.tokens();
    await store.close();
    const database = openStopped(path);
    onTestFinished(() => database.close());
    expect(schemaFaults(database, SCHEMA_VERSION)).toEqual({ missing: [], changed: [], foreign: [], tablesStand: true });
  });

  it("keeps every credit and every count", async () => {
    const store = await storeOf(release);
    expect(await store.account(ONE)).toMatchObject({
      creditEscrow: 2.5,
      creditFinal: 15,
      unitsSubmitted: 9,
      unitsFinal: 6,
      gpuMicros: 13_500,
    });
    expect(await store.account(TWO)).toMatchObject({ creditEscrow: 2.5, creditFinal: 12.5, unitsFinal: 5, unitsRefused: 1 });
    expect(await store.tally(OPEN)).toEqual({
      counted: 7,
      refused: 1,
      recorded: 5,
      final: 2,
      audited: 0,
      checked: 0,
      checkedSlices: 0,
      gpuMicros: 0,
    });
    expect(await store.tokenOf(digest("secret"))).toMatchObject({ name: "admin", admin: true });
  });

  it("takes every job that was public for one that had started", async () => {
    const store = await storeOf(release);
    expect((await store.jobs()).map(({ startedAt }) => startedAt)).toEqual([1000, 1000, 1000]);
  });

  it("takes no job for one that was measured", async () => {
    const store = await storeOf(release);
    expect((await store.jobs()).map(({ canary }) => canary)).toEqual([null, null, null]);
    expect(await store.spec(OPEN)).toMatchObject({ measured: false });
  });

  it("keeps what is under way, so that a restart goes on with it", async () => {
    const store = await storeOf(release);
    const { final, failed, open } = await store.history(OPEN);
    expect({ final, failed }).toEqual({
      final: [
        { start: 0, length: 1 },
        { start: 8, length: 1 },
      ],
      failed: [9],
    });
    const facts = open.map(({ unit, account, cluster, digest, status, credit, hasBytes }) => ({
      unit,
      account,
      cluster,
      digest,
      status,
      credit,
      hasBytes,
    }));
    expect(facts).toEqual([
      { unit: 7, account: ONE, cluster: "net:1:1", digest: digest("x"), status: "ok", credit: 2.5, hasBytes: true },
      { unit: 7, account: TWO, cluster: "net:1:2", digest: digest("y"), status: "ok", credit: 2.5, hasBytes: false },
    ]);
  });

  it("owes nobody a signature for what was recorded before there were any", async () => {
    const store = await storeOf(release);
    const { open } = await store.history(OPEN);
    expect(open.map(({ statement, signed }) => [statement, signed])).toEqual(open.map(() => [0, true]));
    expect(await store.lastStatement()).toBe(0);
    const { creditFinal = 0, creditEscrow = 0 } = (await store.account(ONE)) ?? {};
    await store.commit([bytesOf(OPEN, 7, "y"), final(OPEN, 7, "x", [ONE, [TWO, "y"]])]);
    expect(await store.account(ONE)).toMatchObject({ creditFinal: creditFinal + 2.5, creditEscrow: creditEscrow - 2.5 });
  });

  it("keeps results, short, long and in the blob store", async () => {
    const store = await storeOf(release);
    expect((await store.finals(OPEN, unit(0), 10)).map((row) => [row.unit, row.digest, row.bytes?.byteLength, row.at])).toEqual([
      [0, digest("a"), 1, 3000],
      [8, digest("l".repeat(2000)), 2000, 3000],
    ]);
    expect((await store.finals(DONE, unit(0), 10)).map((row) => [row.unit, row.digest, row.bytes?.byteLength])).toEqual([
      [0, digest("w0"), 2],
      [1, digest("w1"), 2],
      [2, digest("w2"), undefined],
    ]);
  });

  it("keeps what became of each replica", async () => {
    const store = await storeOf(release);
    expect((await store.unitsOf(OPEN, TWO)).units).toEqual([
      { unit: 8, outcome: "final" },
      { unit: 7, outcome: "open" },
      { unit: 0, outcome: "refused" },
    ]);
    expect((await store.unitsOf(GONE, ONE)).units).toEqual([
      { unit: 1, outcome: "void" },
      { unit: 0, outcome: "final" },
    ]);
    expect(await store.refused(OPEN, 10)).toMatchObject([
      { unit: 0, account: TWO, digest: digest("lie"), canonical: digest("a"), at: 3000 },
    ]);
  });
});
