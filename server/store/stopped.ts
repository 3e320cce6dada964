/** The database of a stopped coordinator, opened to be read and never changed. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { DATABASE_FILE } from "../../shared/backup.ts";
import { isBusy } from "../../shared/sqlite-busy.ts";
import { messageOf } from "../../shared/thrown.ts";
import type { OpenBackup } from "../core/store.ts";
import { DiskBlobs } from "./blobs.ts";
import { refuseForeignCode } from "./schema-check.ts";
import { openBackup } from "./snapshot.ts";

/** Throws when there is none, when a coordinator has it, or when it is no database. */
export function openStopped(path: string): DatabaseSyncInstance {
  if (!existsSync(path)) throw new Error(`There is no ${path}.`);
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
  } catch (error) {
    database.close();
    if (isBusy(error)) throw new Error(`${path} is in use: a coordinator runs on it.`, { cause: error });
    throw new Error(`${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  return database;
}

/** Throws `DamagedDatabase` when the database has triggers, views or virtual tables, else as `openStopped` does. */
export function inspectStopped(path: string): void {
  const database = openStopped(path);
  try {
    refuseForeignCode(database);
  } finally {
    database.close();
  }
}

/** A backup of the stopped data folder `data`. Throws as `openStopped` does. */
export async function openStoppedBackup(data: string, program: string, now: number): Promise<OpenBackup> {
  const database = openStopped(join(data, DATABASE_FILE));
  const snapshot = async (path: string) => {
    await backup(database, path);
  };
  try {
    return await openBackup({ data, program, now, snapshot, blobs: DiskBlobs.at(join(data, "blobs")) });
  } finally {
    database.close();
  }
}
