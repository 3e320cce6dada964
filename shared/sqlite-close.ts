/**
 * Closes a database that this process has alone, in WAL mode. The driver cannot finalize statements, so SQLite keeps the connection
 * and its lock until they are collected: it is given up first.
 */
export function closeSqlite(database: { exec(sql: string): void; close(): void }): void {
  database.exec("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT 1 FROM sqlite_schema");
  database.close();
}
