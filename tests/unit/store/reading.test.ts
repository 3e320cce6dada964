/** Reads of pages beside commits that change, pack and damage them. */
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { describe, expect, it } from "vitest";
import type { StoreOp } from "../../../server/core/store.ts";
import type { SqliteStore } from "../../../server/store/sqlite.ts";
import type { AccountId, JobId } from "../../../shared/ids.ts";
import { bytesOf, final, jobRow, openStore, publicKey, replica, SPEC, temporaryFolder, unit } from "./place.ts";

const UNITS = 100;

/** A job all of whose units are final in an open page. */
async function finished(): Promise<{ path: string; store: SqliteStore; job: JobId; account: AccountId }> {
  const path = join(await temporaryFolder(), "idlewave.db");
  const store = openStore(path);
  const { id: job } = await store.addJob(jobRow(), { ...SPEC, units: UNITS });
  const { id: account } = await store.accountOf(publicKey(1), 1);
  const ops = Array.from({ length: UNITS }, (_, index): StoreOp[] => [
    replica(job, index, account, `u${index}`),
    bytesOf(job, index, `u${index}`),
    final(job, index, `u${index}`, [account]),
  ]);
  await store.commit(ops.flat());
  return { path, store, job, account };
}

const ended = (job: JobId): StoreOp => ({ type: "page-ended", job, page: 0 });

describe("a page", () => {
  it("is read whole whenever a commit packs it meanwhile", async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { store, job, account } = await finished();
      const packing = store.commit([ended(job)]);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const [all, one, own] = await Promise.all([store.finals(job, unit(0), 1000), store.final(job, unit(5)), store.unitsOf(job, account)]);
      await packing;
      expect([turns, all.length, one?.unit, own.units.length]).toEqual([turns, UNITS, 5, UNITS]);
      await store.close();
    }
  });

  it("is read whole when many others are read at once", async () => {
    const { store, account } = await finished();
    const others: JobId[] = [];
    for (let n = 0; n < 12; n++) {
      const { id } = await store.addJob(jobRow(), SPEC);
      await store.commit([replica(id, 0, account, "a"), bytesOf(id, 0, "a"), final(id, 0, "a", [account])]);
      others.push(id);
    }
    const { id: half } = await store.addJob(jobRow(), { ...SPEC, units: UNITS });
    const settle = async (index: number) =>
      await store.commit([replica(half, index, account, "a"), bytesOf(half, index, "a"), final(half, index, "a", [account])]);
    await settle(0);
    expect(await store.finals(half, unit(0), 1000)).toHaveLength(1);
    await settle(1);
    const [all] = await Promise.all([store.finals(half, unit(0), 1000), ...others.map((other) => store.final(other, unit(0)))]);
    expect(all).toHaveLength(2);
  });

  it("shows what was added since it was last read", async () => {
    const { store, job, account } = await finished();
    const { id: two } = await store.accountOf(publicKey(2), 1);
    const { id: other } = await store.addJob(jobRow(), SPEC);
    await store.commit([replica(other, 0, account, "a"), bytesOf(other, 0, "a")]);
    expect(await store.finals(other, unit(0), 10)).toEqual([]);
    await store.commit([replica(other, 0, two, "a"), final(other, 0, "a", [account, two])]);
    expect((await store.finals(other, unit(0), 10)).map((row) => row.unit)).toEqual([0]);
    expect((await store.unitsOf(other, two)).units).toEqual([{ unit: 0, outcome: "final" }]);
    expect(await store.finals(job, unit(0), 1000)).toHaveLength(UNITS);
  });

  it("that was damaged is no page any more, and says which one", async () => {
    const { path, store, job } = await finished();
    await store.commit([ended(job)]);
    await store.close();
    const database = new DatabaseSync(path);
    const { body } = database.prepare("SELECT body FROM pages").get() as { body: Uint8Array };
    const turned = Uint8Array.from(body, (byte, index) => (index === body.byteLength >> 1 ? byte ^ 1 : byte));
    database.prepare("UPDATE pages SET body = ?").run(turned);
    database.close();
    await expect(openStore(path).final(job, unit(5))).rejects.toThrow(`page 0 of job ${job}: its digest is another`);
  });

  it("whose journal is cut off stops the start, and says which row", async () => {
    const { path, store, job } = await finished();
    await store.close();
    const database = new DatabaseSync(path);
    const { body } = database.prepare("SELECT body FROM journal").get() as { body: Uint8Array };
    for (const cut of [1, 20, 60, 200, body.byteLength - 1]) {
      database.prepare("UPDATE journal SET body = ?").run(body.slice(0, cut));
      database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
      const opened = openStore(path);
      await expect(opened.history(job)).rejects.toThrow(new RegExp(`^page 0 of job ${job}, journal row 1: `));
      await opened.close();
    }
    database.close();
  });
});
