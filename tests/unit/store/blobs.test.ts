import { createHash, randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { DiskBlobs } from "../../../server/store/blobs.ts";
import type { BlobHash } from "../../../shared/ids.ts";
import { temporaryFolder } from "./place.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex") as BlobHash;
const ABSENT = "0".repeat(64) as BlobHash;

describe("blobs on disk", () => {
  it("are found by their hash, whole or in part, after a reopening too", async () => {
    const root = await temporaryFolder();
    const bytes = randomBytes(300_000);
    const hash = await (await DiskBlobs.open(root)).put(bytes);
    expect(hash).toBe(sha256(bytes));
    const blobs = await DiskBlobs.open(root);
    expect(await blobs.size(hash)).toBe(300_000);
    expect(Buffer.from((await blobs.get(hash)) ?? [])).toEqual(bytes);
    expect(await buffer(blobs.stream(hash, 100, 200))).toEqual(bytes.subarray(100, 200));
    expect(await buffer(blobs.stream(hash))).toEqual(bytes);
    expect(await blobs.get(ABSENT)).toBeUndefined();
    expect(await blobs.size(ABSENT)).toBeUndefined();
  });

  it("may be empty, and put twice", async () => {
    const blobs = await DiskBlobs.open(await temporaryFolder());
    const hash = await blobs.put(new Uint8Array());
    expect(await blobs.put(new Uint8Array())).toBe(hash);
    expect(await blobs.size(hash)).toBe(0);
  });

  it("are held under no name until they are kept, and dropped without a trace", async () => {
    const root = await temporaryFolder();
    const blobs = await DiskBlobs.open(root);
    const [kept, dropped] = [await blobs.hold([Uint8Array.of(1, 2)], 10), await blobs.hold([Uint8Array.of(3)], 10)];
    expect(kept).toMatchObject({ hash: sha256(Uint8Array.of(1, 2)), bytes: 2 });
    expect(await buffer(kept.stream())).toEqual(Buffer.of(1, 2));
    expect(await blobs.size(kept.hash)).toBeUndefined();
    await kept.keep();
    await kept.drop();
    await dropped.drop();
    expect(await blobs.get(kept.hash)).toEqual(Buffer.of(1, 2));
    expect(await blobs.size(dropped.hash)).toBeUndefined();
    expect(await readdir(join(root, ".tmp"))).toEqual([]);
  });

  it("are removed once, alone, and may come back", async () => {
    const blobs = await DiskBlobs.open(await temporaryFolder());
    const [one, other] = [await blobs.put(Uint8Array.of(1)), await blobs.put(Uint8Array.of(2))];
    expect(await blobs.remove(one)).toBe(true);
    expect(await blobs.remove(one)).toBe(false);
    expect(await blobs.get(one)).toBeUndefined();
    expect(await blobs.size(other)).toBe(1);
    expect(await blobs.put(Uint8Array.of(1))).toBe(one);
    expect(await blobs.size(one)).toBe(1);
    await expect(blobs.remove("../x" as BlobHash)).rejects.toThrow("not a SHA-256");
  });

  it("are hashed while they stream in", async () => {
    const blobs = await DiskBlobs.open(await temporaryFolder());
    const parts = Array.from({ length: 50 }, () => randomBytes(7_001));
    const put = await blobs.putStream(Readable.from(parts), 1e6);
    expect(put).toEqual({ hash: sha256(Buffer.concat(parts)), bytes: 350_050 });
  });

  it("that are too large or break off leave nothing behind", async () => {
    const root = await temporaryFolder();
    const blobs = await DiskBlobs.open(root);
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read++;
        yield new Uint8Array(1000);
      }
    }
    await expect(blobs.putStream(endless(), 5_000)).rejects.toMatchObject({ code: "too-large" });
    expect(read).toBe(6);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new Error("the line is dead");
    }
    await expect(blobs.putStream(broken(), 5_000)).rejects.toThrow("the line is dead");
    expect(await readdir(join(root, ".tmp"))).toEqual([]);
    expect(await readdir(root)).toEqual([".tmp"]);
  });

  it("that a crash left half-written are cleared away", async () => {
    const root = await temporaryFolder();
    await DiskBlobs.open(root);
    await writeFile(join(root, ".tmp", "half"), "half");
    await DiskBlobs.open(root);
    expect(await readdir(join(root, ".tmp"))).toEqual([]);
  });

  it.each(["../../etc/passwd", "", "A".repeat(64), `${"a".repeat(63)}/`])("have no other names: %j", async (name) => {
    const blobs = await DiskBlobs.open(await temporaryFolder());
    await expect(blobs.get(name as BlobHash)).rejects.toThrow(RangeError);
    expect(() => blobs.stream(name as BlobHash)).toThrow(RangeError);
  });
});
