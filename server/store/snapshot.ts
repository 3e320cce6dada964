/** A data folder's parts in the order of a backup: the database as it was at one moment, every blob, and what both were. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { BACKUP_FILE, BACKUP_VERSION, type Backup, type BackupPart, DATABASE_FILE } from "../../shared/backup.ts";
import type { OpenBackup } from "../core/store.ts";
import type { DiskBlobs } from "./blobs.ts";

const SNAPSHOT = /^\.backup-[0-9a-f]{16}\.sqlite/;

interface BackupSource {
  /** The data folder: the snapshot lies in it until the backup is closed. */
  data: string;
  /** Writes what is committed to a new file. */
  snapshot: (path: string) => Promise<void>;
  blobs: DiskBlobs;
  /** Version of the program. */
  program: string;
  /** ms since 1970. */
  now: number;
}

/** Takes the snapshot. Rejects when there is no room for it, and leaves nothing behind. */
export async function openBackup(source: BackupSource): Promise<OpenBackup> {
  const path = join(source.data, `.backup-${randomBytes(8).toString("hex")}.sqlite`);
  const close = async () => {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) await rm(`${path}${suffix}`, { force: true });
  };
  try {
    await source.snapshot(path);
    toOneFile(path);
  } catch (error) {
    await close();
    throw error;
  }
  return { parts: backupParts(path, source), close };
}

/** A copy of a database in WAL mode is in that mode too: whoever opens it would make files beside it, and hold locks. */
function toOneFile(path: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = DELETE");
  } finally {
    database.close();
  }
}

/** Clears away what a crash in the middle of a backup has left in `data`. */
export async function dropSnapshots(data: string): Promise<void> {
  for (const name of await readdir(data)) if (SNAPSHOT.test(name)) await rm(join(data, name), { force: true });
}

/**
 * A blob is stored before anything refers to it, and none may be removed while a backup is made: so all that the snapshot refers
 * to is among the blobs that are there now.
 */
async function* backupParts(database: string, { blobs, program, now }: BackupSource): AsyncGenerator<BackupPart> {
  const sha256 = createHash("sha256");
  const { size } = await stat(database);
  yield { name: DATABASE_FILE, bytes: size, content: hashed(database, (chunk) => sha256.update(chunk)) };
  const total = { count: 0, bytes: 0 };
  for await (const hash of blobs.list()) {
    const bytes = await blobs.size(hash);
    if (bytes === undefined) throw new Error(`blob ${hash} was removed while a backup was made`);
    yield { name: `blobs/${hash.slice(0, 2)}/${hash}`, bytes, content: blobs.stream(hash) as AsyncIterable<Uint8Array> };
    total.count++;
    total.bytes += bytes;
  }
  const backup: Backup = {
    backup: BACKUP_VERSION,
    madeAt: new Date(now).toISOString(),
    program,
    database: { bytes: size, sha256: sha256.digest("hex") },
    blobs: total,
  };
  const text = new TextEncoder().encode(`${JSON.stringify(backup, null, 2)}\n`);
  yield { name: BACKUP_FILE, bytes: text.byteLength, content: [text] };
}

async function* hashed(path: string, onChunk: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    onChunk(chunk as Uint8Array);
    yield chunk as Uint8Array;
  }
}
