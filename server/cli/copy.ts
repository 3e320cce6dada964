/** Parts of a backup into a new folder: each digest is checked, all is synced, and the folder gets its name when it is whole. */

import { createHash } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import Value from "typebox/value";
import { BACKUP_FILE, type Backup, type BackupPart, BackupSchema, DATABASE_FILE } from "../../shared/backup.ts";
import { messageOf } from "../../shared/thrown.ts";
import { CliError, EXIT } from "./exit.ts";

const MAX_BACKUP_FILE_BYTES = 64 * 1024;
const BLOB = /^blobs\/([0-9a-f]{2})\/(\1[0-9a-f]{62})$/;

/**
 * Writes `parts` into `folder`, which must be empty or not exist. Throws `CliError`: usage when it is neither, failure when a
 * part is no part of a backup, has another digest than its name or backup.json says, or is missing; nothing stays behind.
 * `inspect` sees the whole copy before the folder has its name: what it throws ends it too.
 */
export async function keepCopy(
  folder: string,
  parts: AsyncIterable<BackupPart>,
  inspect: (copy: string) => Promise<void> = async () => undefined,
): Promise<Backup> {
  const target = resolve(folder);
  await mustBeNew(target);
  await mkdir(dirname(target), { recursive: true });
  const part = join(dirname(target), `.${basename(target)}.part-${process.pid}`);
  await mkdir(part, { mode: 0o700 });
  try {
    const backup = await copyParts(part, parts);
    await inspect(part);
    await syncFolders(part);
    // An empty folder is replaced.
    await rename(part, target);
    await sync(dirname(target));
    return backup;
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    if (error instanceof CliError || isSystemError(error)) throw error;
    const why = messageOf(error);
    throw broken(`The backup cannot be read: ${why}.`);
  }
}

async function copyParts(folder: string, parts: AsyncIterable<BackupPart>): Promise<Backup> {
  let backup: Backup | undefined;
  let database: Backup["database"] | undefined;
  const blobs = { count: 0, bytes: 0 };
  for await (const { name, bytes, content } of parts) {
    const hash = BLOB.exec(name)?.[2];
    if (name === BACKUP_FILE) {
      if (bytes > MAX_BACKUP_FILE_BYTES) throw broken(`Its ${BACKUP_FILE} has ${bytes} bytes.`);
      backup = backupOf((await write(folder, name, content, true)).text);
    } else if (name === DATABASE_FILE) database = { bytes, sha256: (await write(folder, name, content)).sha256 };
    else if (hash !== undefined) {
      const { sha256 } = await write(folder, name, content);
      if (sha256 !== hash) throw broken(`${name} has the digest ${sha256}: it is damaged.`);
      blobs.count++;
      blobs.bytes += bytes;
    } else throw broken(`${JSON.stringify(name.slice(0, 100))} is no part of a backup.`);
  }
  if (!backup) throw broken(`There is no ${BACKUP_FILE} in it: it is not whole.`);
  if (backup.database.sha256 !== database?.sha256) throw broken(`${DATABASE_FILE} is missing or damaged.`);
  const { count, bytes } = backup.blobs;
  if (count !== blobs.count || bytes !== blobs.bytes)
    throw broken(`It has ${blobs.count} blobs of ${blobs.bytes} bytes, and should have ${count} of ${bytes}.`);
  return backup;
}

function backupOf(text: string): Backup {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (Value.Check(BackupSchema, parsed)) return parsed;
  throw broken(`Its ${BACKUP_FILE} is not one that this program knows.`);
}

async function write(
  folder: string,
  name: string,
  content: BackupPart["content"],
  keep = false,
): Promise<{ sha256: string; text: string }> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  const sha256 = createHash("sha256");
  const kept: Uint8Array[] = [];
  const file = await open(path, "wx", 0o600);
  try {
    for await (const chunk of content) {
      sha256.update(chunk);
      if (keep) kept.push(Uint8Array.from(chunk));
      for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { sha256: sha256.digest("hex"), text: Buffer.concat(kept).toString("utf8") };
}

async function mustBeNew(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error.code === "ENOTDIR" ? notEmpty(folder) : error;
  });
  if (found.length > 0) throw notEmpty(folder);
}

function notEmpty(folder: string): CliError {
  return new CliError(EXIT.usage, "not-empty", `${folder} is not an empty folder.`, "Name a new folder; nothing is ever written over.");
}

async function syncFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isDirectory()) await syncFolders(join(folder, entry.name));
  await sync(folder);
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function broken(message: string): CliError {
  return new CliError(EXIT.failure, "broken-backup", message, "Make the backup again, or use another.");
}
