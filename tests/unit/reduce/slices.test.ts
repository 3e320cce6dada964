import { expect, it } from "vitest";
import type { OutputPlan } from "../../../shared/plan.ts";
import { type FoldingReduce, fold } from "../../../shared/reduce/fold.ts";
import type { Piece } from "../../../shared/reduce/pieces.ts";

const LENGTH = 200_001; // more than one slice, and no multiple of it
const output: OutputPlan = { name: "o", buffer: 0, dtype: "u32", shape: [LENGTH], byteLength: 4 * LENGTH, reduce: { kind: "concat" } };
const bytes = new Uint8Array(Uint32Array.from({ length: LENGTH }, (_, i) => i).buffer);

async function* pieces(): AsyncGenerator<Piece> {
  yield { unit: 0, bytes };
  yield { unit: 1, bytes };
}
const folded = async (reduce: FoldingReduce) => (await fold(output, reduce, pieces())).value;

it("very wide units are folded whole, in slices", async () => {
  expect(await folded({ kind: "sum", over: "all" })).toMatchObject({ value: BigInt(LENGTH) * BigInt(LENGTH - 1) });
  expect(await folded({ kind: "count", over: "all" })).toMatchObject({ value: BigInt(2 * (LENGTH - 1)) });
  expect(await folded({ kind: "max", over: "all" })).toMatchObject({ value: LENGTH - 1 });
  expect(await folded({ kind: "topk", k: 2, order: "largest" })).toMatchObject({
    entries: [
      { value: LENGTH - 1, unit: 0, index: LENGTH - 1 },
      { value: LENGTH - 1, unit: 1, index: LENGTH - 1 },
    ],
  });
  const sums = await folded({ kind: "sum", over: "units" });
  if (sums.kind !== "array") throw new Error("a sum over units is an array");
  expect(sums.values?.every((value, i) => value === BigInt(2 * i))).toBe(true);
  const counts = await folded({ kind: "count", over: "units" });
  expect(counts).toMatchObject({ kind: "array" });
  if (counts.kind === "array") expect(counts.values?.filter((value) => value === 2n)).toHaveLength(LENGTH - 1);
  const bins = await folded({ kind: "histogram", bins: 2, range: [0, LENGTH - 1] });
  if (bins.kind !== "histogram") throw new Error("a histogram has bins");
  expect(bins.counts.reduce((total, count) => total + count, 0)).toBe(2 * LENGTH);
});
