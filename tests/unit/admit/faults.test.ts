import { describe, expect, it } from "vitest";
import { type Files, job, judgesHere, KERNEL, manifest, packageOf, refused, show } from "./package.ts";

const judges = judgesHere();

const faultsOf = async (files: Files) => refused(await judges.admit(packageOf(files)));
const told = async (files: Files) => (await faultsOf(files)).map(show);
const set = (fields: object, units: object = { count: 1000 }) => ({
  units,
  bindings: { params: { set: { first: 1, width: 1, scale: 1, ...fields } } },
});

const text = (change: (json: string) => string): Files => ({ ...job({}), "job.json": change(JSON.stringify(manifest(), null, 2)) });

describe("one fault, named with its place and the way out", () => {
  it.each<[string, Files, RegExp]>([
    ["no job.json", { "jop.json": "{}" }, /job\.json::.*no job\.json\. Did you mean jop\.json\?/],
    [
      "a comma too many",
      text((json) => json.replace(/\n}$/, ",\n}")),
      /job\.json:\d+:\d+ : There is a comma before the }\. Remove the comma\./,
    ],
    [
      "a comma too many in a list",
      text((json) => json.replace('"kernel.wgsl"', '"kernel.wgsl" ,')),
      /job\.json:4:19 : There is a comma before the ]\. Remove the comma\./,
    ],
    [
      "a word that turns the text around it",
      job({ title: "Prime\u202es" }),
      /title: The text has U\+202E, which is not seen, after 5 characters\. Remove it/,
    ],
    ["a title of blanks", job({ title: " \u00a0" }), /title: ".+" shows nothing\. Write a letter, a number or a sign\./],
    [
      "a word that a terminal obeys",
      job({ description: "two\nlines\u001b[2J" }),
      /description: The text has U\+001B, which is not seen, after 9 characters\./,
    ],
    ["a comment", text((json) => json.replace("{", "{ // hello")), /job\.json:1:3 : JSON has no comments/],
    ["a key twice", { "job.json": '{"name": 1,\n "name": 2}' }, /job\.json:2:2 : The key name occurs twice/],
    [
      "a number that would be rounded",
      { "job.json": '{"seed": 9007199254740993}' },
      /job\.json:1:10 .*more than 53 bits.*"9007199254740993"/,
    ],
    ["an unknown member", job({ ouptut: [] }), /ouptut: "ouptut" is unknown here\. Did you mean output\?/],
    [
      "a wrong kind of reduce",
      job({ output: [{ binding: "values", dtype: "u32", shape: [64], reduce: { kind: "som" } }] }),
      /output\[0\]\.reduce\.kind: It is "som"\. Did you mean sum\?/,
    ],
    [
      "a kernel with floats that is to be sampled",
      job({ verify: { tier: "sampled" } }),
      /verify\.tier: It cannot be sampled: its kernel computes with floats.*or write "quorum"/,
    ],
    [
      "several dispatches that are to be sampled",
      job({ verify: { tier: "sampled" }, passes: [{ workgroups: [1], repeat: 2 }] }),
      /verify\.tier: It cannot be sampled: a unit is several dispatches/,
    ],
    ["units of no known form", job({ units: { cuont: 5 } }), /units\.cuont: .*Did you mean count\?/],
    ["a text for a number", job({ units: { count: "5" } }), /job\.json:7:14 units\.count: It is "5", where a whole number is expected/],
    [
      "a missing kernel file",
      job({ kernel: ["kernal.wgsl"] }),
      /kernel\[0\]: The package has no file kernal\.wgsl\. Did you mean kernel\.wgsl\?/,
    ],
    ["a missing table", job({ units: { rows: "rows.csv" } }), /units\.rows: The package has no file rows\.csv/],
    [
      "a misspelt binding",
      job({ bindings: { parms: { set: { first: 1 } } } }),
      /bindings\.parms: The kernel has no binding parms\. Did you mean params\?/,
    ],
    ["a misspelt field", job(set({ widht: 2 })), /bindings\.params\.set\.widht: Params has no member widht\. Did you mean width\?/],
    ["a field of the wrong type", job(set({ width: 1.5 })), /set\.width: 1\.5 is no whole number, and u32 holds whole numbers/],
    ["a negative u32", job(set({ width: -1 })), /set\.width: -1 does not fit u32\. u32 holds 0 to 4294967295/],
    ["a boolean", job(set({ width: true })), /set\.width: It is true, where one number is expected/],
    [
      "a figure that would mint credit",
      job({ gflopPerUnit: 100_001 }),
      /job\.json:\d+:\d+ gflopPerUnit: It is 100001\. The most is 100000\./,
    ],
    [
      "an index that overflows",
      job(set({ first: "$unit.index" }, { count: 2 ** 33 })),
      /set\.first: \$unit\.index reaches 8589934591, which does not fit u32\. .*vec2<u32>/,
    ],
    [
      "an affine map that overflows below",
      job(set({ first: { of: "$unit.index", scale: -1 } })),
      /set\.first: \$unit\.index, scaled, reaches -999/,
    ],
    ["a seed in a u32", job(set({ first: "$unit.seed" })), /A seed has 64 bits: make the field vec2<u32>/],
    ["a grid's x without a grid", job(set({ first: "$unit.x" })), /The units have no x: they are no grid/],
    ["a row without rows", job(set({ first: "$row.a" })), /The units have no rows/],
    ["a pass's value outside of it", job(set({ first: "$pass.iteration" })), /Move it to the set of the pass/],
    ["an unknown reference", job(set({ first: "$unit.idnex" })), /There is no \$unit\.idnex\. Did you mean index\?/],
    [
      "a row that overflows",
      job({ ...set({ first: "$row.a" }), units: { rows: "r.csv" } }, KERNEL, { "r.csv": "a\n1\n5000000000\n" }),
      /\$row\.a reaches 5000000000/,
    ],
    [
      "a column that is not there",
      job({ ...set({ first: "$row.b" }), units: { rows: "r.csv" } }, KERNEL, { "r.csv": "aa\n1\n" }),
      /no column b\. Its columns are aa/,
    ],
    [
      "a CSV field that is no number",
      job({ units: { rows: "r.csv" }, bindings: { params: { set: { first: "$row.b", width: 64, scale: 1 } } } }, KERNEL, {
        "r.csv": "a,b\n1,2\n3,x4\n",
      }),
      /r\.csv:3:3 b: "x4" is no number/,
    ],
    [
      "a short CSV line",
      job({ units: { rows: "r.csv" } }, KERNEL, { "r.csv": "a,b\n1\n" }),
      /r\.csv:2:1 : The line has 1 field\. The header has 2: add \w+\./,
    ],
    ["a uniform that nothing fills", job({ bindings: {} }), /bindings\.params: params is uniform and nothing fills it/],
    [
      "a buffer of unknown length",
      job(
        { output: [{ binding: "other", dtype: "u32", shape: [1] }] },
        `${KERNEL}@group(0) @binding(2) var<storage, read_write> other: array<u32>;\n@compute @workgroup_size(1) fn second() { other[0] = 1u; }`,
        {},
      ),
      /passes\[0\]: The kernel has 2 entry points\. Name one of main, second/,
    ],
    [
      "an output that is too large",
      job({ bindings: { params: { set: { first: 1 } }, values: { elements: 32 } } }),
      /output\[0\]\.shape: 64 u32 are 256 bytes, values has 128/,
    ],
    [
      "an output of a uniform",
      job({
        output: [
          { binding: "params", dtype: "u8", shape: [12] },
          { binding: "values", dtype: "u32", shape: [1] },
        ],
      }),
      /output\[0\]\.binding: params is a uniform/,
    ],
    [
      "an output of the wrong dtype",
      job({ output: [{ binding: "values", dtype: "f32", shape: [64] }] }),
      /output\[0\]\.dtype: .* is made of u32, the output says f32/,
    ],
    [
      "a picture that is no picture",
      job({ output: [{ binding: "values", dtype: "u32", shape: [64], reduce: { kind: "image", columns: 2, range: [0, 1] } }] }),
      /Its shape is \[height, width\]/,
    ],
    [
      "an unknown entry point",
      job({ passes: [{ entryPoint: "mian", workgroups: [1] }] }),
      /passes\[0\]\.entryPoint: The kernel has no entry point mian\. Did you mean main\?/,
    ],
    [
      "a table of the wrong length",
      job({ passes: [{ workgroups: [1], repeat: 3, table: "t.csv" }] }, KERNEL, { "t.csv": "a\n1\n" }),
      /The table has 1 line, the pass 3 iterations/,
    ],
    ["a swap of a uniform", job({ passes: [{ workgroups: [1], swap: [["params", "values"]] }] }), /swap\[0\]\[0\]: params is a uniform/],
    [
      "an unknown override",
      job({ overrides: { WIDHT: 1 } }, `override WIDTH: u32 = 1;\n${KERNEL}`),
      /overrides\.WIDHT: .*Did you mean WIDTH\?/,
    ],
    [
      "an override of the wrong type",
      job({ overrides: { WIDTH: -1 } }, `override WIDTH: u32 = 1;\n${KERNEL}`),
      /WIDTH is u32, the value is -1/,
    ],
    [
      "an override without a value",
      job({}, KERNEL.replace("64)", "SIZE)").replace("struct", "override SIZE: u32;\nstruct")),
      /kernel\.wgsl:1:10 : override SIZE has no value/,
    ],
    [
      "a workgroup that no GPU runs",
      job({}, KERNEL.replace("64)", "64, 64)")),
      /kernel\.wgsl:6:4 : The workgroup of main is 64 x 64 x 1: maxComputeInvocationsPerWorkgroup would have to be 4096/,
    ],
    [
      "too much workgroup memory",
      job(
        {},
        KERNEL.replace("fn main", "fn main")
          .replace("{\n  values", "{\n  big[0] = 1u;\n  values")
          .replace("@compute", "var<workgroup> big: array<u32, 100000>;\n@compute"),
      ),
      /400000 bytes of workgroup memory/,
    ],
    [
      "an unknown limit",
      job({ requires: { limits: { maxBufferSzie: 5 } } }),
      /There is no limit maxBufferSzie\. Did you mean maxBufferSize\?/,
    ],
    [
      "a texture",
      job(
        {},
        KERNEL.replace("+ params.width", "+ textureDimensions(t).x").replace(
          "@compute",
          "@group(0) @binding(2) var t: texture_2d<f32>;\n@compute",
        ),
      ),
      /kernel\.wgsl:5:27 : t cannot be bound: texture_2d<f32> is a texture\. Textures are not supported yet: read the texels from a storage buffer/,
    ],
    [
      "a texture that is written",
      job(
        {},
        KERNEL.replace("values[id.x]", "textureStore(t, id.xy, vec4f()); values[id.x]").replace(
          "@compute",
          "@group(0) @binding(2) var t: texture_storage_2d<rgba8unorm, write>;\n@compute",
        ),
      ),
      /t cannot be bound: .* is a texture\. Textures are not supported yet: write the texels to a storage buffer/,
    ],
    [
      "a workgroup that no GPU takes",
      job({}, KERNEL.replace("size(64)", "size(32, 64)")),
      /The workgroup of main is 32 x 64 x 1: maxComputeInvocationsPerWorkgroup would have to be 2048\. .* 1024: make @workgroup_size smaller.*Every GPU takes 256 invocations/,
    ],
    [
      "a plural without its ending",
      job({ passes: undefined, pass: [{ workgroups: [1] }] }),
      /"pass" is unknown here\. Did you mean passes\?/,
    ],
    [
      "a sampler",
      job({}, KERNEL.replace("values[id.x]", "_ = s; values[id.x]").replace("@compute", "@group(0) @binding(2) var s: sampler;\n@compute")),
      /s cannot be bound: it is a sampler/i,
    ],
    ["bool in a buffer", job({}, KERNEL.replace("scale: f32", "scale: f32, flag: bool")), /bool cannot lie in a buffer\. Use u32/],
    [
      "a length that we cannot evaluate",
      job({}, KERNEL.replace("array<u32>", "array<u32, countOneBits(255u) * bitcast<u32>(2i)>")),
      /The array length in the type of values cannot be evaluated/,
    ],
    [
      "an extension that is not supported",
      job({}, `enable dual_source_blending;\n${KERNEL}`),
      /kernel\.wgsl:1:8 : enable dual_source_blending is not supported/,
    ],
    [
      "a vertex shader",
      job({ passes: [{ entryPoint: "v", workgroups: [1] }] }, `${KERNEL}@vertex fn v() -> @builtin(position) vec4f { return vec4f(); }`),
      /v is a vertex shader/,
    ],
    ["an undeclared name", job({}, KERNEL.replace("params.first", "parms.first")), /kernel\.wgsl:7:18 : Nothing declares parms/],
    [
      "a type error",
      job({}, KERNEL.replace("id.x * u32(params.scale)", "id.x * params.scale")),
      /kernel\.wgsl:7:\d+ : no matching overload/,
    ],
    [
      "an import that leads nowhere, once however many names come from there",
      job({}, `import package::missing::{thing, other};\n${KERNEL.replace("params.first", "thing + other + thing")}`),
      /^kernel\.wgsl:8:18 : Nothing declares package::missing::thing: none of the kernel's files is package::missing\. Add the file that package::missing is to "kernel" in job\.json, or mend the import\.$/,
    ],
    [
      "a split that leaves a rest",
      job(
        {
          units: { split: "values" },
          bindings: { params: { set: { first: 1 } }, values: { init: { file: "d.bin", split: { recordBytes: 3, recordsPerUnit: 4 } } } },
        },
        KERNEL,
        { "d.bin": new Uint8Array(100) },
      ),
      /d\.bin has 100 bytes, no whole number of records of 3/,
    ],
    [
      "more units than pieces",
      job(
        {
          units: { count: 9 },
          bindings: { params: { set: { first: 1 } }, values: { init: { file: "d.bin", split: { recordBytes: 4, recordsPerUnit: 64 } } } },
        },
        KERNEL,
        { "d.bin": new Uint8Array(1024) },
      ),
      /d\.bin has pieces for 4 units, the job has 9/,
    ],
    ["a seed of 65 bits", job({ seed: "18446744073709551616" }), /seed: 18446744073709551616 has more than 64 bits/],
    ["a grid that is too large", job({ units: { grid: [1e9, 1e9, 1] } }), /The grid has 1000000000000000000 units/],
    [
      "a kernel that is not UTF-8",
      job({}, KERNEL, { "kernel.wgsl": new Uint8Array([0x66, 0xff, 0xfe]) }),
      /kernel\.wgsl:: : The file is not UTF-8/,
    ],
    [
      "a kernel that is too large",
      job({}, `${KERNEL}//${"x".repeat(300_000)}`),
      /kernel\.wgsl:: : The file has \d+ bytes\. At most 262144/,
    ],
  ])("%s", async (_, files, expected) => {
    const faults = await told(files);
    expect(faults.join("\n")).toMatch(expected);
    expect(faults.length).toBeLessThanOrEqual(3);
  });
});

describe("several faults", () => {
  it("of manifest, kernel and table come in one go, in reading order", async () => {
    const kernel = KERNEL.replace("params.first", "parms.first").replace("64)", "2048)");
    const changes = {
      units: { rows: "r.csv" },
      bindings: { params: { set: { first: "$row.a", widht: 1, scale: "fast" } }, valeus: { scratch: true } },
      passes: [{ entryPoint: "main", workgroups: [1] }],
      output: [{ binding: "values", dtype: "f32", shape: [64] }],
      priorty: 3,
    };
    const faults = await told(job(changes, kernel, { "r.csv": "a\n1\nfoo\n" }));
    const expected = [
      /set\.widht/,
      /set\.scale/,
      /bindings\.valeus/,
      /output\[0\]\.dtype/,
      /priorty/,
      /kernel\.wgsl:6:4 .*2048/,
      /kernel\.wgsl:7:18 .*parms/,
      /r\.csv:3:1 a/,
    ];
    expect(faults.length).toBe(expected.length);
    for (const [index, fault] of faults.entries()) expect(fault).toMatch(expected[index] as RegExp);
  });

  it("of the kernel's syntax are all named, and the manifest's beside them", async () => {
    const kernel = "fn a( { let x = 1 }\nstruct B { a: u32 b: u32 }\n@compute @workgroup_size(1) fn main() { let = 3; let y = 4; foo(; }";
    const faults = await faultsOf(job({ units: { count: 0 } }, kernel));
    expect(faults.filter((fault) => fault.file === "kernel.wgsl").map((fault) => fault.line)).toEqual([1, 2, 3, 3]);
    expect(faults[0]).toMatchObject({ file: "job.json", field: "units.count", line: 7 });
  });

  const WRONG_TYPE = KERNEL.replace("u32(params.scale)", "params.scale");

  it("of five stages at once are all told, where nothing is judged by the value that has no shape", async () => {
    const changes = {
      title: 5,
      seed: -1,
      bindings: { params: { set: { first: "$row.a", widht: 1, scale: 2 } }, valeus: { init: { file: "values.bin" } } },
      passes: [{ workgroups: [1], table: "steps.csv", repeat: 0 }],
      units: { rows: "rows.csv" },
      output: [{ binding: "values", dtype: "f32", shape: [64], reduce: { kind: "summ" } }],
    };
    const faults = await told(job(changes, WRONG_TYPE, { "rows.csv": "a\n1\n", "values.bim": "" }));
    const expected = [
      /set\.widht: Params has no member widht/,
      /bindings\.valeus: The kernel has no binding valeus\. Did you mean values/,
      /passes\[0\]\.table: The package has no file steps\.csv/,
      /passes\[0\]\.repeat: It is 0/,
      /output\[0\]\.dtype: .* made of u32, the output says f32/,
      /output\[0\]\.reduce\.kind: .*Did you mean sum/,
      /title: It is 5, where a text/,
      /seed: /,
      /kernel\.wgsl:7:\d+ : /,
    ];
    for (const pattern of expected) expect(faults).toContainEqual(expect.stringMatching(pattern));
    expect(faults.join("\n")).not.toMatch(/unnamed/);
  });

  it("are told of the name that is missing, and of all else", async () => {
    const { name: _, ...nameless } = manifest({ output: [{ binding: "values", dtype: "u32", shape: [65] }] });
    const set = { params: { set: { first: -1, width: 1, scale: 1 } } };
    const faults = await told({ "job.json": { ...nameless, bindings: set }, "kernel.wgsl": KERNEL });
    expect(faults).toEqual([expect.stringMatching(/name is missing/), expect.stringMatching(/set\.first: -1 does not fit u32/)]);
  });

  it("beside a value that others are judged by are those of the files, the names and the kernel", async () => {
    const changes = {
      units: { count: "many" },
      bindings: { params: { set: { first: 1, widht: 1, scale: 2 }, init: { file: "start.bin" } }, valeus: { scratch: 1 } },
      passes: [{ entryPoint: "mian", workgroups: 4, table: "steps.csv", set: { parms: { first: "$pass.a" } } }],
      output: [{ binding: "vals", dtype: "u32" }],
    };
    const faults = await told(job(changes, WRONG_TYPE, { "steps.csv": "a\nfoo\n" }));
    const expected = [
      /units\.count: It is "many"/,
      /params\.init\.file: The package has no file start\.bin/,
      /set\.widht: Params has no member widht\. Did you mean width/,
      /bindings\.valeus: The kernel has no binding valeus/,
      /valeus\.scratch: It is 1/,
      /entryPoint: The kernel has no entry point mian\. Did you mean main/,
      /workgroups: It is 4/,
      /passes\[0\]\.set\.parms: The kernel has no binding parms/,
      /output\[0\]\.binding: The kernel has no binding vals/,
      /output\[0\]: shape is missing/,
      /kernel\.wgsl:7:\d+ : /,
      /steps\.csv:2:1 a: "foo" is no number/,
    ];
    for (const pattern of expected) expect(faults).toContainEqual(expect.stringMatching(pattern));
    expect(faults).toHaveLength(expected.length);
  });

  it("of an imported file have that file's lines", async () => {
    const files = {
      "job.json": manifest({ kernel: ["main.wesl", "lib.wesl"], bindings: {} }),
      "main.wesl":
        "import package::lib::twice;\n@group(0) @binding(1) var<storage, read_write> values: array<u32>;\n@compute @workgroup_size(1) fn main() { values[0] = twice(2u); }",
      "lib.wesl": "// A comment.\n\nfn twice(x: u32) -> u32 {\n  return x * 2.5f;\n}\n",
    };
    expect(await faultsOf(files)).toMatchObject([{ file: "lib.wesl", line: 4, column: 10 }]);
  });
});
