import { expect, it } from "vitest";
import { differenceOf } from "../../shared/difference.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { frame } from "../../shared/result.ts";

const outputs = [
  { name: "counts", buffer: 0, dtype: "u32", shape: [2], byteLength: 8, reduce: { kind: "concat" } },
  { name: "field", buffer: 1, dtype: "f32", shape: [2, 3], byteLength: 24, reduce: { kind: "concat" } },
] satisfies JobPlan["outputs"];

const resultOf = (counts: number[], field: number[]) =>
  frame([new Uint8Array(Uint32Array.from(counts).buffer), new Uint8Array(Float32Array.from(field).buffer)]);
const right = resultOf([1, 2], [0, 1, 2, 3, 4, 5]);

it("the same bytes differ nowhere", () => {
  expect(differenceOf({ outputs }, right, right.slice())).toBeUndefined();
});

it("the first element that differs is told with its place and both values", () => {
  expect(differenceOf({ outputs }, resultOf([1, 258], [9, 1, 2, 3, 4, 5]), right)).toEqual({
    byte: 8 + 4 + 1,
    element: { output: "counts", dtype: "u32", index: [1], mine: "258", theirs: "2" },
  });
  expect(differenceOf({ outputs }, resultOf([1, 2], [0, 1, 2, 3, Number.NaN, 5]), right)?.element).toEqual({
    ...{ output: "field", dtype: "f32", index: [1, 1], mine: "NaN", theirs: "4" },
  });
});

it("other bytes within the job's tolerance are told with the part of it that they take, and beyond it without", () => {
  const compare = { dtype: "f32", within: { atol: 2, rtol: 0 }, outliers: 0, nonFinite: "refuse" } as const;
  const tolerant = { outputs: [outputs[0], { ...outputs[1], compare }] };
  expect(differenceOf(tolerant, resultOf([1, 2], [0, 1, 2, 3, 4, 5.5]), right)).toMatchObject({
    element: { mine: "5.5", theirs: "5" },
    distance: 0.25,
  });
  for (const [counts, field] of [
    [
      [1, 2],
      [0, 1, 2, 3, 4, 8],
    ],
    [
      [1, 3],
      [0, 1, 2, 3, 4, 5],
    ],
  ] as [number[], number[]][])
    expect(differenceOf(tolerant, resultOf(counts, field), right)).not.toHaveProperty("distance");
  expect(differenceOf({ outputs }, resultOf([1, 2], [0, 1, 2, 3, 4, 5.5]), right)).not.toHaveProperty("distance");
});

it("zeros of two signs are not the same, and are told apart", () => {
  expect(differenceOf({ outputs }, resultOf([1, 2], [-0, 1, 2, 3, 4, 5]), right)?.element).toMatchObject({ mine: "-0", theirs: "0" });
});

it("what is no result of the job has a first byte that differs, and no element", () => {
  expect(differenceOf({ outputs }, right, right.slice(0, 20))).toEqual({ byte: 20, element: null });
  const unframed = right.slice();
  unframed[0] = 9;
  expect(differenceOf({ outputs }, right, unframed)).toEqual({ byte: 0, element: null });
});
