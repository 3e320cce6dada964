/** Rows that no program of ours wrote, in a database that somebody handed over: what many ask for goes on without them. */
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { afterEach, expect, it, onTestFinished, test } from "vitest";
import { SqliteStore } from "../../../server/store/sqlite.ts";
import type { AccountId, SiteId } from "../../../shared/ids.ts";
import { startServer, type TestServer } from "../http/server.ts";
import { openStore, publicKey, temporaryFolder } from "./place.ts";

const GOOD = "https://good.example";
const FORGED_SITES: [what: string, set: string, told: string][] = [
  ["a time that is no date", "counted_from = 900000000000000000", "site 2 (a number beyond its range)"],
  ["a time beyond all dates", "created_at = 9000000000000000", "site 2 (a number beyond its range)"],
  ["fewer units than none", "units = -5, credit = -1", "site 2 (a number beyond its range)"],
  ["credit without end", "credit = 9e999", "site 2 (a number beyond its range)"],
  ["units at the end of numbers", "units = 9223372036854775807", "site 2 (a number beyond its range)"],
  ["a script for an address", "origin = 'javascript:alert(1)'", "site 2 (its origin is none."],
  ["a policy in its address", "origin = 'https://x.example; script-src *'", "site 2 (its origin is none."],
  ["a name that turns around", "name = 'a' || char(8238)", "site 2 (its name has U+202E"],
];

async function forged(sql: string, file = "idlewave.db") {
  const folder = await temporaryFolder();
  const path = join(folder, file);
  const store = openStore(path);
  await store.putSite(GOOD, "Good", 5);
  await store.putSite("https://bad.example", "Bad", 5);
  await store.accountOf(publicKey(1), 5);
  await store.accountOf(publicKey(2), 5);
  await store.close();
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return { folder, path };
}

test.each(FORGED_SITES)("a site with %s is none, which is told once; the others are there", async (_what, set, told) => {
  const { path } = await forged(`UPDATE sites SET ${set} WHERE id = 2`);
  const said: string[] = [];
  const store = new SqliteStore(path, (row) => said.push(row));
  onTestFinished(() => store.close());
  for (let again = 0; again < 2; again++) {
    expect((await store.sites()).map(({ origin }) => origin)).toEqual([GOOD]);
    expect(await store.site(2 as SiteId)).toBeUndefined();
    expect(await store.siteOf(GOOD)).toMatchObject({ id: 1 });
  }
  expect(said).toEqual([expect.stringContaining(told)]);
});

test.each([
  ["a key that is none", "public_key = 'zz'"],
  ["a count beyond numbers", "units_final = 9007199254740993"],
  ["credit without end", "credit_final = 9e999"],
  ["a time that is no date", "created_at = 900000000000000000"],
])("an account with %s is left out of the list, which is told once", async (_what, set) => {
  const { path } = await forged(`UPDATE accounts SET ${set} WHERE id = 2`);
  const said: string[] = [];
  const store = new SqliteStore(path, (row) => said.push(row));
  onTestFinished(() => store.close());
  const first = (await store.account(1 as AccountId))?.publicKey;
  for (let again = 0; again < 2; again++) expect((await store.accounts(10)).map(({ publicKey }) => publicKey)).toEqual([first]);
  expect(said).toEqual([expect.stringContaining("account 2")]);
});

it("registering a site whose row is forged says so, and changes no other", async () => {
  const { path } = await forged("UPDATE sites SET units = -5 WHERE id = 2");
  const store = openStore(path);
  await expect(store.putSite("https://bad.example", "Bad", 6)).rejects.toThrow("https://bad.example");
  expect((await store.sites()).map(({ id }) => id)).toEqual([1]);
});

let server: TestServer | undefined;
afterEach(() => server?.close(true));

test.each(FORGED_SITES)("with %s in one row every public route answers", async (_what, set) => {
  const sql = `UPDATE sites SET ${set} WHERE id = 2; UPDATE accounts SET created_at = 900000000000000000, public_key = 'zz' WHERE id = 2`;
  const { folder } = await forged(sql, "idlewave.sqlite");
  server = await startServer({ logLevel: "silent" }, folder);
  const statuses: Record<string, number> = {};
  for (const path of [
    "supporters",
    "supporter?site=1",
    "supporter?site=good.example",
    "volunteers",
    "network",
    "widget?site=good.example",
  ]) {
    statuses[path] = (await server.get(`/api/${path}`)).status;
  }
  expect([...new Set(Object.values(statuses))], JSON.stringify(statuses)).toEqual([200]);
  expect((await server.get("/badge.svg?site=1")).status).toBe(200);
  for (const path of ["/api/supporter?site=2", "/badge.svg?site=2"]) expect((await server.get(path)).status).toBe(404);
  expect((await server.get("/api/sites", server.token)).status).toBe(200);
});
