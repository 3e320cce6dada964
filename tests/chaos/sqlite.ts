/** The driver as the coordinator under test sees it: the real one, with a watcher before and after each BEGIN, COMMIT and script. */
import { DatabaseSync as Driver, type StatementOptions, type StatementSyncInstance } from "@photostructure/sqlite";

export * from "@photostructure/sqlite";

export interface Watcher {
  before(sql: string): void;
  after(sql: string): void;
}

let watcher: Watcher | undefined;

export function watch(by: Watcher): void {
  watcher = by;
}

export class DatabaseSync extends Driver {
  override exec(sql: string): void {
    around(sql, () => super.exec(sql));
  }

  override prepare(sql: string, options?: StatementOptions): StatementSyncInstance {
    const statement = super.prepare(sql, options);
    if (!watcher || !/^\s*(begin|commit)\b/i.test(sql)) return statement;
    const { run, all } = statement;
    // The driver's own are read-only; these two are called without parameters.
    Object.defineProperty(statement, "run", { value: () => around(sql, () => run.call(statement)) });
    Object.defineProperty(statement, "all", { value: () => around(sql, () => all.call(statement)) });
    return statement;
  }
}

function around<T>(sql: string, act: () => T): T {
  watcher?.before(sql);
  const result = act();
  watcher?.after(sql);
  return result;
}
