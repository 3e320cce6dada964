/** What would be computed for nothing, and without a word: the same result in all units, columns, reads too early. */
import { describe, expect, it } from "vitest";
import { admitted, type Files, job, judgesHere, KERNEL, packageOf, refused, show } from "./package.ts";

const judges = judgesHere();

const warned = async (files: Files) => admitted(await judges.admit(packageOf(files))).warnings;
const told = async (files: Files) => refused(await judges.admit(packageOf(files))).map(show);
const set = (first: unknown) => ({ params: { set: { first, width: 1, scale: 1 } } });
const CSV = { "rows.csv": "a,b,c\n1,2,3\n4,5,6\n" };
const SPLIT = { init: { file: "d.bin", split: { recordBytes: 4, recordsPerUnit: 64 } } };
const DATA = { "d.bin": new Uint8Array(512) };

describe("units that all give the same result are told", () => {
  it.each<[string, Files, RegExp]>([
    [
      "of a count",
      job({ units: { count: 6 }, bindings: set(1) }),
      /^job\.json:\d+:\d+ units: all 6 give the same result: .*"\$unit\.index"/,
    ],
    ["of a grid", job({ units: { grid: [3, 2, 1] }, bindings: set("$unit.count") }), /all 6 give the same result: .*"\$unit\.x"/],
    [
      "by a number of the pass alone",
      job({ bindings: set(1), passes: [{ workgroups: [1], set: { params: { first: "$pass.iteration" } } }] }),
      /all 1000 /,
    ],
  ])("%s", async (_, files, expected) => {
    const warnings = await warned(files);
    expect(warnings.filter((text) => /same result/.test(text))).toEqual([expect.stringMatching(expected)]);
  });

  it.each<[string, Files]>([
    ["there is one", job({ units: { count: 1 }, bindings: set(1) })],
    ["a number is the unit's", job({ bindings: set({ of: "$unit.index", scale: 2 }) })],
    ["a pass sets one that is", job({ bindings: set(1), passes: [{ workgroups: [1], set: { params: { first: "$unit.index" } } }] })],
    [
      "a row has it",
      job(
        { units: { rows: "rows.csv" }, bindings: { params: { set: { first: "$row.a", width: "$row.b", scale: "$row.c" } } } },
        KERNEL,
        CSV,
      ),
    ],
    [
      "a file is split among them",
      job({ units: { split: "values" }, bindings: { ...set(1), values: SPLIT } }, KERNEL.replace("] =", "] +="), DATA),
    ],
  ])("and nothing is said where %s", async (_, files) => {
    expect(await warned(files)).toEqual([]);
  });
});

describe("columns of numbers that nothing uses are told once a table", () => {
  it("of rows", async () => {
    expect(await warned(job({ units: { rows: "rows.csv" }, bindings: set("$row.b") }, KERNEL, CSV))).toEqual([
      'rows.csv: nothing uses a, c: no result depends on them; set a number of the kernel to "$row.a", or leave them out.',
    ]);
  });

  it("of a pass", async () => {
    const passes = [{ workgroups: [1], table: "rows.csv", set: { params: { width: "$pass.a", scale: "$pass.b" } } }];
    expect((await warned(job({ passes, bindings: { params: { set: { first: "$unit.index" } } } }, KERNEL, CSV))).join()).toContain(
      'rows.csv: nothing uses c: no result depends on it; set a number of the kernel to "$pass.c", or leave it out.',
    );
  });
});

const TABLE = `${KERNEL.replace("= params.first", "= table[id.x] + params.first")}@group(0) @binding(2) var<storage, read_write> table: array<u32>;
@compute @workgroup_size(64) fn fill(@builtin(local_invocation_index) i: u32) { table[i] = i; }
@compute @workgroup_size(64) fn pointed(@builtin(local_invocation_index) i: u32) { let p = &table[i]; *p = i; }
`;
const ordered = (entryPoints: string[], table: object = { elements: 64, scratch: true }) =>
  job({ bindings: { ...set("$unit.index"), table }, passes: entryPoints.map((entryPoint) => ({ entryPoint, workgroups: [1] })) }, TABLE);

describe("memory that is read before it is written is told", () => {
  it.each<[string, Files, RegExp]>([
    [
      "by an earlier pass",
      ordered(["main", "fill"]),
      /passes\[0\]: main reads table while it is all zeros: the first that writes it is passes\[1\], fill\. Mend the order/,
    ],
    [
      "where none writes it",
      ordered(["main"]),
      /passes\[0\]: main reads table while it is all zeros: no pass writes it\. Fill it, or say "init": "zero" in bindings\.table/,
    ],
  ])("%s", async (_, files, expected) => {
    expect(await warned(files)).toEqual([expect.stringMatching(expected)]);
  });

  it.each<[string, Files]>([
    ["it is written first", ordered(["fill", "main"])],
    ["it is written by a pointer", ordered(["pointed", "main"])],
    ["its zeros are meant", ordered(["main", "fill"], { elements: 64, scratch: true, init: "zero" })],
    ["it is set", ordered(["main", "fill"], { elements: 64, scratch: true, set: { "[0]": 1 } })],
  ])("and nothing is said where %s", async (_, files) => {
    expect(await warned(files)).toEqual([]);
  });
});

it("a file that no invocation reads, as a number is not set, is told by that number", async () => {
  const kernel = `${KERNEL.replace("  values[id.x] =", "  var sum = 0u;\n  for (var i = 0u; i < params.width; i++) { sum += src[i]; }\n  values[id.x] = sum +")}@group(0) @binding(2) var<storage, read> src: array<u32>;\n`;
  const bindings = { params: { set: { first: "$unit.index", scale: 1 } }, src: { init: { file: "d.bin" } } };
  expect((await warned(job({ bindings }, kernel, DATA))).at(-1)).toMatch(
    /src gets 128 elements and no invocation reads any: set width of params \(it is zero now\), or leave it out of the kernel\.$/,
  );
});

it("a whole number that f32 rounds is told with its cell", async () => {
  const files = job({ units: { rows: "rows.csv" }, bindings: { params: { set: { first: 1, width: 1, scale: "$row.a" } } } }, KERNEL, {
    "rows.csv": "a\n1\n16777217\n",
  });
  expect(await warned(files)).toEqual([
    expect.stringMatching(/set\.scale: \$row\.a reaches 16777217 \(rows\.csv:3:1\), and f32 rounds whole numbers beyond 16777216\. Make/),
  ]);
});

it.each<[string, Files, RegExp]>([
  [
    "a seed in a word",
    job({ bindings: set("$unit.seed") }),
    /make the field vec2<u32>, or take \$unit\.index, which is another number for each unit too\./,
  ],
  ["a number beyond the doubles", job({ bindings: set("1e400") }), /"1e400" is out of range\. Doubles reach 1\.8e308, f32 3\.4e38/],
  [
    "one in a cell",
    job({ units: { rows: "rows.csv" }, bindings: set("$row.a") }, KERNEL, { "rows.csv": "a\n-1e400\n" }),
    /^rows\.csv:2:1 a: "-1e400" is out of range/,
  ],
])("%s is told with what it may be", async (_, files, expected) => {
  expect(await told(files)).toEqual([expect.stringMatching(expected)]);
});
