import { describe, expect, it } from "vitest";
import { Comparer } from "../../server/comparer.ts";
import type { Notice } from "../../server/coordinator.ts";
import type { Timeless } from "../../server/core/events.ts";
import type { ToCompare } from "../../server/core/likeness.ts";
import type { FinalRow } from "../../server/core/store.ts";
import type { JobId, UnitIndex } from "../../shared/ids.ts";
import { frame } from "../../shared/result.ts";
import { planOf } from "./gateway/network.ts";

const JOB = 1 as JobId;
const plan = planOf(4);
const [output] = plan.outputs;
if (!output) throw new Error("no output");
output.compare = { dtype: "u32", within: { atol: 2, rtol: 0 }, outliers: 0, nonFinite: "refuse" };

const resultWith = (value: number) => frame([new Uint8Array(Uint32Array.of(value).buffer)]);
const wish = (unit: number, digest: string, ...others: string[]): ToCompare => ({ job: JOB, unit: unit as UnitIndex, digest, others });

/** A comparer among stand-ins: names of results are their values, those that begin with "blob" are in the blob store, others are missing. */
function among(before: ToCompare[] = [], ended: readonly number[] = []) {
  const told: unknown[] = [];
  const logged: unknown[] = [];
  let listener: (notice: Notice) => void = () => undefined;
  const bytesOf = (digest: string) => (/\d+$/.test(digest) ? resultWith(Number(/\d+$/.exec(digest)?.[0])) : undefined);
  const comparer = new Comparer({
    coordinator: {
      on: (given) => {
        listener = given;
        return () => {
          listener = () => undefined;
        };
      },
      uncompared: () => before,
      isUncompared: ({ unit }) => !ended.includes(unit),
      dispatch: async (event: Timeless) => {
        told.push(event);
        return { type: "done" };
      },
    },
    store: {
      result: async (_job, unit, digest): Promise<FinalRow | undefined> => {
        const bytes = bytesOf(digest);
        return bytes && { unit, digest, bytes: digest.startsWith("blob") ? null : bytes, at: 1 };
      },
    },
    blobs: { get: async (digest) => bytesOf(digest) },
    plans: { of: async () => ({ plan, resultBytes: 12, manifest: {} }) as never },
    log: { error: (details: unknown) => void logged.push(details) },
  });
  return { comparer, told, logged, ask: (each: ToCompare) => listener({ type: "compare", ...each }) };
}

const settled = async (told: readonly unknown[], count: number) => expect.poll(() => told.length).toBe(count);

describe("results that are to be compared", () => {
  it("are compared with themselves and with the others, wherever their bytes are, in the order in which that was asked", async () => {
    const { told, ask } = among([wish(0, "7")]);
    ask(wish(1, "blob 8", "7", "9", "11"));
    await settled(told, 2);
    expect(told).toEqual([
      { type: "compared", job: JOB, unit: 0, digest: "7", distances: [{ to: "7", distance: 0 }] },
      {
        ...{ type: "compared", job: JOB, unit: 1, digest: "blob 8" },
        distances: [
          { to: "blob 8", distance: 0 },
          { to: "7", distance: 0.5 },
          { to: "9", distance: 0.5 },
          { to: "11", distance: null },
        ],
        differences: [{ to: "11", difference: { byte: 8, element: { output: "o", dtype: "u32", index: [0], mine: "8", theirs: "11" } } }],
      },
    ]);
  });

  it("whose bytes cannot be read are alike to nothing, which the log says, and others go on", async () => {
    const { told, logged, ask } = among();
    ask(wish(0, "missing", "7"));
    ask(wish(1, "7", "missing", "8"));
    await settled(told, 2);
    expect(told).toMatchObject([
      { distances: [{ distance: "unread" }, { distance: null }] },
      { distances: [{ distance: 0 }, { distance: "unread" }, { distance: 0.5 }] },
    ]);
    expect(logged).toMatchObject([{ digest: "missing" }, { digest: "missing" }]);
  });

  it("are left when their unit has ended meanwhile, and when it stops", async () => {
    const { comparer, told, ask } = among([], [3]);
    ask(wish(3, "7"));
    ask(wish(2, "7"));
    await settled(told, 1);
    expect(told).toMatchObject([{ unit: 2 }]);
    ask(wish(1, "7"));
    await comparer.close();
    ask(wish(0, "7"));
    expect(told).toHaveLength(1);
  });
});
