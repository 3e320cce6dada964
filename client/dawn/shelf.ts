/** The outbox of a donor without a browser: a SQLite file, which one process has at a time. */
import { DatabaseSync } from "@photostructure/sqlite";
import type { OutboxEntry, OutboxShelf } from "../donor/outbox.ts";

/** A process that is just ending may hold the file this long, ms. */
const BUSY_TIMEOUT_MS = 2_000;
const SCHEMA = `
  PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, stage TEXT NOT NULL, job INTEGER NOT NULL, unit INTEGER NOT NULL, token BLOB NOT NULL,
    status TEXT NOT NULL, gpuMicros REAL NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
`;

export interface FileShelf extends OutboxShelf {
  close(): void;
}

/** Throws `Error` when another process has the file. */
export function fileShelf(path: string): FileShelf {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec(SCHEMA);
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/i.test(error.message))
      throw new Error(`${path} is in use by another process.`, { cause: error });
    throw error;
  }
  const put = database.prepare("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const drop = database.prepare("DELETE FROM results WHERE key = ?");
  return {
    load: async () => database.prepare("SELECT * FROM results").all() as unknown as OutboxEntry[],
    async write(entries, keys) {
      database.exec("BEGIN IMMEDIATE");
      try {
        for (const { key, stage, job, unit, token, status, gpuMicros, digest, bytes } of entries)
          put.run(key, stage, job, unit, token, status, gpuMicros, digest, bytes);
        for (const key of keys) drop.run(key);
        database.exec("COMMIT");
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    },
    close() {
      // The driver cannot finalize statements, so SQLite keeps the connection and its lock until they are collected: give it up first.
      database.exec("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT 1 FROM sqlite_schema");
      database.close();
    },
  };
}
