import { randomBytes } from "node:crypto";
import { createReadStream, rmSync, statSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BlobHash } from "../../shared/ids.ts";
import type { BlobStore, HeldBlob } from "../core/blob-store.ts";
import { hashed } from "../hashed.ts";

const HASH = /^[0-9a-f]{64}$/;
const TEMP = ".tmp";

/**
 * Content-addressed bytes on disk, `<root>/<first 2 hex>/<sha256>`. A blob is written beside, synced, renamed, and the folder
 * is synced: under its name there is the whole of it or nothing, after any crash.
 */
export class DiskBlobs implements BlobStore {
  private readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Makes the folder when there is none and clears away what a crash has left half-written. */
  static async open(root: string): Promise<DiskBlobs> {
    await mkdir(join(root, TEMP), { recursive: true });
    for (const name of await readdir(join(root, TEMP))) await rm(join(root, TEMP, name), { force: true });
    return new DiskBlobs(root);
  }

  /** The blobs that are there; nothing is made or cleared away. */
  static at(root: string): DiskBlobs {
    return new DiskBlobs(root);
  }

  async put(bytes: Uint8Array): Promise<BlobHash> {
    return (await this.putStream([bytes], bytes.byteLength)).hash;
  }

  /** Takes a stream and keeps it; rejects as `hold` does. */
  async putStream(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    limit: number,
    what?: string,
  ): Promise<{ hash: BlobHash; bytes: number }> {
    const held = await this.hold(source, limit, what);
    await held.keep();
    return { hash: held.hash, bytes: held.bytes };
  }

  /**
   * Takes a stream, hashing while it writes. Rejects with `too-large` as soon as it is longer than `limit` bytes, with the
   * stream's own error when that fails; nothing stays behind.
   */
  async hold(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, limit: number, what = "The upload"): Promise<HeldBlob> {
    const temporary = join(this.root, TEMP, randomBytes(16).toString("hex"));
    const drop = () => rm(temporary, { force: true });
    const file = await open(temporary, "wx");
    try {
      const { hash, bytes } = await hashed(source, limit, what, (part) => write(file, part));
      await file.sync();
      await file.close();
      const keep = () =>
        this.place(temporary, hash).catch(async (error: unknown) => {
          await drop();
          throw error;
        });
      return { hash, bytes, keep, drop, stream: () => createReadStream(temporary) };
    } catch (error) {
      await file.close().catch(ignoreClosed);
      await drop();
      throw error;
    }
  }

  async get(hash: BlobHash): Promise<Uint8Array | undefined> {
    return await orMissing(readFile(this.path(hash)));
  }

  async size(hash: BlobHash): Promise<number | undefined> {
    return (await orMissing(stat(this.path(hash))))?.size;
  }

  stream(hash: BlobHash, from = 0, to?: number): NodeJS.ReadableStream {
    // Node's `end` is inclusive.
    return createReadStream(this.path(hash), { start: from, ...(to === undefined ? {} : { end: to - 1 }) });
  }

  /** Every blob that is there, folder by folder; those that come meanwhile may be among them or not. */
  async *list(): AsyncGenerator<BlobHash> {
    const folders = (await orMissing(readdir(this.root))) ?? [];
    for (const folder of folders.sort()) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      for (const name of (await readdir(join(this.root, folder))).sort()) if (HASH.test(name)) yield name as BlobHash;
    }
  }

  async remove(hash: BlobHash): Promise<boolean> {
    const gone = rm(this.path(hash)).then(() => true);
    return (await orMissing(gone)) ?? false;
  }

  /**
   * Removes a blob that was written before `before`, ms since 1970; false when it is younger. In one turn of the event loop with
   * whatever the caller has looked at: between a look and an asynchronous removal the same bytes could come again.
   */
  removeOlder(hash: BlobHash, before: number): boolean {
    const found = statSync(this.path(hash), { throwIfNoEntry: false });
    if (found && found.mtimeMs >= before) return false;
    rmSync(this.path(hash), { force: true });
    return true;
  }

  private async place(temporary: string, hash: BlobHash): Promise<void> {
    const folder = join(this.root, hash.slice(0, 2));
    const made = await mkdir(folder, { recursive: true });
    await rename(temporary, this.path(hash));
    await syncFolder(folder);
    if (made !== undefined) await syncFolder(this.root);
  }

  private path(hash: BlobHash): string {
    if (!HASH.test(hash)) throw new RangeError("not a SHA-256 in lower-case hexadecimal");
    return join(this.root, hash.slice(0, 2), hash);
  }
}

async function write(file: FileHandle, part: Uint8Array): Promise<void> {
  for (let offset = 0; offset < part.byteLength; ) offset += (await file.write(part, offset)).bytesWritten;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function orMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A handle that is closed already has nothing left to release. */
function ignoreClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== "EBADF") throw error;
}
