/** Each fault says what to do, in a short sentence. */
import { expect, it } from "vitest";
import { admitted, type Files, judgesHere, KERNEL, manifest, packageOf, refused } from "./package.ts";

const judges = judgesHere();

const told = async (files: Files) =>
  refused(await judges.admit(packageOf(files))).map(({ field, wrong, right }) => `${field ?? ""}|${wrong}|${right}`);

const VECTOR = KERNEL.replace("params: Params;", "params: vec3u;").replaceAll(/params\.(first|width|scale)/g, "params.x");
const vector = (set: unknown): Files => ({ "job.json": manifest({ bindings: { params: { set } } }), "kernel.wgsl": VECTOR });
const MANIFEST = JSON.stringify(manifest({ priority: "PRIORITY" }));
/** The manifest with this text as a value. */
const json = (value: string): Files => ({ "job.json": MANIFEST.replace('"PRIORITY"', value), "kernel.wgsl": KERNEL });
const rows = (csv: string): Files => ({
  "job.json": manifest({ units: { rows: "r.csv" }, bindings: { params: { set: { first: "$row.a", width: 1, scale: "$row.b" } } } }),
  "kernel.wgsl": KERNEL,
  "r.csv": csv,
});
const without = (member: string): Files => ({ "job.json": manifest({ [member]: undefined }), "kernel.wgsl": KERNEL });
const split = (recordsPerUnit: number, more: object = {}): Files => ({
  "job.json": manifest({
    units: { split: "values" },
    bindings: {
      params: { set: { first: 1, width: 1, scale: 1 } },
      values: { init: { file: "d.bin", split: { recordBytes: 4, recordsPerUnit, ...more } } },
    },
  }),
  "kernel.wgsl": KERNEL,
  "d.bin": new Uint8Array(4 * 2 * recordsPerUnit),
});
const body = (text: string): Files => ({
  "job.json": manifest(),
  "kernel.wgsl": KERNEL.replace("  values[id.x] =", `  ${text}\n  values[id.x] =`),
});

const kernelWith = (declaration: string, text: string): Files => {
  const files = body(text);
  return { ...files, "kernel.wgsl": `${declaration}\n${String(files["kernel.wgsl"])}` };
};
const builtin = (name: string, type: string): Files => ({
  "job.json": manifest(),
  "kernel.wgsl": KERNEL.replace("global_invocation_id", name).replace("id: vec3<u32>", `id: ${type}`),
});

it.each<[string, Files, string]>([
  [
    "two unit spaces",
    {
      "job.json": manifest({ units: { rows: "r.csv", count: 6 }, bindings: { params: { set: { first: "$row.a", width: 1, scale: 1 } } } }),
      "kernel.wgsl": KERNEL,
      "r.csv": "a\n1\n",
    },
    "units|count and rows exclude each other.|Keep one of them: count or rows.",
  ],
  [
    "a number of workgroups",
    { "job.json": manifest({ passes: [{ workgroups: 4 }] }), "kernel.wgsl": KERNEL },
    "passes[0].workgroups|It is 4, where a list is expected.|Write [4].",
  ],
  [
    "a number of units",
    { "job.json": manifest({ units: 7 }), "kernel.wgsl": KERNEL },
    'units|7 is none of the forms that are allowed here.|Write {"count": 7}.',
  ],
  [
    "more iterations than lines",
    {
      "job.json": manifest({
        passes: [{ workgroups: [1], repeat: 3, table: "t.csv", set: { params: { first: "$pass.a", width: 1, scale: 1 } } }],
      }),
      "kernel.wgsl": KERNEL,
      "t.csv": "a\n1\n2\n",
    },
    "passes[0].repeat|The table has 2 lines, the pass 3 iterations.|Write 2, or let the table have 3: a line an iteration.",
  ],
  [
    "a bare list",
    vector([64, 32, 1]),
    'bindings.params.set|It is a list, where an object is expected.|Write {"": [64, 32, 1]}: "" stands for the whole binding, a member\'s name for that member.',
  ],
  ["a list too short", vector({ "": [64, 32] }), "|The list has 2 elements.|vec3<u32> has 3: add 1 more."],
  ["a list too long", vector({ "": [1, 2, 3, 4, 5] }), "|The list has 5 elements.|vec3<u32> has 3: remove 2."],
  [
    "a call that fits nothing",
    body("_ = select(true, 1u, false);"),
    "|no matching call to 'select(bool, u32, bool)'.|The nearest form is select(T, T, bool) -> T, each T one and the same type: convert",
  ],
  ["operands of two types", body("_ = id.x + 1i;"), "|The nearest form is operator + (T, T) -> T, each T one and the same type: convert"],
  ["a value of another type", body("values[0] = 1.5;"), "to type 'u32'.|Give it the type u32: by u32(…), or by another declaration."],
  [
    "numbers of two types",
    body("_ = id.x + params.scale;"),
    "convert what does not fit, u32(…) around the second or f32(…) around the first.",
  ],
  ["an update by another type", body("var x = 1u; x += 1i;"), "convert what does not fit, u32(…) around what is on the right."],
  ["a declared type", body("let i: i32 = id.x;"), "|Convert it, i32(…), or declare it as u32."],
  ["f16 that is not enabled", body("_ = f16(1);"), '|Write "enable f16;" as the first line of the kernel'],
  ["subgroups that are not enabled", body("_ = subgroupAdd(1u);"), '|Write "enable subgroups;" as the first line'],
  ["a function's return", kernelWith("fn g() -> f32 { return 1u; }", "_ = g();"), "|Convert it, return f32(…), or"],
  ["a function's argument", kernelWith("fn g(a: u32) { }", "g(1i);"), "|Convert it, u32(…), or let the function take"],
  ["a builtin", builtin("global_id", "vec3<u32>"), "|A compute shader has global_invocation_id, local_invocation_id"],
  ["a builtin's type", builtin("global_invocation_id", "vec2<u32>"), "|Declare it as vec3<u32>."],
  ["an atomic", kernelWith("var<workgroup> n: atomic<u32>;", "n += 1u;"), "|Read an atomic by atomicLoad(&x)"],
  ["a let that is changed", body("let a = 1u; a = 2u;"), "|Declare it with var:"],
  ["a number as a condition", body("if (id.x) { }"), "|Compare it, as in x != 0."],
  ["a barrier that some skip", body("if (id.x > 3u) { workgroupBarrier(); }"), "|Call it where all invocations"],
  ["a member of an array", body("_ = values.x;"), "|Index it with [i]:"],
  ["a value of Python's", json("True"), "|True is no JSON value.|Write true."],
  ["another", json("None"), "|None is no JSON value.|Write null."],
  ["a word", json("constructor"), "|constructor is no JSON value.|Put text between double quotes."],
  ["a hexadecimal number", json("0x80"), "|0x80 is hexadecimal, and JSON has decimal numbers alone.|Write 128."],
  ["one below zero", json("-0xFF"), "|Write -255."],
  ["one beyond 53 bits", json("0x8000000000000000"), '|Write "9223372036854775808".'],
  ["one of any length", json(`0x${"f".repeat(99)}`), "|Write it in decimal."],
  ["typographic quotes", json("“5”"), '|There is “, which is no quote of JSON.|Write straight double quotes, "like this".'],
  ["single quotes", json("'5'"), '|There is \', which is no quote of JSON.|Write straight double quotes, "like this".'],
  ["single quotes around a key", json("5,'a':1"), '|There is \', which is no quote of JSON.|Write straight double quotes, "like this".'],
  [
    "a quote of a table",
    rows('a,b\n1,2\n3,"4\n'),
    'A quote opens here and the line has none that closes it.|Close it with ", or remove it',
  ],
  ["a decimal comma between quotes", rows('a,b\n1,"0,5"\n'), 'b|"0,5" has a comma.|Write decimals with a point: 0.5.'],
  ["a file that is longer than an output's shape", split(65), "output[0].shape|values has 256 bytes by this shape, and a unit's piece"],
  [
    "a split without its record",
    split(64, { recordBytes: undefined }),
    '|Write "recordBytes": 16 in bindings.values.init.split: bytes of one record.',
  ],
  ["no passes", without("passes"), '|passes is missing.|Write "passes": [{"workgroups": [64]}] in job.json: dispatches, in order.'],
  [
    "a fraction",
    vector({ "": [1.5, 2, 3] }),
    'bindings.params.set[""][0]|1.5 is no whole number, and u32 holds whole numbers.|Let it be a whole number, or make the field f32.',
  ],
  [
    "an override of a kernel that has none",
    { "job.json": manifest({ overrides: { SIZE: 64 } }), "kernel.wgsl": KERNEL },
    "overrides.SIZE|The kernel has no override SIZE.|The kernel declares none: remove it.",
  ],
  [
    "a bool of 2",
    {
      "job.json": manifest({ overrides: { flip: 2 } }),
      "kernel.wgsl": `override flip: bool = false;\n${KERNEL.replace("params.first", "select(params.first, 0u, flip)")}`,
    },
    "overrides.flip|flip is bool, the value is 2.|Write true or false.",
  ],
])("%s", async (_, files, expected) => {
  const [first, ...more] = await told(files);
  expect(more).toEqual([]);
  expect(first).toContain(expected);
});

it("a bool override of 1 is true and one of 0 false, as WebGPU takes them", async () => {
  const kernel = `override flip: bool = false;\n${KERNEL.replace("params.first", "select(params.first, 0u, flip)")}`;
  const plans = [1, true, 0, false].map(async (flip) => {
    const { plan } = admitted(await judges.admit(packageOf({ "job.json": manifest({ overrides: { flip } }), "kernel.wgsl": kernel })));
    return plan.overrides;
  });
  expect(await Promise.all(plans)).toEqual([{ flip: 1 }, { flip: 1 }, { flip: 0 }, { flip: 0 }]);
});
