import { describe, expect, it } from "vitest";
import type { BlobStore } from "../../../server/core/blob-store.ts";
import type { FinalRow } from "../../../server/core/store.ts";
import { Follower } from "../../../server/http/follow.ts";
import type { JobId, UnitIndex } from "../../../shared/ids.ts";

const rowOf = (unit: number): FinalRow => ({ unit: unit as UnitIndex, digest: "d", bytes: null, at: 0 });

describe("a follower whose disk fails once", () => {
  it("tells every unit once all the same", async () => {
    let reads = 0;
    const blobs = {
      async get() {
        if (++reads === 2) throw new Error("the disk failed");
        return new Uint8Array(4);
      },
    } as unknown as BlobStore;
    const rows = [0, 1, 2].map(rowOf);
    const store = {
      final: async (_job: JobId, unit: UnitIndex) => rows[unit],
      finals: async (_job: JobId, from: UnitIndex) => rows.filter(({ unit }) => unit >= from),
    };
    let told: number[] = [];
    const reader = {
      reset: () => {
        told = [];
      },
      unit: (unit: UnitIndex) => {
        told.push(unit);
      },
    };
    const follower = new Follower(
      1 as JobId,
      { coordinator: { on: () => () => undefined }, store, blobs, clock: () => 0, onFailure: () => undefined },
      [reader],
    );
    await expect(follower.refresh()).rejects.toThrow("the disk failed");
    await follower.refresh();
    expect(told).toEqual([0, 1, 2]);
    follower.close();
  });
});

describe("a follower of units whose bytes are missing", () => {
  it("tells the others at once, says so once, and tells them when their bytes are back", async () => {
    let now = 0;
    const gone = new Set(["1", "2"]);
    const blobs = { get: async (digest: string) => (gone.has(digest) ? undefined : new Uint8Array(4)) } as unknown as BlobStore;
    const rows = [0, 1, 2, 3].map((unit) => ({ ...rowOf(unit), digest: String(unit) }));
    const store = {
      final: async (_job: JobId, unit: UnitIndex) => rows[unit],
      finals: async (_job: JobId, from: UnitIndex) => rows.filter(({ unit }) => unit >= from),
    };
    const told: number[] = [];
    const failures: unknown[] = [];
    const reader = { reset: () => undefined, unit: async (unit: UnitIndex) => void told.push(unit) };
    const source = { coordinator: { on: () => () => undefined }, store, blobs, clock: () => now };
    const follower = new Follower(1 as JobId, { ...source, onFailure: (error) => failures.push(error) }, [reader]);
    await follower.refresh();
    await follower.refresh();
    expect(told).toEqual([0, 3]);
    expect(follower.isWhole).toBe(false);
    expect(failures).toHaveLength(1);
    gone.clear();
    now = 3_600_000;
    await follower.refresh();
    expect(told.sort()).toEqual([0, 1, 2, 3]);
    expect(follower.isWhole).toBe(true);
    follower.close();
  });
});
