import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Element } from "../../../shared/reduce/elements.ts";
import { type FoldingReduce, fold } from "../../../shared/reduce/fold.ts";
import { binEdge } from "../../../shared/reduce/histogram.ts";
import { pieces } from "../../../shared/reduce/pieces.ts";
import type { Reduced, TopEntry } from "../../../shared/reduce/reduced.ts";
import { type Case, cases, outputOf, planOf, sourceOf } from "./units.ts";

function reduced({ dtype, shape, units }: Case, reduce: FoldingReduce): Promise<Reduced> {
  const plan = planOf(dtype, shape, reduce, units.length);
  return fold(outputOf(plan), reduce, pieces(plan, 0, sourceOf(dtype, units)));
}

function present({ units }: Case): Element[][] {
  return units.filter((unit) => unit !== null);
}

function exactSum(elements: readonly Element[]): bigint {
  return elements.reduce<bigint>((total, element) => total + BigInt(element), 0n);
}

function numberOf({ value }: Reduced): Element | null {
  if (value.kind !== "number") throw new Error(`a number was expected, not ${value.kind}`);
  return value.value;
}

function arrayOf({ value }: Reduced): Element[] | null {
  if (value.kind !== "array") throw new Error(`an array was expected, not ${value.kind}`);
  return value.values;
}

describe("every reduction", () => {
  const kinds: FoldingReduce[] = [
    { kind: "sum", over: "all" },
    { kind: "min", over: "units" },
    { kind: "max", over: "all" },
    { kind: "count", over: "units" },
    { kind: "histogram", bins: 3, range: [0, 9] },
    { kind: "topk", k: 2, order: "largest" },
  ];
  test.each(kinds)("$kind counts its units and lists each hole", async (reduce) => {
    await fc.assert(
      fc.asyncProperty(cases(), async (job) => {
        const { units, holes } = await reduced(job, reduce);
        expect(units).toBe(present(job).length);
        const listed = holes.flatMap(({ start, length }) => Array.from({ length }, (_, i) => start + i));
        expect(listed).toEqual([...job.units.keys()].filter((unit) => job.units[unit] === null));
      }),
      { numRuns: 60 },
    );
  });
});

describe("sum", () => {
  test("of integers is exact, of all elements", async () => {
    await fc.assert(
      fc.asyncProperty(cases(["u8", "u32", "i32", "u64", "i64"]), async (job) => {
        expect(numberOf(await reduced(job, { kind: "sum", over: "all" }))).toBe(exactSum(present(job).flat()));
      }),
    );
  });

  test("of integers is exact, element by element", async () => {
    await fc.assert(
      fc.asyncProperty(cases(["u8", "u32", "i32", "u64", "i64"]), async (job) => {
        const length = job.shape.reduce((product, side) => product * side, 1);
        const columns = Array.from({ length }, (_, i) => exactSum(present(job).map((unit) => unit[i] as Element)));
        expect(arrayOf(await reduced(job, { kind: "sum", over: "units" }))).toEqual(columns);
      }),
    );
  });

  test("passes 2^64 without a scratch", async () => {
    const job: Case = {
      dtype: "u64",
      shape: [2],
      units: [
        [(1n << 64n) - 1n, (1n << 64n) - 1n],
        [(1n << 64n) - 1n, 1n],
      ],
    };
    expect(numberOf(await reduced(job, { kind: "sum", over: "all" }))).toBe(3n * (1n << 64n) - 2n);
  });

  test("of floats is within the bound of pairwise addition", async () => {
    await fc.assert(
      fc.asyncProperty(cases(["f32", "f16"]), async (job) => {
        const elements = present(job).flat() as number[];
        const exact = rationalSum(elements);
        const magnitude = rationalSum(elements.map(Math.abs));
        const total = numberOf(await reduced(job, { kind: "sum", over: "all" })) as number;
        const bound = Math.ceil(Math.log2(elements.length + 2)) * 2 ** -52 * magnitude;
        expect(Math.abs(total - exact)).toBeLessThanOrEqual(bound);
      }),
    );
  });

  test("of floats element by element agrees with the sum of each column", async () => {
    await fc.assert(
      fc.asyncProperty(cases(["f16"]), async (job) => {
        const length = job.shape.reduce((product, side) => product * side, 1);
        const columns = Array.from({ length }, (_, i) => present(job).reduce((total, unit) => total + (unit[i] as number), 0));
        expect(arrayOf(await reduced(job, { kind: "sum", over: "units" }))).toEqual(columns);
      }),
    );
  });

  test("of floats keeps what one running f64 would lose", async () => {
    const tiny = 2 ** -30;
    const units = [[2 ** 24], ...Array.from({ length: 1 << 15 }, () => [tiny])];
    const total = numberOf(await reduced({ dtype: "f32", shape: [1], units }, { kind: "sum", over: "all" })) as number;
    let running = 0;
    for (const [element] of units) running += element as number;
    const exact = 2 ** 24 + 2 ** -15;
    expect(Math.abs(total - exact)).toBeLessThan(Math.abs(running - exact));
  });
});

/** Exact, then rounded once: f32 values are multiples of 2^-149. */
function rationalSum(elements: readonly number[]): number {
  const units = elements.reduce((total, element) => total + BigInt(element * 2 ** 149), 0n);
  return Number(units) * 2 ** -149;
}

describe("min and max", () => {
  test.each(["min", "max"] as const)("%s is the same as sorting", async (kind) => {
    await fc.assert(
      fc.asyncProperty(cases(), async (job) => {
        const sorted = present(job)
          .flat()
          .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        const expected = (kind === "min" ? sorted[0] : sorted.at(-1)) ?? null;
        const got = numberOf(await reduced(job, { kind, over: "all" }));
        expect(got === expected || Number(got) === Number(expected)).toBe(true);
      }),
    );
  });

  test("of nothing but holes is null, not zero", async () => {
    const job: Case = { dtype: "i32", shape: [1], units: [null, null] };
    expect(numberOf(await reduced(job, { kind: "max", over: "all" }))).toBeNull();
    expect(arrayOf(await reduced(job, { kind: "min", over: "units" }))).toBeNull();
  });

  test("one NaN makes the result NaN", async () => {
    const job: Case = {
      dtype: "f32",
      shape: [2],
      units: [
        [1, Number.NaN],
        [5, -5],
      ],
    };
    expect(numberOf(await reduced(job, { kind: "min", over: "all" }))).toBeNaN();
    expect(arrayOf(await reduced(job, { kind: "max", over: "units" }))).toEqual([5, Number.NaN]);
  });
});

describe("count", () => {
  test("counts what is not zero", async () => {
    await fc.assert(
      fc.asyncProperty(cases(), async (job) => {
        const expected = present(job)
          .flat()
          .filter((element) => Number(element) !== 0).length;
        expect(numberOf(await reduced(job, { kind: "count", over: "all" }))).toBe(BigInt(expected));
      }),
    );
  });

  test("takes minus zero for zero and NaN for something", async () => {
    const job: Case = { dtype: "f16", shape: [3], units: [[-0, Number.NaN, 0]] };
    expect(arrayOf(await reduced(job, { kind: "count", over: "units" }))).toEqual([0n, 1n, 0n]);
  });
});

describe("histogram", () => {
  const shapes = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: 40 }));
  test("puts each element in the bin whose edges hold it, and lists what lies outside", async () => {
    await fc.assert(
      fc.asyncProperty(cases(), shapes, async (job, [bins, from, width]) => {
        const range: [number, number] = [from / 3, (from + width) / 3];
        const values = present(job).flat().map(Number);
        const counts = Array.from({ length: bins }, (_, bin) => {
          const [low, high] = [binEdge(bin, bins, range), binEdge(bin + 1, bins, range)];
          return values.filter((value) => value >= low && (value < high || (bin === bins - 1 && value === high))).length;
        });
        const { value } = await reduced(job, { kind: "histogram", bins, range });
        const below = values.filter((each) => each < range[0]).length;
        const above = values.filter((each) => each > range[1]).length;
        expect(value).toEqual({ kind: "histogram", range, counts, below, above, nan: 0 });
      }),
    );
  });
});

describe("topk", () => {
  test.each(["largest", "smallest"] as const)("finds the %s, ties by unit and index", async (order) => {
    await fc.assert(
      fc.asyncProperty(cases(), fc.integer({ min: 1, max: 9 }), async (job, k) => {
        const sign = order === "largest" ? -1 : 1;
        const all: TopEntry[] = job.units.flatMap((elements, unit) => (elements ?? []).map((value, index) => ({ value, unit, index })));
        all.sort((a, b) => (a.value < b.value ? -sign : a.value > b.value ? sign : a.unit - b.unit || a.index - b.index));
        const { value } = await reduced(job, { kind: "topk", k, order });
        const places = (entries: TopEntry[]) => entries.map(({ unit, index }) => [unit, index]);
        expect(value.kind === "topk" && places(value.entries)).toEqual(places(all.slice(0, k)));
      }),
    );
  });

  test("never ranks a NaN", async () => {
    const job: Case = { dtype: "f32", shape: [3], units: [[Number.NaN, 1, Number.NaN]] };
    const { value } = await reduced(job, { kind: "topk", k: 3, order: "largest" });
    expect(value.kind === "topk" && value.entries).toEqual([{ value: 1, unit: 0, index: 1 }]);
  });
});
