import { DatabaseSync } from "@photostructure/sqlite";
import { describe, expect, it } from "vitest";
import type { StoreOp } from "../../../server/core/store.ts";
import { SqliteStore } from "../../../server/store/sqlite.ts";
import { place, storeContract } from "./contract.ts";
import { digest, final, openStore, replica, unit } from "./place.ts";

const open = (path: string) => new SqliteStore(path);

storeContract("the store in SQLite", open);

describe("the SQLite store", () => {
  it("packs a page that has ended into one row, and drops what lost", async () => {
    const { path, store, job, accounts } = await place(open);
    const [one, two, three] = accounts;
    const large = (text: string): StoreOp => ({ type: "bytes", job, unit: unit(0), digest: digest(text), bytes: null });
    await store.commit([replica(job, 0, one, "a"), large("a"), replica(job, 0, two, "lie"), large("lie"), replica(job, 0, three, "a")]);
    await store.commit([final(job, 0, "a", [one, [two, "lie"], three]), { type: "page-ended", job, page: 0 }]);
    await store.close();
    const database = new DatabaseSync(path);
    expect(database.prepare("SELECT (SELECT count(*) FROM journal) AS journal, (SELECT count(*) FROM pages) AS pages").get()).toEqual({
      journal: 0,
      pages: 1,
    });
    expect(database.prepare("SELECT hex(digest) AS digest FROM results").all()).toEqual([{ digest: digest("a").toUpperCase() }]);
    database.close();
  });

  it("lists volunteers by credit without sorting all of them", async () => {
    const { path, store } = await place(open);
    await store.close();
    const database = new DatabaseSync(path);
    const sql = "SELECT * FROM accounts WHERE public_key IS NOT NULL ORDER BY credit_final DESC, id LIMIT 10";
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
    expect(plan.map(({ detail }) => detail)).toEqual(["SCAN accounts USING INDEX accounts_credit"]);
    database.close();
  });

  it("is not opened by an older program", async () => {
    const { path, store } = await place(open);
    await store.close();
    const database = new DatabaseSync(path);
    database.exec("INSERT INTO versions (version) VALUES (999)");
    database.close();
    expect(() => openStore(path)).toThrow(/version 999/);
  });
});
