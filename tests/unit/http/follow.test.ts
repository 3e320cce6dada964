import { describe, expect, it } from "vitest";
import type { BlobStore, FinalRow } from "../../../server/core/store.ts";
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
    const follower = new Follower(1 as JobId, { coordinator: { on: () => () => undefined }, store, blobs }, [reader]);
    await expect(follower.refresh()).rejects.toThrow("the disk failed");
    await follower.refresh();
    expect(told).toEqual([0, 1, 2]);
    follower.close();
  });
});
