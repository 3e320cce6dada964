/** Faults at the blob store's edge: the real file system, with one call that fails as a full or broken disk makes it fail. */
import fs, { mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { DiskBlobs } from "../../../server/store/blobs.ts";
import type { BlobHash } from "../../../shared/ids.ts";
import { temporaryFolder } from "../store/place.ts";

interface Handle {
  write: (...args: unknown[]) => Promise<unknown>;
  sync: () => Promise<void>;
}

/** What every open file of this process has its calls from. */
async function handles(): Promise<Handle> {
  const folder = await mkdtemp(join(tmpdir(), "idlewave-handle-"));
  const handle = await open(join(folder, "file"), "w");
  const prototype = Object.getPrototypeOf(handle) as Handle;
  await handle.close();
  await rm(folder, { recursive: true });
  return prototype;
}

/** The `nth` call of `name` from now on fails with `code`; others are real. Resolves with a way to see whether it came to that. */
async function breakCall(name: keyof Handle, code: string, nth: number): Promise<() => boolean> {
  const prototype = await handles();
  const real = prototype[name] as (...args: unknown[]) => Promise<unknown>;
  let calls = 0;
  prototype[name] = async function (this: unknown, ...args: unknown[]) {
    if (++calls === nth) throw Object.assign(new Error(`${code}: injected`), { code });
    return await real.apply(this, args);
  } as Handle[typeof name] & (() => Promise<void>);
  onTestFinished(() => {
    prototype[name] = real as Handle[typeof name] & (() => Promise<void>);
  });
  return () => calls >= nth;
}

function* parts(): Generator<Uint8Array> {
  for (let i = 0; i < 4; i++) yield new Uint8Array(50_000).fill(i + 1);
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe("a blob that the disk does not take", () => {
  it.each([
    ["a write finds the disk full", "write", "ENOSPC", 3],
    ["a write fails", "write", "EIO", 1],
    ["the bytes cannot be synced", "sync", "EIO", 1],
  ] as const)("is refused with the disk's own code and leaves nothing when %s", async (_name, call, code, nth) => {
    const root = await temporaryFolder();
    const blobs = await DiskBlobs.open(root);
    const happened = await breakCall(call, code, nth);
    await expect(blobs.putStream(parts(), 1_000_000)).rejects.toMatchObject({ code });
    expect(happened()).toBe(true);
    expect(await filesIn(root)).toEqual([]);
    const { hash, bytes } = await blobs.putStream(parts(), 1_000_000);
    expect((await blobs.get(hash))?.byteLength).toBe(bytes);
  });

  it("is not promised when its name cannot be synced", async () => {
    const root = await temporaryFolder();
    const blobs = await DiskBlobs.open(root);
    const happened = await breakCall("sync", "EIO", 2);
    await expect(blobs.put(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({ code: "EIO" });
    expect(happened()).toBe(true);
    expect(await readdir(join(root, ".tmp"))).toEqual([]);
  });

  it("is gone after a restart when a crash tore its last write", async () => {
    const root = await temporaryFolder();
    await DiskBlobs.open(root);
    await fs.writeFile(join(root, ".tmp", "half"), new Uint8Array(1000));
    const blobs = await DiskBlobs.open(root);
    expect(await filesIn(root)).toEqual([]);
    expect(await blobs.get("0".repeat(64) as BlobHash)).toBeUndefined();
  });
});
