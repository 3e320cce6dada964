/** What an owner is told: the cause alone and first, the cell it stands in, and a word on what would surprise. */
import { describe, expect, it } from "vitest";
import { admitted, type Files, job, judgesHere, KERNEL, manifest, packageOf, refused, show } from "./package.ts";

const judges = judgesHere();

const told = async (files: Files) => refused(await judges.admit(packageOf(files))).map(show);
const warned = async (files: Files) => admitted(await judges.admit(packageOf(files))).warnings;
const row = (csv: string, set: object = { first: "$row.a" }): Files =>
  job({ units: { rows: "rows.csv" }, bindings: { params: { set } } }, KERNEL, { "rows.csv": csv });
const table = (csv: string): Files =>
  job({ passes: [{ workgroups: [1], table: "t.csv", set: { params: { first: "$pass.a" } } }] }, KERNEL, { "t.csv": csv });
const output = (reduce: unknown): Files => job({ output: [{ binding: "values", dtype: "u32", shape: [64], reduce }] });
const swapped = `${KERNEL.replace("+ params.width", "+ other[id.x]")}@group(0) @binding(2) var<storage, read_write> other: array<u32>;`;
const swap = (repeat: number, elements: number): Files =>
  job(
    {
      units: { count: 1 },
      bindings: { params: { set: { first: 1, width: 1, scale: 1 } }, other: { elements, scratch: true } },
      passes: [{ workgroups: [1], repeat, swap: [["values", "other"]] }],
    },
    swapped,
  );

describe("a fault that others follow from", () => {
  it.each<[string, Files, RegExp]>([
    ["a bad cell", row("a\n1\nfoo\n", { first: "$row.a", width: "$row.a", scale: "$row.a" }), /^rows\.csv:3:1 a: "foo" is no number/],
    ["a bad cell of a pass's table", table("a\nfoo\n"), /^t\.csv:2:1 a: "foo" is no number/],
    [
      "a grid that is too large",
      job({ units: { grid: [1e9, 1e9, 1] }, bindings: { params: { set: { first: "$unit.x" } } } }),
      /The grid has/,
    ],
    [
      "a split that leaves a rest",
      job(
        {
          units: { split: "values" },
          bindings: {
            params: { set: { first: 1, width: 1, scale: 1 } },
            values: { init: { file: "d.bin", split: { recordBytes: 3, recordsPerUnit: 4 } } },
          },
        },
        KERNEL,
        { "d.bin": new Uint8Array(100) },
      ),
      /recordBytes: d\.bin has 100 bytes, no whole number of records of 3/,
    ],
    ["a fault of syntax", job({}, KERNEL.replace("id.x * u32", "id.x * s( u32").replace(": f32 }", " f32 }")), /^kernel\.wgsl:1:/],
    ["an empty kernel", job({}, ""), /The kernel has no @compute function/],
  ])("is told alone: %s", async (_, files, expected) => {
    const faults = await told(files);
    expect(faults[0]).toMatch(expected);
    expect(faults.filter((fault) => !/^kernel\.wgsl/.test(fault)).length + Number(/^kernel\.wgsl/.test(faults[0] ?? ""))).toBe(1);
    expect(faults.join("\n")).not.toMatch(/have no rows|is not split|No entry point|Nothing declares|has no binding|no grid|has no table/);
  });
});

it("a fault of syntax stands beside a name that is nowhere in the kernel", async () => {
  const faults = await told(job({ output: [{ binding: "valeus", dtype: "u32", shape: [64] }] }, `${KERNEL}fn broken( {}`));
  expect(faults[0]).toMatch(/output\[0\]\.binding: The kernel has no binding valeus\. Did you mean values\?/);
  expect(faults.slice(1).every((fault) => fault.startsWith("kernel.wgsl:9"))).toBe(true);
});

describe("a table's value that does not fit", () => {
  it.each<[string, Files, RegExp]>([
    ["too large", row("a\n1\n4294967296\n"), /\$row\.a reaches 4294967296 \(rows\.csv:3:1\), which does not fit u32/],
    ["in a later column", row("b,a\n1,1\n22,-7\n"), /\$row\.a reaches -7 \(rows\.csv:3:4\)/],
    ["a fraction", row("a\n1\n2.5\n"), /not always a whole number \(rows\.csv:3:1\)/],
    ["a fraction of a pass", table("a\n2.5\n"), /not always a whole number \(t\.csv:2:1\)/],
    ["an exponent too large", row("a\n1e23\n"), /reaches 1e\+23 \(rows\.csv:2:1\), which does not fit u32/],
    ["digits beyond 64 bits", row("a\n99999999999999999999999\n"), /^rows\.csv:2:1 a: 99999999999999999999999 has more than 64 bits/],
  ])("is named with its cell: %s", async (_, files, expected) => {
    expect((await told(files)).join("\n")).toMatch(expected);
  });

  it("is no fault when an exponent makes a whole number", async () => {
    const admission = admitted(await judges.admit(packageOf(row("a\n1e3\n2.0\n"))));
    expect(admission.plan.units).toEqual({ count: 2 });
  });
});

describe("a warning", () => {
  it("names what not every host has, unless the job requires it", async () => {
    const large = `override blockSize: u32 = 8;\n${KERNEL.replace("size(64)", "size(blockSize, blockSize)")}`;
    const limit =
      /^job\.json:\d+:\d+ overrides\.blockSize: the 32 x 32 x 1 workgroup of main needs maxComputeInvocationsPerWorkgroup 1024 \(WebGPU's default is 256\): only hosts that have it get this job\. .*: make overrides\.blockSize smaller and the workgroups more\.$/;
    const overrides = { blockSize: 32 };
    expect(await warned(job({ overrides }, large))).toEqual([
      expect.stringMatching(limit),
      expect.stringMatching(/store none beyond index 31/),
    ]);
    const wide = { output: [{ binding: "values", dtype: "u32", shape: [512] }] };
    const literal = await warned(job(wide, KERNEL.replace("size(64)", "size(512)")));
    expect(literal[0]).toMatch(
      /^kernel\.wgsl:6:4 needs maxComputeInvocationsPerWorkgroup 512 .* and maxComputeWorkgroupSizeX 512 .* have them get this job\..*make @workgroup_size/,
    );
    expect(literal.filter((text) => /maxCompute/.test(text))).toHaveLength(1);
    const other = `override other: u32;\n${large.replace("params.first", "params.first + other")}`;
    expect((await warned(job({ overrides: { other: 1, ...overrides } }, other)))[0]).toMatch(
      / overrides\.blockSize: .*: make overrides\.blockSize smaller/,
    );
    const asked = { overrides, passes: [{ workgroups: [2] }], requires: { limits: { maxComputeInvocationsPerWorkgroup: 1024 } } };
    expect(await warned(job(asked, large))).toEqual([]);
    const half = `enable f16;\n${KERNEL}`;
    expect((await warned(job({}, half))).join()).toMatch(/^kernel\.wgsl:1:8 needs shader-f16/);
    expect(await warned(job({ requires: { features: ["shader-f16"] } }, half))).toEqual([]);
  });

  it("says that a picture's rows are not those of the grid, unless the grid is one row", async () => {
    const picture = (grid: number[], columns: number) =>
      job({
        units: { grid },
        output: [{ binding: "values", dtype: "u32", shape: [8, 8], reduce: { kind: "image", columns, range: [0, 9] } }],
      });
    expect((await warned(picture([19, 20, 1], 20))).join()).toMatch(
      /output\[0\]\.reduce\.columns: .* 20 tiles in a row and the grid 19 units.*Let columns be 19\./,
    );
    for (const files of [picture([19, 20, 1], 19), picture([380, 1, 1], 19)]) expect(await warned(files)).toEqual([]);
  });

  it("says that a swap without a second iteration does nothing", async () => {
    expect((await warned(swap(1, 64))).join()).toMatch(/job\.json:\d+:\d+ passes\[0\]\.swap: swap has no effect when repeat is 1/);
    expect((await warned(swap(2, 64))).join()).not.toMatch(/no effect/);
  });

  it("says that an output is longer than the passes can store, and nothing where the text shows no bound", async () => {
    const sized = (elements: number, kernel = KERNEL, pass: object = {}) =>
      job({ passes: [{ workgroups: [64], ...pass }], output: [{ binding: "values", dtype: "u32", shape: [elements] }] }, kernel);
    for (const elements of [4097, 16384]) {
      const said = new RegExp(
        `output\\[0\\]\\.shape: values has ${elements} elements .* 4096 invocations.* ${elements - 4096} or more stay zero`,
      );
      expect((await warned(sized(elements))).join()).toMatch(said);
    }
    expect((await told(sized(64))).join()).toMatch(
      /^job\.json:\d+:\d+ passes\[0\]\.workgroups: With 64 along x main stores values\[id\.x\].*$/,
    );
    expect(await warned(sized(4096))).toEqual([]);
    const body = (text: string) =>
      KERNEL.replace(/ {2}values\[id\.x\] = .*\n/, `  let at = id.x + params.first + params.width + u32(params.scale);\n${text}\n`);
    const unbounded = [
      body("for (var i = 0u; i < 4u; i++) { values[at + i] = 1u; }"),
      body("var i = at; loop { values[i] = 1u; i++; if (i > 9u) { break; } }"),
      body("let p = &values[at]; *p = 1u;"),
      body("values[at] = 1u; values[at + 4096u] = 2u;"),
      body("if (at > 5u) { values[at] = 1u; } var i = at; i += 4096u; values[i] = 1u;"),
    ];
    for (const kernel of unbounded) expect((await warned(sized(8192, kernel))).join()).not.toMatch(/stay zero/);
    expect((await warned(sized(8192, KERNEL, { repeat: 2 }))).join()).toMatch(/store none beyond index 4095: 4096 stay zero/);
    const bounded = [
      body("if (at > 5u) { values[at] = 1u; } else { values[at] = 2u; }"),
      body("var sum = 0u; for (var i = 0u; i < 4u; i++) { sum += values[i]; } values[at] = sum;"),
    ];
    for (const kernel of bounded) expect((await warned(sized(8192, kernel))).join()).toMatch(/4096 or more stay zero/);
  });

  it("says that floats are compared byte for byte where the kernel computes with them, once a job", async () => {
    const floats = (value: string, type = "f32") =>
      job(
        { output: [{ binding: "values", dtype: type, shape: [64] }] },
        KERNEL.replace("array<u32>", `array<${type}>`).replace(/= params\.first.*;/, `= ${type}(params.first + params.width) ${value};`),
      );
    const said = (await warned(floats("+ sqrt(params.scale)"))).filter((warning) => /byte for byte/.test(warning));
    expect(said).toEqual([expect.stringMatching(/output\[0\]: values .*\(sqrt at kernel\.wgsl:7:\d+\).* fixed point/)]);
    expect((await warned(floats("/ params.scale"))).join()).toMatch(/\(\/ at kernel\.wgsl:7/);
    expect((await warned(floats("* params.scale"))).join()).toMatch(/\(\* at kernel/);
    expect((await warned(floats(""))).join()).not.toMatch(/byte for byte/);
    expect((await warned(job({}))).join()).not.toMatch(/byte for byte/);
  });

  it("says that integers may depend on floats, where the kernel computes with these and converts, packs or compares them", async () => {
    const made = (text: string) => job({}, KERNEL.replace(/ {2}values\[id\.x\] = .*\n/, `${text}\n`));
    const base = "let i = id.x; let f = params.scale; let n = params.first + params.width;";
    const cases: [string, string][] = [
      ["values[i] = n + u32(f * 2.5);", "u32"],
      ["values[i] = n + u32(i32(sqrt(f)));", "i32"],
      ["values[i] = n + bitcast<u32>(f + f);", "bitcast"],
      ["values[i] = n + pack2x16float(vec2f(f / 3.0));", "pack2x16float"],
      ["values[i] = n; if (f * f > 4.0) { values[i] = 1u; }", ">"],
    ];
    for (const [store, name] of cases) {
      const said = (await warned(made(`${base} ${store}`))).join();
      expect(said).toMatch(/output: the outputs are integers, and they may depend on floats: .* fixed point/);
      expect(said).toContain(`(${name} at kernel.wgsl:7:`);
    }
    for (const store of ["values[i] = n + u32(f);", "values[i] = n; let unused = f * f;"]) {
      expect((await warned(made(`${base} ${store}`))).join()).not.toMatch(/floats/);
    }
  });

  it("says what a reducer makes of raw bytes", async () => {
    const bytes = (reduce: object, kernel = KERNEL) =>
      job({ output: [{ binding: "values", dtype: "u8", shape: [16, 16], reduce }] }, kernel);
    const picture = { kind: "image", columns: 40, range: [0, 255] };
    expect((await warned(bytes(picture))).join()).toMatch(
      /output\[0\]\.dtype: image takes each byte of values for a number of its own, and u32 has 4 bytes: .*RGBA.* Use dtype u32/,
    );
    expect(await warned(bytes({ kind: "concat" }))).toEqual([]);
  });

  it("says how three buffers that rotate are two", async () => {
    const names = ["prev", "cur", "next"];
    const text = names.map((name, at) => `@group(0) @binding(${at}) var<storage, read_write> ${name}: array<u32>;\n`).join("");
    const kernel = `${text}@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { next[id.x] = 2u * cur[id.x] - prev[id.x]; }\n`;
    const rest = { init: "zero", elements: 64 };
    const changes = {
      bindings: { prev: rest, cur: rest },
      passes: [
        {
          workgroups: [1],
          repeat: 4,
          swap: [
            ["prev", "cur"],
            ["cur", "next"],
          ],
        },
      ],
      output: [{ binding: "next", dtype: "u32", shape: [64] }],
    };
    const [fault] = refused(await judges.admit(packageOf(job(changes, kernel))));
    expect(fault?.wrong).toBe("cur is swapped twice.");
    expect(fault?.right).toMatch(/Three that rotate, .*store the next step over the one before, .*"swap": \[\["prev","cur"\]\] say\.$/);
  });

  it("has its place and its field", async () => {
    const unset = { bindings: { params: { set: { first: "$unit.index" } } } };
    expect(await warned(job(unset))).toEqual(["job.json:11:14 bindings.params.set: nothing sets width, scale of params: zero."]);
    const padded = KERNEL.replace("scale: f32 }", "scale: f32, _pad: u32, pad1: vec2u, ballast: u32 }");
    expect(await warned(job({}, padded))).toEqual([]);
    expect(await warned(job({}, padded.replace("params.width", "params.pad1.x")))).toEqual([
      expect.stringMatching(/nothing sets pad1 of params: zero\.$/),
    ]);
    const whole = padded.replace("values[id.x] =", "let all = params; let again = all; values[id.x] = again.ballast +");
    expect((await warned(job({}, whole))).join()).toMatch(/nothing sets ballast of params: zero\.$/);
    const spare = `${KERNEL.replace("values[id.x] =", "spare[id.x] = 1u; values[id.x] =")}@group(0) @binding(2) var<storage, read_write> spare: array<u32>;\n`;
    const elements = { ...(manifest().bindings as object), spare: { elements: 64 } };
    expect(await warned(job({ bindings: elements }, spare))).toEqual([
      expect.stringMatching(/^job\.json:17:14 bindings\.spare: spare is written but is neither an output nor marked "scratch"/),
    ]);
    const rounded = { units: { count: 1e8 }, bindings: { params: { set: { first: 1, width: 1, scale: "$unit.index" } } } };
    expect(await warned(job(rounded))).toEqual([
      expect.stringMatching(
        /^job\.json:14:18 bindings\.params\.set\.scale: \$unit\.index reaches 99999999, and f32 rounds whole numbers beyond 16777216\./,
      ),
    ]);
  });

  it("says what a unit earns that has no figure", async () => {
    const said = /^job\.json:1:1 gflopPerUnit: it is missing: a unit earns its volunteers what 1 GFLOP earns/;
    expect((await warned(job({ gflopPerUnit: undefined }))).join()).toMatch(said);
    expect(await warned(job({}))).toEqual([]);
  });

  it.each<[string, string, boolean]>([
    ["an array of scalars", "a: u32, b: array<u32, 4>", true],
    ["an array of scalars at a multiple of 16", "a: vec4u, b: array<u32, 4>", true],
    ["an array of vec2 in a struct in it", "a: Two", true],
    ["a struct at no multiple of 16", "a: u32, b: One", true],
    ["a struct with a member right behind it", "a: One, b: u32", true],
    ["an array of vec4", "a: u32, b: array<vec4u, 4>", false],
    ["an array of vec3", "a: u32, b: array<vec3u, 4>", false],
    ["a struct that has 16 bytes", "@size(16) a: One, @align(16) b: u32", false],
    ["a matrix behind scalars", "a: u32, b: mat4x4f", false],
  ])("a uniform with %s needs its browser to lay it out so", async (_, members, needed) => {
    const structs = `struct One { x: u32 }; struct Two { x: array<vec2u, 2> }; struct Odd { ${members} };`;
    const kernel = `${structs}\n@group(1) @binding(0) var<uniform> odd: Odd;\n${KERNEL}`;
    const { plan, warnings } = admitted(await judges.admit(packageOf(job({}, kernel))));
    const name = "uniform_buffer_standard_layout";
    expect(plan.requires.features).toEqual(needed ? [name] : []);
    if (needed) expect(warnings.join()).toMatch(/^kernel\.wgsl:2:36 needs uniform_buffer_standard_layout of WGSL.* elements of 16 bytes/);
    else expect(warnings.join()).not.toContain(name);
  });

  it("names what a kernel needs of WGSL, by a directive or without a word, and the plan carries it", async () => {
    const features = async (kernel: string, requires: object = {}) => {
      const { plan, warnings } = admitted(await judges.admit(packageOf(job({ requires }, kernel))));
      return [plan.requires.features, warnings.join()];
    };
    const body = (text: string) => KERNEL.replace("params.first +", `${text} +`);
    const packed = "packed_4x8_integer_dot_product";
    const asked = `requires ${packed};\n${KERNEL}`;
    expect(await features(asked)).toEqual([[packed], expect.stringMatching(/^kernel\.wgsl:1:10 needs packed_4x8/)]);
    expect(await features(asked, { features: [packed] })).toEqual([[packed], ""]);
    expect(await features(body("params.first + dot4U8Packed(id.x, id.y)"))).toEqual([[packed], expect.stringContaining("kernel.wgsl:7:")]);
    const pointer = `${body("params.first + read(&values)")}fn read(p: ptr<storage, array<u32>, read_write>) -> u32 { return (*p)[0]; }`;
    expect((await features(pointer))[0]).toEqual(["unrestricted_pointer_parameters"]);
    const named = `${pointer.replace("p: ptr<storage, array<u32>, read_write>", "p: Q")}alias P = ptr<storage, array<u32>, read_write>;alias Q = P;`;
    expect((await features(named))[0]).toEqual(["unrestricted_pointer_parameters"]);
    const held = `${body("params.first + held()")}fn held() -> u32 { var v = array(1u, 2u); let p = &v[1]; let q = p; return at(q); }fn at(p: ptr<function, u32>) -> u32 { return *p; }`;
    expect((await features(held))[0]).toEqual(["unrestricted_pointer_parameters"]);
    expect((await features(held.replace("&v[1]", "&w").replace("let p", "var w = v[0]; let p")))[0]).toEqual([]);
    const composite = `${body("params.first + second()")}fn second() -> u32 { var v = vec2u(1, 2); let p = &v; return p.y; }`;
    expect((await features(composite))[0]).toEqual(["pointer_composite_access"]);
    const swizzle = composite.replace("return p.y", "(p.xy) = v.yx; return p.y");
    expect([(await features(swizzle))[0]].flat().sort()).toEqual(["pointer_composite_access", "swizzle_assignment"]);
    const own = `${body("params.first + dot4U8Packed(1u)")}fn dot4U8Packed(a: u32) -> u32 { return a; }`;
    expect(await features(own)).toEqual([[], ""]);
    expect((await told(job({}, `requires no_such_thing;\n${KERNEL}`))).join()).toMatch(
      /^kernel\.wgsl:1:10 .*no_such_thing.* not supported/,
    );
    expect((await told(job({ requires: { features: ["subgroup_ids"] } }))).join()).toMatch(/Did you mean subgroup_id\?/);
    expect((await told(job({ requires: { features: ["packed_4x8"] } }))).join()).toMatch(/Did you mean packed_4x8_integer_dot_product\?/);
    expect((await told(job({}, `requires subgroup_ids;\n${KERNEL}`))).join()).toMatch(/Did you mean subgroup_id\?/);
  });
});

describe("a fault's wording", () => {
  it.each<[string, Files, RegExp]>([
    ["a binding without a name", job({ bindings: { "": null } }), /"" is no name that WGSL allows/],
    ["a kind alone", output("sum"), /reduce: .*Write \{"kind": "sum"\}\./],
    [
      "a histogram without range",
      output({ kind: "histogram", bins: 4 }),
      /range is missing\. Write "range": \[0, 100\] in output\[0\]\.reduce: from and to\.$/,
    ],
    ["an override that is a fraction", job({ overrides: { N: 16.5 } }, `override N: u32 = 1;\n${KERNEL}`), /16\.5\. Write a whole number/],
    ["swapped bindings of two sizes", swap(2, 32), /passes\[0\]\.swap\[0\]: other has 32 elements/],
    [
      "a missing file, and another that is in use",
      job({ bindings: { params: { init: { file: "a.bin" } }, values: { init: { file: "b.bin" } } } }, KERNEL, {
        "a.bin": new Uint8Array(12),
      }),
      /no file b\.bin\. Its files are/,
    ],
    ["a list of one dimension", output({ kind: "image", columns: 1, range: [0, 1] }), /has 1 dimension\./],
    [
      "a tile of colours",
      job({ output: [{ binding: "values", dtype: "u8", shape: [4, 4, 4], reduce: { kind: "image", columns: 40, range: [0, 255] } }] }),
      /shape: A picture's tile has 3 dimensions\. .*RGBA bytes is none\. .*concat/,
    ],
    [
      "bytes that end inside an element",
      job({
        output: [{ binding: "values", dtype: "u8", shape: [62] }],
        bindings: { params: { set: { first: 1, width: 1, scale: 1 } }, values: { elements: 16 } },
      }),
      /output\[0\]\.shape: 62 bytes end inside an element of values: u32 has 4\. Let the shape have a multiple of 4 bytes\./,
    ],
  ])("%s", async (_, files, expected) => {
    expect((await told(files)).join("\n")).toMatch(expected);
  });

  it("of a type error is Tint's first line", async () => {
    const faults = await told(job({}, KERNEL.replace("id.x * u32(params.scale)", "id.x * params.scale")));
    expect(faults[0]).toMatch(/no matching overload/);
    expect(faults[0]).not.toMatch(/candidate/);
  });

  it("of valid WGSL that the reader cannot read says so, and its advice is taken", async () => {
    const names = "let a = id.x; let b = id.y; let c = id.z; let d = 2u;";
    const body = (text: string) => job({}, KERNEL.replace("  values[id.x] =", `  ${names}\n  ${text}\n  values[id.x] =`));
    expect(await told(body("_ = select(u32(a < b), 4u, c > (d));"))).toEqual([
      expect.stringMatching(
        /^kernel\.wgsl:8:\d+ : This is valid WGSL, but the reader .* Expected '>'.*write a < b as b > a, or give the comparison a let/,
      ),
    ]);
    for (const text of ["_ = select(u32(b > a), 4u, c > (d));", "let less = a < b; _ = select(u32(less), 4u, c > (d));"]) {
      expect(await warned(body(text))).toEqual([]);
    }
    expect((await told(body("_ = a +;"))).join()).not.toMatch(/valid WGSL/);
  });

  it("of an expression of 20,000 terms says that it is too long, and where that was found", async () => {
    const faults = await told(job({}, `const N = ${"1+".repeat(20_000)}1;\n${KERNEL.replace("size(64)", "size(N)")}`));
    expect(faults[0]).toMatch(/^kernel\.wgsl.*(too long or nested too deeply|too deep)/);
  });
});

describe("the way out", () => {
  const params = { params: { set: { first: 1, width: 1, scale: 1 } } };
  const twice = { passes: [{ workgroups: [1], repeat: 2, swap: [["values", "other"]] }] };
  const reading = KERNEL.replace("@compute", "@group(0) @binding(2) var<storage, read> src: array<u32>;\n@compute").replace(
    "+ params.width",
    "+ params.width + src[id.x]",
  );
  const split = (bytes: number, recordBytes: number, recordsPerUnit: number): Files =>
    job(
      { units: { split: "src" }, bindings: { ...params, src: { init: { file: "d.bin", split: { recordBytes, recordsPerUnit } } } } },
      reading,
      {
        "d.bin": new Uint8Array(bytes),
      },
    );
  const typed = (dtype: string): Files => job({ output: [{ binding: "values", dtype, shape: [64] }] });

  it.each<[string, Files, RegExp]>([
    [
      "of a swap of two sizes names the binding and its length",
      job({ bindings: { ...params, other: { elements: 65, scratch: true } }, ...twice }, swapped),
      /passes\[0\]\.swap\[0\]: other has 65 elements \(260 bytes\) and values, .*64 elements \(256 bytes\)\. Mend whichever is wrong: the length of other comes from bindings\.other\.elements \(64 elements\), that of values from output\[0\]\.shape\.$/,
    ],
    [
      "of a shape beyond its binding is the shape or the binding",
      job({ bindings: { ...params, values: { elements: 64 } }, output: [{ binding: "values", dtype: "u32", shape: [65] }] }),
      /output\[0\]\.shape: 65 u32 are 260 bytes, values has 256\. At most 64 elements fit: mend the shape, or give values more "elements"\.$/,
    ],
    ["of f64 is what WGSL has", typed("f64"), /dtype: It is "f64"\. WGSL has no floats of 64 bits: use f32/],
    ["of another language's type is WGSL's name", typed("float32"), /dtype: It is "float32"\. WGSL's name is f32\.$/],
    [
      "of results too large names the limit and smaller units",
      job({ output: [{ binding: "values", dtype: "u32", shape: [20_000_000] }] }),
      /A unit's results have 80000008 bytes\. At most 67108864 \(64 MiB\) .*let a unit compute less, and the job have more units\.$/,
    ],
    [
      "of a number below zero is i32",
      job({ bindings: { params: { set: { first: -1 } } } }),
      /-1 does not fit u32\. .*make the field i32 for numbers below zero/,
    ],
    [
      "of an output that is read-only is to declare it so",
      job({ bindings: { ...params, src: { elements: 4, init: "zero" } }, output: [{ binding: "src", dtype: "u32", shape: [4] }] }, reading),
      /output\[0\]\.binding: src is read-only: no kernel writes it\. Name a var<storage, read_write>, or declare src so\./,
    ],
    [
      "of a last record that is short is the file's length",
      split(100, 16, 4),
      /recordBytes: d\.bin has 100 bytes, .*: the last has 4 bytes\. Make the file 96 or 112 bytes long/,
    ],
    [
      "of a split binding whose name is misspelt is the name",
      job(
        {
          units: { split: "srcs" },
          bindings: { ...params, srcs: { init: { file: "d.bin", split: { recordBytes: 4, recordsPerUnit: 2 } } } },
        },
        reading,
        {
          "d.bin": new Uint8Array(100),
        },
      ),
      /bindings\.srcs: The kernel has no binding srcs\. Did you mean src\?$/,
    ],
    [
      "of a piece that cuts an element is its multiple",
      split(99, 3, 3),
      /A unit's piece has 9 bytes, .*An element is u32: let recordBytes x recordsPerUnit be a multiple of 4\.$/,
    ],
    [
      "of a piece larger than its binding names the shape that made it so large",
      job(
        {
          units: { split: "values" },
          bindings: { ...params, values: { init: { file: "d.bin", split: { recordBytes: 4, recordsPerUnit: 65 } } } },
        },
        KERNEL,
        { "d.bin": new Uint8Array(260) },
      ),
      /output\[0\]\.shape: values has 256 bytes by this shape, and a unit's piece, 65 records of 4 bytes, has 260\. Let the shape have 65 elements, or let recordsPerUnit be at most 64\.$/,
    ],
    [
      "of a file that stands alone as a start is the object around it",
      job({ bindings: { ...params, src: { elements: 4, init: "d.bin" } } }, reading, { "d.bin": new Uint8Array(16) }),
      /bindings\.src\.init: It is "d\.bin"\. Write \{"file": "d\.bin"\} to start from a file, or "zero"\.$/,
    ],
    ...(
      [
        ["./kernel.wgsl", /begins with \.\/, and paths begin beside job\.json\. Write "kernel\.wgsl"\.$/],
        ["src\\kernel.wgsl", /has a backslash: folders are parted by \/\. Write "src\/kernel\.wgsl"\.$/],
        ["my kernel.wgsl", /has a blank, which no path in a package has\. Rename the file/],
      ] as const
    ).map(([path, said]): [string, Files, RegExp] => [`of the path ${path} is one that is allowed`, job({ kernel: [path] }), said]),
    [
      "of a name with a capital and a blank is one without",
      job({ name: "My Life" }),
      /name: "My Life" is no name .* Write "my-life"; "title" is/,
    ],
    [
      "of a type of another language in the kernel is WGSL's",
      job({}, KERNEL.replace("array<u32>", "array<uint>")),
      /^kernel\.wgsl:3:\d+ : Nothing declares uint\. WGSL's name is u32\.$/,
    ],
    [
      "of integers of 64 bits is two of 32",
      job({ ...twice, bindings: params }, swapped.replace("array<u32>", "array<u64>")),
      /^kernel\.wgsl:3:\d+ : Nothing declares u64\. WGSL has no integers of 64 bits: use vec2<u32>/,
    ],
    [
      "of a workgroup that an override makes too large is the override",
      job(
        { overrides: { BLOCK: 64, other: 1 } },
        `override BLOCK: u32; override other: u32 = 0;\n${KERNEL.replace("size(64)", "size(BLOCK, BLOCK)").replace("+ params", "+ other + params")}`,
      ),
      /^job\.json:\d+:\d+ overrides\.BLOCK: The workgroup of main is 64 x 64 x 1: .* It is as large by overrides\.BLOCK in job\.json\. No GPU/,
    ],
    ["of too many operations names their unit", job({ gflopPerUnit: 1e9 }), /The most is 100000\. Operations of one unit in GFLOP/],
    [
      "of a NumPy file is its values alone",
      job({ bindings: { ...params, src: { init: { file: "d.npy" } } } }, reading, { "d.npy": new Uint8Array(144) }),
      /init\.file: d\.npy is a NumPy file by its name: .*array\.tofile\("values\.bin"\)/,
    ],
    [
      "of a semicolon that was forgotten is one",
      job({}, KERNEL.replace("  values[id.x] =", "  let b = id.x\n  values[id.x] =")),
      /^kernel\.wgsl:7:15 : Expected ';' after let declaration\. Put ';' there\.$/,
    ],
    [
      "of a template's placeholder is a value or an override",
      job({}, KERNEL.replace("size(64)", `size($${"{"}SIZE})`)),
      /^kernel\.wgsl:5:\d+ : \$\{ is a template's: .*Put the value there, or declare an override/,
    ],
    [
      "of a table with semicolons is commas",
      job({ units: { rows: "rows.csv" } }, KERNEL, { "rows.csv": "k;j\n1;2\n" }),
      /^rows\.csv:1:1 : Line 1 has no comma, and ";" instead\. Separate values by commas/,
    ],
    [
      "of a table that is no file is what a table is",
      job({ passes: [{ workgroups: [1], table: 5 }] }),
      /table: It is 5, .*a line an iteration, for \$pass\.column.*"stages\.csv"/,
    ],
    [
      "of rows that are no file is what rows are",
      job({ units: { rows: 5 } }),
      /rows: It is 5, .*a line a unit, for \$row\.column.*"params\.csv"/,
    ],
  ])("%s, and it is told alone", async (_, files, expected) => {
    const faults = await told(files);
    expect(faults).toEqual([expect.stringMatching(expected)]);
  });

  it("of a text that fills a binding is told, and no fault: its characters may be meant", async () => {
    const files = job({ bindings: { ...params, src: { init: { file: "d.csv" } } } }, reading, { "d.csv": "1234".repeat(64) });
    expect((await warned(files)).join()).toContain("d.csv is text by its name");
  });

  it("of workgroups that were meant as invocations is told", async () => {
    const inside = KERNEL.replace("values[id.x]", "values[id.x % 64u]");
    const huge = job({ passes: [{ workgroups: [65535, 65535, 65535] }] }, inside);
    expect((await warned(huge)).join()).toMatch(
      /passes\[0\]\.workgroups: a unit has 281,462,092,005,375 workgroups of 64 invocations here/,
    );
    expect((await warned(job({ passes: [{ workgroups: [65535, 64] }] }, inside))).join()).not.toContain("invocations here");
  });

  it("of a swap without a second iteration is one, or none", async () => {
    expect((await warned(swap(1, 64))).join()).toMatch(/Give the pass "repeat": 2 or more, or remove swap\.$/);
  });
});
