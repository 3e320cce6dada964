import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { expect, it, onTestFinished } from "vitest";
import { isBusy } from "../../shared/sqlite-busy.ts";
import { temporaryFolder } from "./store/place.ts";

it("a database that another connection has is busy, and no other failure is, whatever its words", async () => {
  const path = join(await temporaryFolder(), "shared.sqlite");
  const [first, second] = [new DatabaseSync(path, { timeout: 0 }), new DatabaseSync(path, { timeout: 0 })];
  onTestFinished(() => {
    second.close();
    first.close();
  });
  const thrown = (sql: string): unknown => {
    try {
      second.exec(sql);
    } catch (error) {
      return error;
    }
    return undefined;
  };
  first.exec("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1); BEGIN EXCLUSIVE");
  expect(isBusy(thrown("SELECT a FROM t"))).toBe(true);
  first.exec("ROLLBACK");
  const other = thrown("SELECT locked FROM busy");
  expect(other).toMatchObject({ message: expect.stringContaining("busy") });
  expect([isBusy(other), isBusy(thrown("INSERT INTO t VALUES (1)")), isBusy(new Error("database is locked"))]).toEqual([
    false,
    false,
    false,
  ]);
});
