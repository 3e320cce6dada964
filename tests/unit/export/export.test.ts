import fc from "fast-check";
import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import { RESULT_FORMATS, type ResultFormat } from "../../../shared/api.ts";
import { IdlewaveError } from "../../../shared/errors.ts";
import { exportResults } from "../../../shared/export/export.ts";
import type { Dtype, Reduce } from "../../../shared/plan.ts";
import { equalise, RAMPS, rampColour } from "../../../shared/ramp.ts";
import { bytesOf, type Case, cases, collect, planOf, sourceOf, type UnitElements } from "../reduce/units.ts";

const CONCAT: Reduce = { kind: "concat" };
const IMAGE: Reduce = { kind: "image", columns: 2, range: [0, 100], scale: "linear" };

function exported(job: Case, reduce: Reduce, format: ResultFormat) {
  const plan = planOf(job.dtype, job.shape, reduce, job.units.length);
  const complete = job.units.every((unit) => unit !== null);
  return exportResults(plan, undefined, format, sourceOf(job.dtype, job.units), { job: 7, name: "test-job", complete });
}

async function textOf(job: Case, reduce: Reduce, format: ResultFormat): Promise<string> {
  return new TextDecoder().decode(await collect(exported(job, reduce, format).chunks));
}

function whyRefused(job: Case, reduce: Reduce, format: ResultFormat): string {
  try {
    exported(job, reduce, format);
  } catch (error) {
    if (error instanceof IdlewaveError && error.code === "bad-format") return error.message;
    throw error;
  }
  return "";
}

const complete: Case = {
  dtype: "u32",
  shape: [2],
  units: [
    [1, 2],
    [3, 4],
    [5, 6],
  ],
};
const holed: Case = { dtype: "u32", shape: [2], units: [[1, 2], null, [5, 6], null] };

describe("raw", () => {
  test("is the units' bytes one after another", async () => {
    await fc.assert(
      fc.asyncProperty(cases(), async (job) => {
        const units = job.units.filter((unit) => unit !== null);
        fc.pre(units.length > 0);
        const bytes = await collect(exported({ ...job, units }, CONCAT, "raw").chunks);
        expect(bytes).toEqual(bytesOf(job.dtype, units.flat()));
      }),
    );
  });

  test.each<[Dtype, Reduce, UnitElements[], Uint8Array]>([
    ["u32", { kind: "sum", over: "all" }, [[1], [2]], bytesOf("u64", [3n])],
    ["i32", { kind: "sum", over: "all" }, [[1], [-2]], bytesOf("i64", [-1n])],
    ["f32", { kind: "sum", over: "all" }, [[0.5], [0.25]], new Uint8Array(new Float64Array([0.75]).buffer)],
    ["u8", { kind: "max", over: "all" }, [[1], [200]], Uint8Array.of(200)],
    ["f16", { kind: "min", over: "all" }, [[3], [-5]], bytesOf("f32", [-5])],
    ["u32", { kind: "histogram", bins: 2, range: [0, 4] }, [[1], [3]], bytesOf("u64", [1n, 1n])],
  ])("of %s reduced by %o is its value, little-endian", async (dtype, reduce, units, bytes) => {
    expect(await collect(exported({ dtype, shape: [1], units }, reduce, "raw").chunks)).toEqual(bytes);
  });

  test("refuses holes, saying what holds them", () => {
    expect(whyRefused(holed, CONCAT, "raw")).toContain("cannot say which");
  });
});

/** Reads a header as the format's description says: magic, version, length, a Python dictionary. */
function readNpy(bytes: Uint8Array): { descr: string; shape: number[]; data: Uint8Array } {
  expect([...bytes.subarray(0, 8)]).toEqual([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  expect((10 + length) % 64).toBe(0);
  const header = new TextDecoder().decode(bytes.subarray(10, 10 + length));
  const read = /^\{'descr': (.+), 'fortran_order': False, 'shape': \((.*)\), \} *\n$/.exec(header);
  const shape = (read?.[2] ?? "").split(",").map((side) => side.trim());
  return { descr: read?.[1] ?? "", shape: shape.filter(Boolean).map(Number), data: bytes.subarray(10 + length) };
}

describe("npy", () => {
  test.each<[Dtype, string]>([
    ["u8", "|u1"],
    ["f16", "<f2"],
    ["u32", "<u4"],
    ["i32", "<i4"],
    ["f32", "<f4"],
    ["u64", "<u8"],
    ["i64", "<i8"],
  ])("of %s is an array of %s", async (dtype, descr) => {
    const element = dtype === "u64" || dtype === "i64" ? 3n : 3;
    const units: UnitElements[] = [Array(6).fill(element), Array(6).fill(element)];
    const npy = readNpy(await collect(exported({ dtype, shape: [2, 3], units }, CONCAT, "npy").chunks));
    expect(npy).toEqual({ descr: `'${descr}'`, shape: [2, 2, 3], data: bytesOf(dtype, units.flat() as number[]) });
  });

  test("marks holes by a field of its own, so that no zero passes for a result", async () => {
    const npy = readNpy(await collect(exported(holed, CONCAT, "npy").chunks));
    expect(npy.descr).toBe("[('final', '|b1'), ('value', '<u4', (2,))]");
    expect(npy.shape).toEqual([4]);
    expect([0, 9, 18, 27].map((at) => npy.data[at])).toEqual([1, 0, 1, 0]);
    expect(npy.data.subarray(19, 27)).toEqual(bytesOf("u32", [5, 6]));
    expect(npy.data.byteLength).toBe(36);
  });

  test("of a single number has no axes", async () => {
    const npy = readNpy(await collect(exported(complete, { kind: "sum", over: "all" }, "npy").chunks));
    expect(npy).toEqual({ descr: "'<u8'", shape: [], data: bytesOf("u64", [21n]) });
  });

  test("of topk has records of value, unit and index", async () => {
    const npy = readNpy(await collect(exported(complete, { kind: "topk", k: 1, order: "largest" }, "npy").chunks));
    expect(npy.descr).toBe("[('value', '<u4'), ('unit', '<u8'), ('index', '<u8')]");
    expect(npy.data).toEqual(new Uint8Array([...bytesOf("u32", [6]), ...bytesOf("u64", [2n, 1n])]));
  });

  test("says when an exact sum needs more than 64 bits", async () => {
    const job: Case = { dtype: "u64", shape: [1], units: [[(1n << 64n) - 1n], [1n]] };
    await expect(collect(exported(job, { kind: "sum", over: "all" }, "npy").chunks)).rejects.toThrow("more than 64 bits");
  });

  test("refuses holes in what is reduced", () => {
    expect(whyRefused(holed, { kind: "sum", over: "all" }, "npy")).toContain("cannot say which");
  });
});

describe("json", () => {
  test("holds every element, 64-bit ones as decimal strings, and null in a hole", async () => {
    await fc.assert(
      fc.asyncProperty(cases(), async (job) => {
        const read = JSON.parse(await textOf(job, CONCAT, "json")) as { value: unknown[]; units: number; holes: unknown[] };
        const flat = read.value.map((unit) => (Array.isArray(unit) ? unit.flat(4) : unit));
        const expected = job.units.map((unit) => (unit ? unit.map((each) => (typeof each === "bigint" ? String(each) : each)) : null));
        expect(flat).toEqual(expected);
        expect(read.units).toBe(job.units.filter((unit) => unit !== null).length);
      }),
    );
  });

  test("writes NaN and the infinities as strings and keeps minus zero", async () => {
    const units = [[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]];
    expect(await textOf({ dtype: "f32", shape: [4], units }, CONCAT, "json")).toContain('"value":[["NaN","Infinity","-Infinity",-0]]');
  });

  test("of a sum over holes lists them", async () => {
    expect(JSON.parse(await textOf(holed, { kind: "sum", over: "all" }, "json"))).toEqual({
      job: 7,
      name: "test-job",
      output: "answer",
      dtype: "u32",
      shape: [2],
      reduce: { kind: "sum", over: "all" },
      value: "14",
      units: 2,
      holes: [
        { start: 1, length: 1 },
        { start: 3, length: 1 },
      ],
    });
  });

  test.each<[Reduce, unknown]>([
    [{ kind: "max", over: "all" }, 6],
    [{ kind: "count", over: "units" }, ["3", "3"]],
    [
      { kind: "histogram", bins: 2, range: [2, 4] },
      { range: [2, 4], counts: [1, 2], below: 1, above: 2, nan: 0 },
    ],
    [
      { kind: "topk", k: 2, order: "smallest" },
      [
        { value: 1, unit: 0, index: 0 },
        { value: 2, unit: 0, index: 1 },
      ],
    ],
  ])("of %o has its value", async (reduce, value) => {
    expect((JSON.parse(await textOf(complete, reduce, "json")) as { value: unknown }).value).toEqual(value);
  });

  test("of a picture has its pixels by row, null where a tile is missing", async () => {
    const job: Case = { dtype: "u8", shape: [1, 2], units: [[1, 2], null, [3, 4]] };
    const read = JSON.parse(await textOf(job, IMAGE, "json")) as { value: unknown };
    expect(read.value).toEqual([
      [1, 2, null, null],
      [3, 4, null, null],
    ]);
  });
});

describe("ndjson", () => {
  test("has a line a unit and a line a run of holes", async () => {
    const lines = (await textOf({ ...holed, units: [...holed.units, null] }, CONCAT, "ndjson")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { unit: 0, value: [1, 2] },
      { hole: { start: 1, length: 1 } },
      { unit: 2, value: [5, 6] },
      { hole: { start: 3, length: 2 } },
    ]);
  });

  test.each<[Reduce, number]>([
    [{ kind: "sum", over: "units" }, 1],
    [{ kind: "histogram", bins: 4, range: [0, 8] }, 5],
    [{ kind: "topk", k: 3, order: "largest" }, 4],
  ])("of %o ends with its units and holes", async (reduce, count) => {
    const lines = (await textOf(holed, reduce, "ndjson")).trim().split("\n");
    expect(lines).toHaveLength(count);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
      units: 2,
      holes: [
        { start: 1, length: 1 },
        { start: 3, length: 1 },
      ],
    });
  });
});

describe("csv", () => {
  test("has a row a unit; a hole's cells are empty", async () => {
    expect(await textOf(holed, CONCAT, "csv")).toBe("unit,value_0,value_1\n0,1,2\n1,,\n2,5,6\n3,,\n");
  });

  test("of a table of two axes names both in each column", async () => {
    const job: Case = { dtype: "i64", shape: [2, 2], units: [[-1n, 2n, 3n, 4n]] };
    expect(await textOf(job, CONCAT, "csv")).toBe("unit,value_0_0,value_0_1,value_1_0,value_1_1\n0,-1,2,3,4\n");
  });

  test.each<[Reduce, string]>([
    [{ kind: "sum", over: "all" }, "value,units,holes\n21,3,0\n"],
    [{ kind: "sum", over: "units" }, "axis_0,value\n0,9\n1,12\n"],
    [{ kind: "topk", k: 1, order: "largest" }, "rank,value,unit,index\n1,6,2,1\n"],
    [{ kind: "histogram", bins: 2, range: [1, 5] }, "from,to,count\n-inf,1,0\n1,3,2\n3,5,3\n5,inf,1\n"],
  ])("of %o is a table", async (reduce, text) => {
    expect(await textOf(complete, reduce, "csv")).toBe(text);
  });

  test("of a picture is a bare matrix", async () => {
    const job: Case = { dtype: "u8", shape: [1, 2], units: [[1, 2], null, [3, 4]] };
    expect(await textOf(job, IMAGE, "csv")).toBe("1,2,,\n3,4,,\n");
  });

  test("refuses rows that no table holds", () => {
    expect(whyRefused({ dtype: "u8", shape: [20_000], units: [null] }, CONCAT, "csv")).toContain("20000 columns");
  });

  test("refuses holes in a histogram, which has no place for them", () => {
    expect(whyRefused(holed, { kind: "histogram", bins: 2, range: [0, 1] }, "csv")).toContain("cannot say which");
  });
});

describe("png", () => {
  test("draws each value in its colour and leaves missing tiles transparent", async () => {
    const job: Case = { dtype: "f32", shape: [1, 2], units: [[0, 100], [50, 25], null, [10, 20]] };
    const picture = decode(await collect(exported(job, IMAGE, "png").chunks));
    expect([picture.width, picture.height, picture.channels]).toEqual([4, 2, 4]);
    const values = [0, 100, 50, 25, undefined, undefined, 10, 20];
    const colours = values.map((value) =>
      value === undefined ? [0, 0, 0, 0] : [...rampColour(RAMPS.seaLight, equalise(value, [0, 100], "linear")), 255],
    );
    expect([...picture.data]).toEqual(colours.flat());
  });

  test("refuses what is no picture", () => {
    expect(whyRefused(complete, CONCAT, "png")).toContain("reduced by concat");
  });
});

describe("every format", () => {
  test("says its type and ending", () => {
    const endings = RESULT_FORMATS.filter((format) => format !== "png").map((format) => exported(complete, CONCAT, format).extension);
    expect(endings).toEqual(["bin", "npy", "csv", "ndjson", "json"]);
  });

  test("names an output that is not there", () => {
    const plan = planOf("u8", [1], CONCAT, 1);
    const meta = { job: 1, name: "x", complete: true };
    expect(() => exportResults(plan, "other", "raw", sourceOf("u8", []), meta)).toThrow(
      expect.objectContaining({ code: "no-output", message: "The job has no output other.", todo: "It has answer: name one of them." }),
    );
  });

  test("breaks off when a unit is missing from results that were called complete", async () => {
    const plan = planOf("u8", [1], CONCAT, 2);
    const meta = { job: 1, name: "x", complete: true };
    for (const format of ["raw", "npy"] as const) {
      await expect(collect(exportResults(plan, undefined, format, sourceOf("u8", [[1], null]), meta).chunks)).rejects.toThrow("missing");
    }
  });
});
