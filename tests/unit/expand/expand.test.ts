import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ExpandError,
  evaluate,
  fieldBytes,
  float16Bits,
  passScope,
  type Scope,
  unitScope,
  unitSeed,
  writeField,
} from "../../../shared/expand.ts";
import type { FieldWrite, JobPlan, PassPlan, RowTable } from "../../../shared/plan.ts";

const scope: Scope = { units: { count: 60, grid: [3, 4, 5] }, seed: 7n, index: 0 };

function at(index: number): Scope {
  return { ...scope, index };
}

function written(write: Omit<FieldWrite, "offset">, inScope: Scope = scope): Uint8Array {
  const bytes = new Uint8Array(fieldBytes(write));
  writeField(new DataView(bytes.buffer), { ...write, offset: 0 }, inScope);
  return bytes;
}

const constant = (offset: string) => ({ scale: "1", offset });

describe("$unit", () => {
  it("splits an index into the cell of a grid", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 4 }), (x, y, z) => {
        const index = x + 3 * y + 12 * z;
        const values = (["x", "y", "z", "index", "count"] as const).map((field) =>
          evaluate({ of: { kind: "unit", field }, scale: "1", offset: "0" }, at(index)),
        );
        expect(values).toEqual([BigInt(x), BigInt(y), BigInt(z), BigInt(index), 60n]);
      }),
    );
  });

  it("takes a plain count as one row of cells", () => {
    const plain: Scope = { units: { count: 2 ** 53 - 1 }, seed: 0n, index: 2 ** 53 - 2 };
    const value = (field: "x" | "y" | "z") => evaluate({ of: { kind: "unit", field }, scale: "1", offset: "0" }, plain);
    expect([value("x"), value("y"), value("z")]).toEqual([BigInt(2 ** 53 - 2), 0n, 0n]);
  });

  it("draws the seed as SplitMix64 does", () => {
    expect(unitSeed(1234567n, 0)).toBe(6457827717110365317n);
    // The second output of the public vector: its state has moved on by the golden gamma.
    expect(unitSeed((1234567n + 0x9e3779b97f4a7c15n) & (2n ** 64n - 1n), 0)).toBe(3203168211198807973n);
    expect(unitSeed(0n, 0)).toBe(0xe220a8397b1dcdafn);
    expect(unitSeed(2n ** 64n - 1n, 1)).toBe(unitSeed(0n, 0));
  });
});

describe("an affine map", () => {
  it("is exact on integers of any size", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n }),
        fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n }),
        fc.nat(),
        (a, b, i) => {
          const source = { of: { kind: "unit", field: "index" } as const, scale: String(a), offset: String(b) };
          expect(evaluate(source, at(i))).toBe(a * BigInt(i) + b);
        },
      ),
    );
  });

  it("is f64 as soon as one part is a fraction", () => {
    expect(evaluate({ of: { kind: "unit", field: "index" }, scale: "0.1", offset: "0" }, at(3))).toBe(0.1 * 3);
    expect(evaluate({ of: { kind: "unit", field: "index" }, scale: "3", offset: "1e-3" }, at(2))).toBe(6.001);
  });
});

describe("rows", () => {
  const rows: RowTable = {
    columns: [
      { name: "a", type: "i64" },
      { name: "b", type: "u64" },
      { name: "c", type: "f64" },
    ],
    rowBytes: 24,
    count: 1,
    blob: "" as RowTable["blob"],
  };
  const row = new Uint8Array(24);
  const view = new DataView(row.buffer);
  view.setBigInt64(0, -5n, true);
  view.setBigUint64(8, 2n ** 64n - 1n, true);
  view.setFloat64(16, 0.25, true);

  it("are read by their columns' types", () => {
    const inRow: Scope = { ...scope, rows, row };
    const value = (column: number) => evaluate({ of: { kind: "row", column }, scale: "1", offset: "0" }, inRow);
    expect([value(0), value(1), value(2)]).toEqual([-5n, 2n ** 64n - 1n, 0.25]);
  });

  it("that are missing or too short are an error", () => {
    const value = (inScope: Scope) => evaluate({ of: { kind: "row", column: 2 }, scale: "1", offset: "0" }, inScope);
    expect(() => value({ ...scope, rows })).toThrow(ExpandError);
    expect(() => value({ ...scope, rows, row: row.subarray(0, 16) })).toThrow(ExpandError);
  });
});

describe("passes", () => {
  const plan = {
    units: { count: 4 },
    seed: "0",
    passes: [
      {
        table: {
          columns: ["k", "j"],
          lines: [
            ["8", "4"],
            ["8", "0.5"],
          ],
        },
      } as PassPlan,
    ],
  } satisfies Pick<JobPlan, "units" | "seed" | "passes">;

  it("know their index, iteration and line", () => {
    const second = passScope(unitScope(plan, 1), plan, 0, 1);
    expect(evaluate({ of: { kind: "pass", field: "iteration" }, scale: "2", offset: "1" }, second)).toBe(3n);
    expect(evaluate({ of: { kind: "pass", field: "index" }, scale: "1", offset: "0" }, second)).toBe(0n);
    expect(evaluate({ of: { kind: "pass-row", column: 1 }, scale: "1", offset: "0" }, second)).toBe(0.5);
  });

  it("have no values outside of one", () => {
    expect(() => evaluate({ of: { kind: "pass", field: "index" }, scale: "1", offset: "0" }, scope)).toThrow(/outside of a pass/);
    expect(() => evaluate({ of: { kind: "pass-row", column: 5 }, scale: "1", offset: "0" }, passScope(scope, plan, 0, 0))).toThrow(
      ExpandError,
    );
  });
});

describe("fields", () => {
  it("hold their extremes and nothing beyond", () => {
    const cases: [FieldWrite["as"], number | undefined, bigint, bigint][] = [
      ["u32", undefined, 0n, 2n ** 32n - 1n],
      ["i32", undefined, -(2n ** 31n), 2n ** 31n - 1n],
      ["limbs", 2, -(2n ** 63n), 2n ** 64n - 1n],
      ["limbs", 3, -(2n ** 95n), 2n ** 96n - 1n],
    ];
    for (const [as, words, low, high] of cases) {
      for (const value of [low, high]) expect(written({ as, words, value: constant(String(value)) }).byteLength).toBe(4 * (words ?? 1));
      for (const value of [low - 1n, high + 1n]) {
        expect(() => written({ as, words, value: constant(String(value)) })).toThrow(expect.objectContaining({ code: "overflow" }));
      }
    }
  });

  it("write integers as limbs in two's complement, least significant first", () => {
    expect([...written({ as: "limbs", words: 2, value: constant("-2") })]).toEqual([254, ...Array<number>(7).fill(255)]);
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }), (value) => {
        const bytes = written({ as: "limbs", words: 4, value: constant(String(value)) });
        let back = 0n;
        for (let i = 15; i >= 0; i--) back = (back << 8n) | BigInt(bytes[i] as number);
        expect(BigInt.asIntN(128, back)).toBe(value);
      }),
    );
  });

  it("of integers refuse fractions and infinities", () => {
    expect(() => written({ as: "u32", value: constant("0.5") })).toThrow(expect.objectContaining({ code: "not-integer" }));
    expect(() => written({ as: "i32", value: constant("1e400") })).toThrow(expect.objectContaining({ code: "overflow" }));
    expect([...written({ as: "u32", value: constant("1e3") })]).toEqual([232, 3, 0, 0]);
  });

  it("of f32 round once and refuse what would become infinite", () => {
    const bytes = written({ as: "f32", value: constant("0.1") });
    expect(new DataView(bytes.buffer).getFloat32(0, true)).toBe(Math.fround(0.1));
    expect(() => written({ as: "f32", value: constant("1e39") })).toThrow(expect.objectContaining({ code: "overflow" }));
  });
});

describe("f16", () => {
  it("has the standard's bits", () => {
    const vectors: [number, number][] = [
      [0, 0],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65519.99, 0x7bff],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000],
      [2 ** -25 * 1.0001, 0x0001],
      [3 * 2 ** -25, 0x0002],
      [1 / 3, 0x3555],
      [2049, 0x6800],
      [2051, 0x6802],
      [0.99999999, 0x3c00],
      [2 ** -14 - 2 ** -26, 0x0400],
      [Number.POSITIVE_INFINITY, 0x7c00],
    ];
    for (const [value, bits] of vectors) expect([value, float16Bits(value)]).toEqual([value, bits]);
    expect(() => float16Bits(65520)).toThrow(ExpandError);
  });

  it("round-trips every finite bit pattern and rounds to the nearest", () => {
    for (let bits = 0; bits < 0x7c00; bits++) expect(float16Bits(decoded(bits))).toBe(bits);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 65500, noNaN: true }), (value) => {
        const bits = float16Bits(value);
        const error = Math.abs(decoded(bits) - value);
        for (const beside of [bits - 1, bits + 1]) {
          if (beside >= 0 && beside < 0x7c00) expect(error).toBeLessThanOrEqual(Math.abs(decoded(beside) - value));
        }
      }),
    );
  });
});

function decoded(bits: number): number {
  const exponent = bits >> 10;
  const fraction = bits & 0x3ff;
  return exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
}
