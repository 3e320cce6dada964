/** What is said of indices: beyond the end where the text proves it, unchecked where it proves nothing, and silence inside. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Judges } from "../../../server/admit/admit.ts";
import { admitted, type Files, heard, openJudges, packageOf, refused } from "./package.ts";

let judges: Judges;
beforeAll(async () => {
  judges = await openJudges({ timeoutMs: 20_000 }); // 6,000 lines on a busy machine
});
afterAll(() => judges.close());

const HEAD = `struct Size { n: u32, w: u32, h: u32, signed: i32 }
@group(0) @binding(0) var<uniform> size: Size;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read> src: array<u32>;
override COUNT: u32 = 100;
const LAST = 99u;
struct Input { @builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) at: u32 } alias Named = Input;
fn put(i: u32, v: u32) { out[i] = v; }
fn cell(x: u32, y: u32) -> u32 { let row = y * size.w; return row + x; }
fn fill(p: ptr<function, u32>) { *p += 1u; }
fn mark(p: ptr<storage, u32, read_write>) { *p = 1u; }
`;
const ID = "@builtin(global_invocation_id) id: vec3u";
const SET = { n: 100, w: 10, h: 10, signed: 100 };

interface Shape {
  /** Elements of `out`. */
  out?: number;
  /** Parameters of `main`. */
  inputs?: string;
  set?: object;
  pass?: object;
  more?: object;
  csv?: string;
}

/** `out` of 100 elements, 128 invocations along x and one along y; `body` uses everything, so that nothing else is warned of. */
function job(body: string, { out = 100, inputs = ID, set = SET, pass = {}, more = {}, csv }: Shape = {}): Files {
  const kernel = `${HEAD}@compute @workgroup_size(64) fn main(${inputs}) {\n  _ = src[0]; _ = size.n + out[0] + COUNT;\n  ${body}\n}\n`;
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: csv === undefined ? { count: 7 } : { rows: "rows.csv" },
    bindings: { size: { set }, src: { elements: 100, init: "zero" } },
    passes: [{ workgroups: [2], ...pass }],
    output: [{ binding: "out", dtype: "u32", shape: [out] }],
    gflopPerUnit: 1,
    ...more,
  };
  return { "job.json": manifest, "kernel.wgsl": kernel, ...(csv === undefined ? {} : { "rows.csv": csv }) };
}

/** The words on indices, none where there are none. */
const told = async (body: string, shape?: Shape) =>
  heard(await judges.admit(packageOf(job(body, shape)))).filter((text) => /with indices up to|^Not checked/.test(text));

const SQUARE = { pass: { workgroups: [1, 10] } };

describe("an index that is beyond the end for some invocation is told with its place, its most and the way out", () => {
  it.each<[string, string, number, Shape?]>([
    ["the invocation's own", "out[id.x] = 1u;", 127],
    ["by another name", "let i = id.x;\n  out[(i)] = 1u;", 127],
    ["of a struct of inputs", "out[input.id.x] = 1u;", 127, { inputs: "input: Input" }],
    ["of a struct of inputs by another name", "out[input.id.x] = 1u;", 127, { inputs: "input: Named" }],
    [
      "after a loop that some leave early",
      "for (var i = 0u; i < 9u; i++) { if (i == id.x) { continue; } if (src[i] > 3u) { break; } }\n  out[id.x] = 1u;",
      127,
    ],
    ["after a loop without a condition", "var i = 0u; loop { i++; if (i > id.x) { break; } }\n  out[id.x] = 1u;", 127],
    ["after a condition that keeps nobody away", "if (id.x > 5u) { _ = id; }\n  out[id.x] = 1u;", 127],
    ["one element too small for a number of the job", "if (id.x >= size.n) { return; }\n  out[id.x] = 1u;", 99, { out: 99 }],
    ["one too small for a constant", "if (id.x <= LAST) { out[id.x] = 1u; }", 99, { out: 99 }],
    ["one too small for an override", "if (id.x < COUNT) { out[id.x] = 1u; }", 99, { out: 99 }],
    ["one too small for an override's value", "if (id.x < COUNT) { out[id.x] = 1u; }", 119, { more: { overrides: { COUNT: 120 } } }],
    ["one too small for another array's length", "if (id.x < arrayLength(&src)) { out[id.x] = 1u; }", 99, { out: 99 }],
    ["one too small for a signed number", "let i = i32(id.x);\n  if (i >= size.signed) { return; }\n  out[i] = 1u;", 99, { out: 99 }],
    [
      "one too small for the largest row",
      "if (id.x < size.n) { out[id.x] = 1u; }",
      99,
      { out: 99, set: { ...SET, n: "$row.n" }, csv: "n\n7\n100\n20\n" },
    ],
    [
      "one too small for the first unit",
      "if (id.x < size.n) { out[id.x] = 1u; }",
      99,
      { out: 99, set: { ...SET, n: { of: "$unit.index", scale: -10, offset: 100 } } },
    ],
    [
      "the invocation's own in the first unit",
      "if (id.x < size.n) { out[id.x] = 1u; }",
      127,
      { set: { ...SET, n: { of: "$unit.index", scale: -10, offset: 200 } } },
    ],
    [
      "one too small for the largest number of a pass's table",
      "if (id.x < size.n) { out[id.x] = 1u; }",
      99,
      { out: 99, pass: { table: "rows.csv", repeat: 3, set: { size: { n: "$pass.n" } } }, csv: "n\n7\n100\n20\n" },
    ],
    ["one too small for the last iteration", "out[size.n] = 1u;", 100, { pass: { repeat: 101, set: { size: { n: "$pass.iteration" } } } }],
    [
      "one too small for the last unit",
      "if (id.x < size.n) { out[id.x] = 1u; }",
      99,
      { out: 99, set: { ...SET, n: { of: "$unit.index", scale: 10, offset: 40 } } },
    ],
    [
      "a row and a column",
      "if (id.x >= size.w || id.y >= size.h) { return; }\n  out[id.y * size.w + id.x] = 1u;",
      99,
      { out: 99, ...SQUARE },
    ],
    [
      "the same named before the condition",
      "let i = id.y * size.w + id.x;\n  if (id.x >= size.w || id.y >= size.h) { return; }\n  out[i] = 1u;",
      99,
      { out: 99, ...SQUARE },
    ],
    ["by a function", "if (id.x >= size.w || id.y >= size.h) { return; }\n  out[cell(id.x, id.y)] = 1u;", 99, { out: 99, ...SQUARE }],
    ["in a function", "put(id.x, 1u);", 127],
    ["several an invocation", "for (var i = 0u; i < 4u; i++) { out[id.x * 4u + i] = 1u; }", 511, { out: 511 }],
    ["an atomic's neighbour", "let p = &out[id.x + 1u];\n  *p = 1u;", 128, { out: 128 }],
    ["read", "out[id.x] = src[id.x];", 127, { out: 128 }],
    ["read by a loop that strides", "for (var i = id.x; i < 200u; i += 128u) { out[0] += src[i]; }", 199],
    ["read by a while that strides", "var i = id.x; var s = 0u;\n  while (i < 200u) { s += src[i]; i += 128u; }\n  out[0] = s;", 199],
    ["stored by a while that counts", "var i = 0u; while (i < 101u) { out[i] = 1u; i++; }", 100],
    [
      "of a vector that is clamped",
      "let q = clamp(vec2i(id.xy), vec2i(0), vec2i(12));\n  out[0] = src[u32(q.y) * 10u + u32(q.x)];",
      102,
      SQUARE,
    ],
    [
      "read behind a condition that is understood",
      "out[id.x] = 1u; if (id.x < 101u && src[id.x] > 0u) { out[0] = 2u; }",
      100,
      { out: 128 },
    ],
  ])("%s", async (_, body, most, shape) => {
    const [warning, ...more] = await told(body, shape);
    expect(more).toEqual([]);
    expect(warning).toMatch(
      /^kernel\.wgsl:\d+:\d+ main (stores|reads) .*Keep the index below \d+( by if \(.* arrayLength\(&\w+\)\) \{ (return;|…) \})?, or make the array \d+ long(, by (output\[0\]\.shape|bindings\.src\.elements) in job\.json)?\.$/,
    );
    expect(warning).toContain(`with indices up to ${most}, and`);
    expect(warning).toContain(`make the array ${most + 1} long`);
  });
});

describe("what is beyond the end", () => {
  it("is a fault where it is stored, told of the job's numbers that make it so", async () => {
    const [fault, ...more] = refused(await judges.admit(packageOf(job("out[id.x] = 1u;\n  out[id.x + 1u] = src[0];"))));
    expect(more).toEqual([]);
    expect(fault).toMatchObject({
      file: "kernel.wgsl",
      line: 15,
      column: 3,
      wrong: expect.stringMatching(/^main stores out\[id\.x \+ 1u\] with indices up to 128, .*; 1 more place of the kernel does so too\.$/),
      right:
        "Keep the index below 100 by if (id.x + 1u >= arrayLength(&out)) { return; }, or make the array 129 long, by output[0].shape in job.json.",
    });
  });

  it("is a warning where it is only read: nobody may use that value", async () => {
    const { warnings } = admitted(await judges.admit(packageOf(job("out[id.x % 9u] = select(0u, src[id.x], id.x < 9u);"))));
    expect(warnings.join()).toMatch(/main reads src\[id\.x\] with indices up to 127/);
  });

  it("is no fault where the store is behind a condition that is not understood", async () => {
    expect(admitted(await judges.admit(packageOf(job("if (src[0] > 3u) { out[id.x] = 1u; }")))).ok).toBe(true);
  });
});

describe("the way out names the field of job.json that makes the array longer", () => {
  it("an output's shape", async () => {
    expect((await told("out[id.x] = 1u;")).join()).toContain("make the array 128 long, by output[0].shape in job.json.");
  });

  it("a binding's elements", async () => {
    expect((await told("out[id.x % 9u] = src[id.x];")).join()).toContain("make the array 128 long, by bindings.src.elements in job.json.");
  });
});

it("a file that is too short is named, as its length is the array's", async () => {
  const shape = { more: { bindings: { size: { set: SET }, src: { init: { file: "src.bin" } } } } };
  const files = { ...job("out[id.x % 9u] = src[id.x];", shape), "src.bin": new Uint8Array(400) };
  expect(heard(await judges.admit(packageOf(files))).join()).toContain("make the array 128 long: it is as long as src.bin.");
});

it("a number of the kernel is no name, wherever the name stands", async () => {
  const body = "if (id.x > 1500) { let v = id.x * 1000u; out[v] = 1u; }";
  const start = String(job(body)["kernel.wgsl"]).indexOf("let v");
  for (let offset = 1497; offset <= 1503; offset++) {
    const shifted = `/*${"-".repeat(offset - start - 4)}*/${body}`;
    expect(await told(shifted, { out: 4_095, pass: { workgroups: [64] } })).toEqual([
      expect.stringContaining("with indices up to 4095000"),
    ]);
  }
});

it("a piece that is too short for all places of the kernel is told once, with the split that made it so", async () => {
  const split = { init: { file: "d.bin", split: { recordBytes: 40, recordsPerUnit: 1 } } };
  const files = job("let i = id.x % 50u; _ = src[id.x] + src[id.x + 1u] + src[i];", {
    more: { units: { split: "src" }, bindings: { size: { set: SET }, src: split } },
  });
  const words = heard(await judges.admit(packageOf({ ...files, "d.bin": new Uint8Array(400) })));
  expect(words.filter((text) => /with indices up to|^Not checked/.test(text))).toEqual([
    expect.stringMatching(
      /main reads src\[id\.x \+ 1u\] with indices up to 128, and src has 10 elements: .*; 1 more place of the kernel does so too\. Keep the index below 10 by if \(id\.x \+ 1u >= arrayLength\(&src\)\) \{ return; \}, or make the array 129 long: it is a unit's piece, 40 bytes by bindings\.src\.init\.split in job\.json\.$/,
    ),
  ]);
});

describe("an index that is inside is not spoken of", () => {
  it.each<[string, string, Shape?]>([
    [
      "of a pair that a pass's table steps through",
      "let other = id.x ^ size.n;\n  out[other] = 1u;",
      { out: 128, pass: { table: "rows.csv", repeat: 2, set: { size: { n: "$pass.n" } } }, csv: "n\n64\n1\n" },
    ],
    ["the invocation's own", "out[id.x] = 1u;", { out: 128 }],
    ["below the array's length", "if (id.x < arrayLength(&out)) { out[id.x] = 1u; }"],
    ["below a number of the job", "if (id.x >= size.n) { return; }\n  out[id.x] = 1u;"],
    ["below it, the other way around", "if (!(size.n > id.x)) { return; } else { out[id.x] = 1u; }"],
    ["the lesser of two", "out[min(id.x, 99u)] = 1u;"],
    [
      "below the lesser of what is left and what a unit has",
      "if (id.x >= min(size.n, 100u)) { return; }\n  out[id.x] = 1u;",
      { set: { ...SET, n: { of: "$unit.index", scale: -100, offset: 650 } } },
    ],
    [
      "beside one that is not at the border",
      `if (id.x >= size.w || id.y >= size.h) { return; }
  let i = id.y * size.w + id.x;
  if (id.x == 0u || id.y == 0u || id.x == size.w - 1u) { return; }
  if (size.h - 1u == id.y) { return; }
  out[i - 1u] = 1u; out[i + 1u] = 1u; out[i - size.w] = 1u; out[i + size.w] = 1u;`,
      { pass: { workgroups: [1, 10] } },
    ],
    ["never where a number is not itself", "if (size.w != 10u) { out[id.x] = 1u; }"],
    ["of the iteration", "out[size.n] = 1u;", { pass: { repeat: 100, set: { size: { n: "$pass.iteration" } } } }],
    [
      "below what the pass's place makes",
      "if (id.x < size.n) { out[id.x] = 1u; }",
      { pass: { set: { size: { n: { of: "$pass.index", offset: 100 } } } } },
    ],
    ["clamped", "out[clamp(size.n + src[3], 0u, LAST)] = 1u;"],
    ["a rest", "out[(id.x * 7u) % 100u] = 1u;"],
    ["masked", "out[src[id.x % 3u] & 63u] = 1u;"],
    ["halved", "out[id.x / 2u] = 1u; out[id.x >> 1u] = 2u;"],
    ["along another axis", "out[id.y] = 1u;"],
    ["the group's", "out[group.x] = 1u; out[input.at] = 1u;", { inputs: "@builtin(workgroup_id) group: vec3u, input: Input" }],
    ["a loop that strides", "for (var i = id.x; i < size.n; i += 128u) { out[i] = 1u; }"],
    ["a while that strides", "var i = id.x; let n = size.n;\n  while (i < n) { out[i] = src[i]; i += 128u; }"],
    ["a while within its condition", "var i = id.x; while (i < 300u) { if (i < 100u) { out[i] = 1u; } i += 128u; }"],
    ["a variable until it is changed", "var i = src[id.x % 9u]; i *= 3u; if (i < 100u) { out[i] = 1u; i += 7u; }"],
    [
      "a variable that a loop goes on with",
      "var i = out[0]; while (i < 100u && src[i] < 5u) { i++; } for (i += 2u; i < 100u; i += 9u) { out[i] = 1u; }",
    ],
    ["a vector that is clamped", "let q = min(id.xy, vec2u(9)); out[q.y * 10u + q.x] = 1u;"],
    ["a row and a column", "if (id.x >= size.w || id.y >= size.h) { return; }\n  out[cell(id.x, id.y)] = 1u;", SQUARE],
    ["a variable that is never changed", "var i = id.x;\n  if (i < 100u) { out[i] = 1u; }"],
    ["where nobody comes", "if (id.x >= 128u) { out[id.x + 500u] = 1u; }"],
    ["of a vector that is made", "let p = vec2u(id.x % 10u, id.y);\n  out[p.y * 10u + p.x] = 1u;"],
    ["a loop whose condition has a second half", "for (var i = 0; i < 100 && out[5] < 9u; i++) { out[i] = 1u; }"],
    ["a loop that is left at the end", "for (var i = id.x; ; i += 64u) { if (i >= 100u) { break; } out[i] = 1u; }"],
    ["a difference where it is none below zero", "if (id.x >= 28u) { out[id.x - 28u] = 1u; }"],
    [
      "a difference to a variable that doubles",
      "for (var d = 1u; d < 64u; d = d << 1u) { if (id.x >= d && id.x < 100u) { out[id.x - d] = 1u; } }",
    ],
    ["a difference of which memory decides", "let d = src[id.x % 9u]; if (d > id.x || id.x > 99u) { return; } out[id.x - d] = 1u;"],
    ["a difference with a name", "let d = src[id.x % 9u]; if (id.x <= 100u && d < id.x) { let at = id.x - d; out[at - 1u] = 1u; }"],
    ["a difference of signed numbers", "let i = i32(id.x); let d = i32(id.y + 28u); if (d <= i) { out[i - d] = 1u; }"],
    ["a loop that ends just before it would wrap", "for (var i = 90u; i <= 4294967294u; i++) { if (i < 99u) { out[i - 90u] = 1u; } }"],
  ])("%s", async (_, body, shape) => {
    expect(await told(body, shape)).toEqual([]);
  });
});

describe("an index that the text does not show is said to be unchecked", () => {
  it.each<[string, string, RegExp, Shape?]>([
    ["from memory", "out[src[id.x % 3u]] = 1u;", /out\[src\[id\.x % 3u\]\] at kernel\.wgsl:\d+:\d+\)/],
    ["a variable that changes", "var i = id.x; i *= 3u;\n  out[i] = 1u;", /\(out\[i\] at kernel\.wgsl:15:3\)/],
    ["changed through a pointer", "var i = 0u; fill(&i);\n  out[i] = 1u;", /out\[i\]/],
    ["behind a condition on data", "if (out[0] > 3u) { out[id.x] = 1u; }", /out\[id\.x\] at /],
    ["read from memory", "out[id.x % 9u] = src[src[id.x % 9u]];", /\(src\[src\[id\.x % 9u\]\] at/],
    [
      "of a while whose variable was looked at before",
      "var i = id.x; if (i >= 50u) { return; }\n  while (i < 200u) { out[i] = 1u; i += 64u; }",
      /out\[i\]/,
    ],
    ["of a variable that is changed after its condition", "var i = out[0]; if (i < 100u) { i += 7u; out[i] = 1u; }", /out\[i\]/],
    ["of one that is changed in between", "var i = out[0]; if (i < 100u) { if (src[1] > id.x) { i += 7u; } out[i] = 1u; }", /out\[i\]/],
    [
      "of one that its loop changes first",
      "var i = out[0]; if (i < 100u) { loop { out[i] = 1u; i += 7u; if (out[1] > 2u) { break; } } }",
      /out\[i\]/,
    ],
    ["of another name from before", "var i = out[0]; let j = i + 1u; i += 500u; if (i < 9u) { out[j] = 1u; }", /out\[j\]/],
    ["of a copy from before", "var i = out[0]; let j = i; i = 5u; if (i < 9u) { out[j] = 1u; }", /out\[j\]/],
    ["of a while that changes it twice", "var i = id.x; while (i < 100u) { i += 1u; out[i] = 1u; i += 64u; }", /out\[i\]/],
    ["of a while that some leave", "var i = id.x; while (i < 200u) { if (src[0] > 3u) { break; } out[i] = 1u; i += 1u; }", /out\[i\]/],
    [
      "after a loop in which some end",
      "for (var i = 0u; i < 9u; i++) { if (src[i] > 3u) { return; } }\n  out[id.x] = 1u;",
      /out\[id\.x\] at \S+\)/,
    ],
    ["beside a loop that not all enter", "for (var i = id.x; i < 100u; i += 128u) { out[id.x] = 1u; }", /out\[id\.x\]/],
    ["that may wrap", "out[id.x - size.n] = 1u;", /out\[id\.x - size\.n\]/, { set: { ...SET, n: "$unit.index" } }],
    ["of a difference whose own size is asked for", "let d = out[1]; if (id.x - d >= 1u) { out[id.x - d] = 1u; }", /out\[id\.x - d\]/],
    ["of a difference to what is changed", "var d = out[1]; if (id.x >= d) { d += 9u; out[id.x - d] = 1u; }", /out\[id\.x - d\]/],
    ["of a difference from before", "var d = out[1]; let at = id.x - d; d = 0u; if (id.x >= d) { out[at] = 1u; }", /out\[at\]/],
    ["of a difference to a signed number", "let i = i32(id.x); let d = i32(out[1]); if (i >= d) { out[i - d] = 1u; }", /out\[i - d\]/],
    ["of a pointer by another name", "let p = &out; let q = (p); (*q)[out[5]] = 1u;", /\(\*q\)\[out\[5\]\]/],
    ["of one beside a number that is none of its ends", "let x = id.x % 101u; if (x == 50u) { return; } out[x] = 1u;", /out\[x\]/],
    ["many", "let i = out[0]; out[i] = 1u; out[i + 1u] = 1u; out[i + 2u] = 1u; out[i + 3u] = 1u;", / and 1 more\)/],
  ])("%s", async (_, body, expected, shape) => {
    expect(await told(body, shape)).toEqual([
      expect.stringMatching(
        /^Not checked: whether (?:this stays|all indices stay) inside the arrays: .*That is no sign of a fault\. .* compare some units/,
      ),
    ]);
    expect((await told(body, shape)).join()).toMatch(expected);
  });

  // The range that such a variable would have without wrapping lies inside in each: only the wrap leads out.
  it.each<[string, string]>([
    ["past the largest u32", "for (var i = 90u; i <= 4294967295u; i++) { if (i < 99u) { out[i - 90u] = 1u; } }"],
    ["by a step past the largest u32", "for (var i = 90u; i < 4294967290u; i += 16u) { if (i < 99u) { out[i - 90u] = 1u; } }"],
    ["by a step that is a negative one", "for (var i = 90u; i < 4294967290u; i += 4294967295u) { if (i < 99u) { out[i - 90u] = 1u; } }"],
    ["of i32", "for (var i = 0; i <= 2147483647; i++) { if (i < 100) { out[i] = 1u; } }"],
    ["of i32 with a step", "for (var i = 0; i < 2147483640; i += 16) { if (i < 100) { out[i] = 1u; } }"],
    ["of i32 by its type alone", "for (var i: i32 = 0; i < 2147483640; i += 16) { if (i < 100) { out[i] = 1u; } }"],
    ["down from above", "for (var i = size.n; i >= 0u; i--) { out[i] = 1u; }"],
    ["down below zero", "for (var i = size.n - 1u; i >= 0u; i -= 1u) { out[i] = 1u; }"],
    ["down of i32", "for (var i = 99; i < 100; i--) { out[i] = 1u; }"],
    ["without a condition", "for (var i = 90u; ; i += 7u) { if (out[3] > 5u) { break; } if (i < 99u) { out[i - 90u] = 1u; } }"],
    ["with a condition that is no end", "for (var i = 90u; i != 3u; i++) { if (i < 99u) { out[i - 90u] = 1u; } }"],
    ["of a while", "var i = 90u; while (i <= 4294967295u) { if (i < 99u) { out[i - 90u] = 1u; } i += 1u; }"],
  ])("a loop's variable that may wrap %s", async (_, body) => {
    expect(await told(body)).toEqual([expect.stringMatching(/^Not checked: .*out\[i( - 90u)?\] at/)]);
  });

  it("stores before reads", async () => {
    const [warning] = await told("let i = src[out[5]]; out[out[6] + i] = 1u;");
    expect(warning).toMatch(/: \d indices \(out\[out\[6\] \+ i\] at .*; src\[out\[5\]\] at/);
  });

  it("and so is a kernel that is too long to be followed", async () => {
    const long = Array.from({ length: 6_000 }, (_, i) => `out[(id.x + 1u) % 9u] = id.x + ${i}u;`).join("\n");
    expect(await told(long)).toEqual([expect.stringMatching(/^Not checked: .*too long to be followed/)]);
  });

  it("not where calls double as often as is admitted", async () => {
    const calls = Array.from({ length: 12 }, (_, i) => `fn f${i + 1}(i: u32) { f${i}(i); f${i}(i); }`).join("\n");
    const files = job("f12(id.x % 9u);");
    const kernel = `${String(files["kernel.wgsl"])}fn f0(i: u32) { out[i] = 1u; }\n${calls}`;
    const { warnings } = admitted(await judges.admit(packageOf({ ...files, "kernel.wgsl": kernel })));
    expect(warnings.join()).toMatch(/store none beyond index 8/);
  });
});

describe("elements of an output that no store can reach are told", () => {
  const zeros = async (body: string, shape?: Shape) =>
    admitted(await judges.admit(packageOf(job(body, shape)))).warnings.filter((text) => /zero\./.test(text));

  it.each<[string, string, string, Shape?]>([
    ["beyond the condition", "if (id.x < size.n) { out[id.x] = 1u; }", "store none beyond index 99: 20 stay zero", { out: 120 }],
    ["one beyond the condition", "if (id.x < size.n) { out[id.x] = 1u; }", "store none beyond index 99: 1 stays zero", { out: 101 }],
    ["before the first", "if (id.x < 90u) { out[id.x + 10u] = 1u; }", "store none below index 10: 10 stay zero"],
    ["at both ends", "let p = &out; (*p)[id.x % 9u + 10u] = 1u;", "store none but 10 to 18: 91 stay zero"],
    ["by a loop", "for (var i = id.x; i < 50u; i += 128u) { put(i, 1u); }", "store none beyond index 49: 50 stay zero"],
    ["by a function that is given one", "if (id.x < 2u) { mark(&out[id.x]); }", "store none beyond index 1: 98 stay zero"],
    ["everywhere", "_ = id;", "no pass stores any: all stay zero"],
  ])("%s", async (_, body, expected, shape) => {
    expect(await zeros(body, shape)).toEqual([expect.stringContaining(expected)]);
  });

  it.each<[string, string, Shape?]>([
    ["all can be reached", "if (id.x < size.n) { out[id.x] = 1u; }"],
    ["by two stores", "if (id.x < 50u) { out[id.x] = 1u; } else if (id.x < 100u) { out[id.x] = 2u; }"],
    ["an index is not known", "out[out[3]] = 1u;"],
    ["a loop may wrap", "for (var i = 50u; i <= 4294967295u; i += 50u) { out[i] = 1u; }"],
    ["one starts with more than zeros", "out[id.y] = 1u;", { more: { bindings: started() } }],
  ])("and nothing is said where %s", async (_, body, shape) => {
    expect(await zeros(body, shape)).toEqual([]);
  });
});

describe("a loop that says of itself that it never ends is told with its place", () => {
  const endless = async (body: string) =>
    admitted(await judges.admit(packageOf(job(body)))).warnings.flatMap((text) => /^(\S+) This loop's condition/.exec(text)?.[1] ?? []);

  it.each([
    ["while", "while (true) { out[0] = id.x; }"],
    ["for", "for (var i = 0u; (true); i++) { out[0] = i; }"],
  ])("%s", async (_, body) => {
    expect(await endless(body)).toEqual([expect.stringMatching(/^kernel\.wgsl:\d+:3$/)]);
  });

  it.each([
    ["a break leaves it", "while (true) { if (id.x > 3u) { break; } }"],
    ["a return leaves it", "for (;true;) { if (id.x > 3u) { return; } }"],
    ["its condition may end", "for (var i = 0u; i < id.x; i++) { out[0] = i; }"],
  ])("and nothing is said where %s", async (_, body) => {
    expect(await endless(body)).toEqual([]);
  });
});

function started(): object {
  return { size: { set: SET }, src: { elements: 100, init: "zero" }, out: { init: { constant: 1 } } };
}
