/** The outbox of a donor without a browser: a SQLite file, which one process has at a time. */

import { chmodSync } from "node:fs";
import { DatabaseSync } from "@photostructure/sqlite";
import { concatBytes } from "../../shared/bytes.ts";
import { isBusy } from "../../shared/sqlite-busy.ts";
import { closeSqlite } from "../../shared/sqlite-close.ts";
import { messageOf } from "../../shared/thrown.ts";
import { DIGEST_BYTES } from "../../shared/wire.ts";
import type { OutboxEntry } from "../donor/outbox/outbox-entry.ts";
import type { SessionShelf } from "../donor/outbox/shelf.ts";
import type { Left } from "../donor/outbox/signatures.ts";

/** A process that is just ending may hold the file this long, ms. */
const BUSY_TIMEOUT_MS = 2_000;
/** Its `user_version`: a later release that changes the table must read what this one has left. */
const VERSION = 2;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, stage TEXT NOT NULL, job INTEGER NOT NULL, unit INTEGER NOT NULL, token BLOB NOT NULL,
    status TEXT NOT NULL, gpuMicros REAL NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS statements (place INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;
  PRAGMA user_version = ${VERSION};
`;
const PUT = `INSERT OR REPLACE INTO results (key, stage, job, unit, token, status, gpuMicros, digest, bytes)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export interface FileShelf extends SessionShelf {
  close(): void;
}

/** Throws `Error` when another process has the file, it is damaged, or of a later release. */
export function fileShelf(path: string): FileShelf {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    chmodSync(path, 0o600);
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
    if (version > VERSION) throw new Error(`${path} is of a later release: update this program.`);
    database.exec(SCHEMA);
  } catch (error) {
    database.close();
    throw failureOf(path, error);
  }
  const put = database.prepare(PUT);
  const drop = database.prepare("DELETE FROM results WHERE key = ?");
  const dropStatements = database.prepare("DELETE FROM statements");
  const putStatement = database.prepare("INSERT INTO statements (place, hashes) VALUES (?, ?)");
  const atOnce = (write: () => void) => {
    database.exec("BEGIN IMMEDIATE");
    try {
      write();
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
  return {
    statements: {
      load: async () => (database.prepare("SELECT hashes FROM statements ORDER BY place").all() as { hashes: Uint8Array }[]).map(cut),
      save: async (left) =>
        atOnce(() => {
          dropStatements.run();
          for (const [place, hashes] of left.entries()) putStatement.run(place, concatBytes(hashes));
        }),
    },
    load: async () => database.prepare("SELECT * FROM results").all() as unknown as OutboxEntry[],
    async write(entries, keys) {
      atOnce(() => {
        for (const { key, stage, job, unit, token, status, gpuMicros, digest, bytes } of entries)
          put.run(key, stage, job, unit, token, status, gpuMicros, digest, bytes);
        for (const key of keys) drop.run(key);
      });
    },
    close: () => closeSqlite(database),
  };
}

function cut({ hashes }: { hashes: Uint8Array }): Left {
  return Array.from({ length: hashes.byteLength / DIGEST_BYTES }, (_, at) => hashes.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES));
}

function failureOf(path: string, error: unknown): Error {
  if (isBusy(error))
    return new Error(`${path} is in use by another process: one donor at a time has a folder. Give another one its own with --home.`, {
      cause: error,
    });
  const message = messageOf(error);
  if (/not a database|malformed/i.test(message))
    return new Error(`${path} is damaged: move it away; results in it that were not sent are computed by others.`, { cause: error });
  return error instanceof Error ? error : new Error(message);
}
