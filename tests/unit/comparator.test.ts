import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Comparator, compareResults, comparing, isTolerant, type Likeness } from "../../shared/comparator.ts";
import { DTYPE_BYTES, type Dtype, type OutputPlan } from "../../shared/plan.ts";
import { frame } from "../../shared/result.ts";

const TIGHT: Comparator = { dtype: "f32", within: { atol: 0, rtol: 1e-6 }, outliers: 0, nonFinite: "refuse" };

const f32 = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const u16 = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
const i32 = (...values: number[]) => new Uint8Array(Int32Array.from(values).buffer);
const u64 = (...values: bigint[]) => new Uint8Array(BigUint64Array.from(values).buffer);

function output(bytes: number, compare: Comparator | undefined, dtype: Dtype = compare?.dtype ?? "u8"): OutputPlan {
  const plan: OutputPlan = {
    name: "out",
    buffer: 0,
    dtype,
    shape: [bytes / DTYPE_BYTES[dtype]],
    byteLength: bytes,
    reduce: { kind: "concat" },
  };
  return compare ? { ...plan, compare } : plan;
}

/** Two results of a job with one output. */
function compared(compare: Comparator, one: Uint8Array, other: Uint8Array): Likeness {
  return compareResults({ outputs: [output(one.byteLength, compare)] }, frame([one]), frame([other]));
}

const alike = (changes: Partial<Comparator>, one: Uint8Array, other: Uint8Array) => compared({ ...TIGHT, ...changes }, one, other).isAlike;

/** The f32 of these bits. */
const bits = (...words: number[]) => u32(...words);
const NAN = 0x7fc00000;
const LEAST_NORMAL = 0x00800000;
const MINUS = 0x80000000;

describe("a tolerance", () => {
  it.each([
    { it: "the largest of both scales it", changes: { within: { atol: 0, rtol: 0.5 } }, one: f32(4), other: f32(2), is: true },
    { it: "beyond it they differ", changes: { within: { atol: 0, rtol: 0.49 } }, one: f32(4), other: f32(2), is: false },
    { it: "atol alone", changes: { within: { atol: 2, rtol: 0 } }, one: f32(-1), other: f32(1), is: true },
    { it: "atol and rtol are added", changes: { within: { atol: 1, rtol: 0.25 } }, one: f32(4), other: f32(2), is: true },
    { it: "a sign is a difference", changes: { within: { atol: 0, rtol: 0.9 } }, one: f32(1), other: f32(-1), is: false },
    { it: "zeros of both signs are one", changes: {}, one: f32(0), other: f32(-0), is: true },
    { it: "what may be flushed to zero is zero", changes: {}, one: bits(LEAST_NORMAL), other: bits(1), is: true },
    { it: "twice of that is something", changes: {}, one: bits(LEAST_NORMAL + 0x800000), other: f32(0), is: false },
    { it: "u32", changes: { dtype: "u32", within: { atol: 1, rtol: 0 } }, one: u32(0xffffffff), other: u32(0xfffffffe), is: true },
    { it: "u32 does not wrap", changes: { dtype: "u32", within: { atol: 1, rtol: 0 } }, one: u32(0xffffffff), other: u32(0), is: false },
    { it: "i32", changes: { dtype: "i32", within: { atol: 2, rtol: 0 } }, one: i32(-1), other: i32(1), is: true },
    { it: "u64", changes: { dtype: "u64", within: { atol: 1, rtol: 0 } }, one: u64(2n ** 64n - 1n), other: u64(2n ** 64n - 2n), is: true },
    {
      it: "u64 beyond it",
      changes: { dtype: "u64", within: { atol: 1, rtol: 0 } },
      one: u64(2n ** 63n),
      other: u64(2n ** 63n + 2n),
      is: false,
    },
    {
      it: "f16, 1 and the next",
      changes: { dtype: "f16", within: { atol: 0, rtol: 1e-3 } },
      one: u16(0x3c00),
      other: u16(0x3c01),
      is: true,
    },
    { it: "f16, 1 and 1.01", changes: { dtype: "f16", within: { atol: 0, rtol: 1e-3 } }, one: u16(0x3c00), other: u16(0x3c0a), is: false },
    {
      it: "f16 packed in u32",
      changes: { dtype: "f16", within: { atol: 0, rtol: 1e-3 } },
      one: u32(0x3c003c00),
      other: u32(0x3c013c00),
      is: true,
    },
    {
      it: "colours packed in u32",
      changes: { dtype: "u8", within: { atol: 1, rtol: 0 } },
      one: u32(0x7f0180ff),
      other: u32(0x800081fe),
      is: true,
    },
    { it: "the largest finite f32", changes: {}, one: bits(0x7f7fffff), other: bits(0xff7fffff), is: false },
  ] as const)("$it", ({ changes, one, other, is }) => {
    expect(alike(changes, one, other)).toBe(is);
    expect(alike(changes, other, one)).toBe(is);
  });
});

describe("ulps", () => {
  it.each([
    { it: "one apart", ulps: 1, one: bits(0x3f800000), other: bits(0x3f800001), is: true },
    { it: "two apart", ulps: 1, one: bits(0x3f800000), other: bits(0x3f800002), is: false },
    { it: "over an exponent", ulps: 1, one: bits(0x3f800000), other: bits(0x3f7fffff), is: true },
    { it: "across zero, without what may be flushed", ulps: 2, one: bits(LEAST_NORMAL), other: bits(MINUS + LEAST_NORMAL), is: true },
    { it: "across zero, one less", ulps: 1, one: bits(LEAST_NORMAL), other: bits(MINUS + LEAST_NORMAL), is: false },
    { it: "a subnormal number is zero", ulps: 1, one: bits(0x007fffff), other: bits(MINUS + 0x007fffff), is: true },
    { it: "zeros of both signs", ulps: 1, one: f32(0), other: f32(-0), is: true },
    { it: "signs", ulps: 1000, one: f32(1), other: f32(-1), is: false },
  ])("$it", ({ ulps, one, other, is }) => {
    expect(alike({ within: { ulps } }, one, other)).toBe(is);
    expect(alike({ within: { ulps } }, other, one)).toBe(is);
  });

  it("counts whole numbers", () => {
    expect(alike({ dtype: "i32", within: { ulps: 2 } }, i32(-1), i32(1))).toBe(true);
    expect(alike({ dtype: "i32", within: { ulps: 1 } }, i32(-1), i32(1))).toBe(false);
  });

  it("counts those of f16", () => {
    const half = (...halves: number[]) => u16(...halves);
    expect(alike({ dtype: "f16", within: { ulps: 2 } }, half(0x0400), half(0x8400))).toBe(true);
    expect(alike({ dtype: "f16", within: { ulps: 1 } }, half(0x0400), half(0x8400))).toBe(false);
    expect(alike({ dtype: "f16", within: { ulps: 1 } }, half(0x3c00), half(0x3bff))).toBe(true);
  });
});

describe("what is not finite", () => {
  const allowed = { nonFinite: "allow" } as const;

  it("is refused, in itself too", () => {
    for (const word of [NAN, 0x7f800000, 0xff800000]) {
      expect(alike({}, bits(word), bits(word))).toBe(false);
      expect(alike({}, f32(1), bits(word))).toBe(false);
      expect(alike({ within: { ulps: 1 } }, bits(word), bits(word))).toBe(false);
    }
  });

  it("is no outlier", () => {
    const many = (first: number) => bits(first, ...new Array<number>(99).fill(0x3f800000));
    expect(alike({ outliers: 0.1 }, many(NAN), many(NAN))).toBe(false);
    expect(alike({ outliers: 0.1 }, many(0), many(NAN))).toBe(false);
  });

  it("is like itself where it is declared: any NaN, and infinities of one sign", () => {
    expect(alike(allowed, bits(NAN), bits(0xffc00001))).toBe(true);
    expect(alike(allowed, bits(0x7f800000), bits(0x7f800000))).toBe(true);
    expect(alike(allowed, bits(0x7f800000), bits(0xff800000))).toBe(false);
    expect(alike(allowed, bits(0x7f800000), bits(0x7f7fffff))).toBe(false);
    expect(alike({ ...allowed, within: { ulps: 4 } }, bits(0x7f800000), bits(0x7f7fffff))).toBe(false);
    expect(alike(allowed, bits(NAN), f32(0))).toBe(false);
    expect(alike({ ...allowed, dtype: "f16" }, u16(0x7c00), u16(0x7c00))).toBe(true);
  });

  it("is nothing that integers have", () => {
    expect(alike({ dtype: "u32", within: { atol: 1, rtol: 0 } }, u32(NAN), u32(NAN))).toBe(true);
  });
});

describe("outliers", () => {
  const hundred = (changed: number) => f32(...Array.from({ length: 100 }, (_, at) => (at < changed ? 7 : 1)));

  it("are a hard cap, rounded down", () => {
    expect(alike({ outliers: 0.05 }, hundred(0), hundred(5))).toBe(true);
    expect(alike({ outliers: 0.05 }, hundred(0), hundred(6))).toBe(false);
    expect(alike({ outliers: 0.059 }, hundred(0), hundred(6))).toBe(false);
    expect(alike({ outliers: 0.009 }, hundred(0), hundred(1))).toBe(false);
  });

  it("are told, and the others' distance without them", () => {
    const within = { atol: 0.5, rtol: 0 };
    const found = compared({ ...TIGHT, within, outliers: 0.5 }, f32(1, 1, 1, 1), f32(1, 9, 1.25, 1));
    expect(found).toEqual({ isAlike: true, distance: 0.5, outliers: 1 });
  });
});

describe("results", () => {
  const plan = { outputs: [output(4, TIGHT), { ...output(4, undefined), name: "exact" }] };

  it("compares each output as it is declared, byte for byte where nothing is", () => {
    const one = frame([f32(1), u32(1)]);
    expect(compareResults(plan, one, frame([bits(0x3f800001), u32(1)])).isAlike).toBe(true);
    expect(compareResults(plan, one, frame([f32(1), u32(2)])).isAlike).toBe(false);
    expect(compareResults(plan, one, frame([f32(2), u32(1)])).isAlike).toBe(false);
    expect([isTolerant(plan), isTolerant({ outputs: plan.outputs.slice(1) })]).toEqual([true, false]);
  });

  it("throws at what is no result of the job", () => {
    expect(() => compareResults(plan, frame([f32(1), u32(1)]), frame([f32(1, 2), u32(1)]))).toThrow(RangeError);
    expect(() => compareResults(plan, frame([f32(1)]), frame([f32(1), u32(1)]))).toThrow(RangeError);
  });

  it("gives others their turn, and counts over all slices", () => {
    const length = 200_000;
    const [one, other] = [new Float32Array(length).fill(1), new Float32Array(length).fill(1)];
    for (const at of [0, 100_000, length - 1]) other[at] = 2;
    const bytes = [one, other].map((values) => frame([new Uint8Array(values.buffer)]));
    const outcome = (outliers: number) => {
      const comparison = comparing(
        { outputs: [output(4 * length, { ...TIGHT, outliers })] },
        bytes[0] as Uint8Array,
        bytes[1] as Uint8Array,
      );
      let turns = 0;
      for (;;) {
        const { done, value } = comparison.next();
        if (done) return { turns, ...value };
        turns++;
      }
    };
    expect(outcome(3 / length)).toEqual({ turns: 12, isAlike: true, distance: 0, outliers: 3 });
    expect(outcome(2 / length)).toMatchObject({ isAlike: false, outliers: 3 });
  });
});

describe("large results", () => {
  const turnsOf = (compare: Comparator | undefined, one: Uint8Array, other: Uint8Array) => {
    const comparison = comparing({ outputs: [output(one.byteLength - 8, compare)] }, one, other);
    for (let turns = 0; ; turns++) {
      const { done, value } = comparison.next();
      if (done) return { turns, isAlike: value.isAlike };
    }
  };
  const length = 3 * 2 ** 20 + 3;

  it("are compared byte for byte in turns too, wherever they differ and however they lie in memory", () => {
    const one = frame([new Uint8Array(length).fill(7)]);
    const other = new Uint8Array(one.byteLength + 1).subarray(1);
    other.set(one);
    expect(turnsOf(undefined, one, other)).toEqual({ turns: 3, isAlike: true });
    for (const at of [8, 2 ** 20 + 8, one.byteLength - 1]) {
      other[at] = 6;
      expect(turnsOf(undefined, one, other).isAlike).toBe(false);
      other[at] = 7;
    }
  });

  it("are not read to be compared with themselves, but for what is not finite", () => {
    const exact = frame([new Uint8Array(length)]);
    expect(turnsOf(undefined, exact, exact)).toEqual({ turns: 0, isAlike: true });
    const values = new Float32Array(100_000);
    const same = () => frame([new Uint8Array(values.buffer)]);
    const finite = same();
    expect(turnsOf({ ...TIGHT, nonFinite: "refuse" }, finite, finite)).toEqual({ turns: 6, isAlike: true });
    values[99_999] = Number.NaN;
    const odd = same();
    expect(turnsOf({ ...TIGHT, nonFinite: "refuse" }, odd, odd).isAlike).toBe(false);
    expect(turnsOf({ ...TIGHT, nonFinite: "allow" }, odd, odd)).toEqual({ turns: 0, isAlike: true });
  });
});

describe("whatever is compared", () => {
  const dtypes = Object.keys(DTYPE_BYTES) as Dtype[];
  const comparators = fc
    .record({
      dtype: fc.constantFrom(...dtypes),
      atol: fc.double({ min: 0, max: 1e3, noNaN: true }),
      rtol: fc.double({ min: 0, max: 0.5, noNaN: true }),
      ulps: fc.option(fc.integer({ min: 1, max: 1 << 20 })),
      outliers: fc.double({ min: 0, max: 0.5, noNaN: true }),
      nonFinite: fc.constantFrom("refuse" as const, "allow" as const),
    })
    .map(({ atol, rtol, ulps, ...rest }): Comparator => {
      return { ...rest, within: ulps === null ? { atol, rtol } : { ulps } };
    });
  const bytes = fc.array(fc.tuple(fc.bigInt(0n, 2n ** 64n - 1n), fc.integer({ min: -2, max: 2 })), { minLength: 1, maxLength: 40 });
  const pair = fc.tuple(comparators, bytes).map(([comparator, words]) => ({
    comparator,
    one: u64(...words.map(([word]) => word)),
    // Mostly near: so that both outcomes occur.
    other: u64(...words.map(([word, shift]) => BigInt.asUintN(64, word + BigInt(shift)))),
  }));

  it("is like itself, unless it holds what is not finite and nothing like that is declared", () => {
    fc.assert(
      fc.property(pair, ({ comparator, one }) => {
        const isRefused = comparator.nonFinite === "refuse" && hasNonFinite(comparator.dtype, one);
        expect(compared(comparator, one, one)).toMatchObject({ isAlike: !isRefused, distance: 0, outliers: 0 });
      }),
      { numRuns: 1000 },
    );
  });

  it("is alike from both sides, and as far", () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(pair, ({ comparator, one, other }) => {
        const found = compared(comparator, one, other);
        seen.add(found.isAlike);
        expect(compared(comparator, other, one)).toEqual(found);
        expect(found.distance).toBeLessThanOrEqual(1);
        const elements = one.byteLength / DTYPE_BYTES[comparator.dtype];
        expect(!found.isAlike || found.outliers <= comparator.outliers * elements).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(seen.size).toBe(2);
  });

  it("is alike within a wider tolerance too", () => {
    fc.assert(
      fc.property(pair, fc.double({ min: 1, max: 10, noNaN: true }), ({ comparator, one, other }, times) => {
        const { within } = comparator;
        const wider = "ulps" in within ? { ulps: within.ulps * times } : { atol: within.atol * times, rtol: within.rtol * times };
        fc.pre(compared(comparator, one, other).isAlike);
        expect(compared({ ...comparator, within: wider }, one, other).isAlike).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

function hasNonFinite(dtype: Dtype, bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer);
  if (dtype === "f32") return new Float32Array(bytes.buffer).some((value) => !Number.isFinite(value));
  if (dtype !== "f16") return false;
  return Array.from({ length: bytes.byteLength / 2 }, (_, at) => view.getUint16(2 * at, true)).some((half) => (half & 0x7c00) === 0x7c00);
}
