/** One cause is told once, where it is mended; what only follows from it is not told beside it. */
import { describe, expect, it } from "vitest";
import { type Files, heard, job, judgesHere, KERNEL, packageOf, refused, show } from "./package.ts";

const judges = judgesHere();

const told = async (files: Files) => refused(await judges.admit(packageOf(files))).map(show);
const warned = async (files: Files) => heard(await judges.admit(packageOf(files)));

const FIRST = KERNEL.replace("params.first", "params.first + src[id.x]").concat(
  "@group(0) @binding(2) var<storage, read> src: array<u32>;\n",
);
const TWO = `${KERNEL}@compute @workgroup_size(64) fn other() { values[0] = params.width; }\n`;
const DATA = { "d.bin": new Uint8Array(256) };
const PARAMS = { params: { set: { first: 1, width: 1, scale: 1 } } };
const split = (init: object): Files =>
  job({ units: { split: "src" }, bindings: { ...PARAMS, src: { init: { file: "d.bin", split: init } } } }, FIRST, DATA);
const passes = (set: object): Files => job({ bindings: {}, passes: [{ workgroups: [1], set }] });
const table = (set: object): Files => passes({ params: { width: 1, ...set } });

const MEMBER = /passes\[0\]\.set\.first: .*first is a member of params: write \{"params": \{"first": …\}\}\.$/;

describe("rows that are not there, or not good", () => {
  const set = { params: { set: { first: "$row.a", width: { of: "$row.b", scale: 2 }, scale: "$row.a" } } };

  it("are told once, with the table that the package has and the columns that are taken from it", async () => {
    expect(await told(job({ bindings: set }, KERNEL, { "boards.csv": "a,b\n1,2\n" }))).toEqual([
      expect.stringMatching(
        /^job\.json:\d+:\d+ bindings\.params\.set\.first: The units have no rows\. 2 more numbers of job\.json are taken from them too\. Let units be \{"rows": "boards\.csv"\}, a line a unit, with a, b in its header\.$/,
      ),
    ]);
  });

  it("hide no column that their header lacks", async () => {
    const files = job({ units: { rows: "r.csv" }, bindings: set }, KERNEL, { "r.csv": "a,c\n1,2\nx,2\n" });
    expect(await told(files)).toEqual([
      expect.stringMatching(/ bindings\.params\.set\.width: The units' table has no column b\. Its columns are a, c\.$/),
      expect.stringMatching(/^r\.csv:3:1 a: "x" is no number\./),
    ]);
  });
});

it("an output that is read-only by mistake is told of as an output, and where it is stored to", async () => {
  expect(await told(job({}, KERNEL.replace("read_write", "read")))).toEqual([
    expect.stringMatching(/ output\[0\]\.binding: values is read-only: no kernel writes it\./),
    expect.stringMatching(/^kernel\.wgsl:\d+:\d+ : cannot store into a read-only type .* Declare it var<storage, read_write>/),
  ]);
});

describe("a fault is told once", () => {
  it.each<[string, Files, RegExp]>([
    [
      "a list of passes under another name",
      job({ passes: undefined, pases: [{ workgroups: [1] }] }),
      /pases: "pases" .*Did you mean passes\?$/,
    ],
    ["a required member of a pass", job({ passes: [{ workgroup: [1] }] }), /passes\[0\]\.workgroup: .*Did you mean workgroups\?$/],
    ["an entry point under another name", job({ passes: [{ entrypoint: "main", workgroups: [1] }] }, TWO), /Did you mean entryPoint\?$/],
    ["the size of a record", split({ recordByte: 4, recordsPerUnit: 64 }), /init\.split\.recordByte: .*Did you mean recordBytes\?$/],
    [
      "what a binding starts with",
      job({ bindings: { ...PARAMS, src: { int: { file: "d.bin" } } } }, FIRST, DATA),
      /bindings\.src\.int: .*Did you mean init\?$/,
    ],
    ["a binding of a pass's set", passes({ parms: { first: 1, width: 1, scale: 1 } }), /passes\[0\]\.set\.parms: .*Did you mean params\?$/],
    ["a binding", job({ bindings: { parms: PARAMS.params } }), /bindings\.parms: .*Did you mean params\?$/],
    [
      "a table that was forgotten",
      table({ first: "$pass.a", scale: { of: "$pass.b", scale: 2 } }),
      /passes\[0\]: \$pass\.a, \$pass\.b are columns of a table, and the pass has no table\. Write "table": "stages\.csv" in passes\[0\]: a CSV file with the columns a, b, and a line an iteration\.$/,
    ],
    [
      "a column that was forgotten",
      table({ first: "$pass.a", scale: 1 }),
      /set\.params\.first: There is no \$pass\.a: the pass has no table/,
    ],
    ["a member where its binding belongs", passes({ first: "$pass.iteration" }), MEMBER],
    ["a member where its binding belongs, as an object", passes({ first: { "": "$pass.iteration" } }), MEMBER],
    [
      "a member among the bindings",
      job({ bindings: { params: PARAMS.params, first: { set: { "": 1 } } } }),
      /bindings\.first: .*write \{"params": \{"set": \{"first": …\}\}\}\.$/,
    ],
    [
      "a file beside its init",
      job({ bindings: { ...PARAMS, src: { file: "d.bin" } } }, FIRST, DATA),
      /bindings\.src\.file: "file" is unknown here\. Write "init": \{"file": "d\.bin"\}\.$/,
    ],
    [
      "a file and its split beside their init",
      job(
        { units: { split: "src" }, bindings: { ...PARAMS, src: { file: "d.bin", split: { recordBytes: 4, recordsPerUnit: 64 } } } },
        FIRST,
        DATA,
      ),
      /bindings\.src\.file: "file", "split" are unknown here\. Write "init": \{"file": "d\.bin", "split": \{"recordBytes": 4, "recordsPerUnit": 64\}\}\.$/,
    ],
    [
      "bindings that are missing",
      job({ bindings: undefined }, FIRST),
      /^job\.json:1:1 : job\.json has no bindings\. Write "bindings": \{"params": \{"set": \{…\}\}, "src": \{"init": \{"file": …\}\}\}: what/,
    ],
    [
      "bindings that are missing, one of them split",
      job({ units: { split: "src" }, bindings: undefined }, FIRST),
      /units\.split: job\.json has no bindings\. Write "bindings": \{"params": .*"src": \{"init": \{"file": …, "split": \{"recordBytes": …/,
    ],
    [
      "a split that is not there",
      job({ units: { split: "src" }, bindings: PARAMS }, FIRST),
      /units\.split: job\.json gives no binding src\./,
    ],
    [
      "a swap with a uniform",
      job({ bindings: PARAMS, passes: [{ workgroups: [1], repeat: 2, swap: [["values", "params"]] }] }),
      /swap\[0\]\[1\]: params is a uniform\. Only storage/,
    ],
    ["another language", job({}, "#version 450\nvoid main() {}\n"), /^kernel\.wgsl:1:1 : #version begins GLSL/],
    [
      "an old attribute",
      job({}, KERNEL.replace("@compute", "@stage(compute)")),
      /^kernel\.wgsl:5:2 : expected attribute\. Write one of WGSL's/,
    ],
    ["older ones", job({}, `[[block]] ${KERNEL}`), /^kernel\.wgsl:1:1 : \[\[…\]\] is an attribute of WGSL before 2022\. Write @group\(0\)/],
    [
      "a variable without a place",
      job({}, KERNEL.replace("@group(0) @binding(0)", "")),
      /^kernel\.wgsl:2:\d+ : resource variables require .*Write @group\(0\) @binding\(0\) before it/,
    ],
    [
      "two bindings of one place",
      job({}, KERNEL.replace("@binding(1)", "@binding(0)")),
      /^kernel\.wgsl:3:\d+ : values has the same group and binding as params/,
    ],
    [
      "a shader of another stage",
      job({}, KERNEL.replace("@compute @workgroup_size(64)", "@fragment")),
      /^kernel\.wgsl:6:\d+ : .*fragment shader input\. A job's kernel is a compute shader: mark its function @compute/,
    ],
  ])("%s", async (_, files, expected) => {
    expect(await told(files)).toEqual([expect.stringMatching(expected)]);
  });

  it("and what is wrong inside of a misspelt member beside it", async () => {
    expect(await told(job({ passes: undefined, pases: [{ workgroups: [0] }] }))).toEqual([
      expect.stringMatching(/pases: .*Did you mean passes/),
      expect.stringMatching(/pases\[0\]\.workgroups\[0\]: It is 0\. The least is 1/),
    ]);
  });

  it("and a second member that is as near is unknown all the same", async () => {
    const faults = await told(job({ passes: undefined, pases: [{ workgroups: [1] }], passe: [{ workgroups: [1] }] }));
    expect(faults.map((fault) => /"(\w+)" is unknown/.exec(fault)?.[1])).toEqual(["pases", "passe"]);
  });
});

describe("a dispatch that is too large is told once, at its workgroups", () => {
  const IN_PLACE = `@group(0) @binding(0) var<storage, read_write> o: array<u32>;
@compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) n: vec3u) {
  let i = id.y * 40u + id.x;
  o[i] = o[i] + 1u;
}
`;
  const dispatch = (workgroups: number[], shape: number, kernel = IN_PLACE) =>
    job({ units: { count: 1 }, bindings: {}, passes: [{ workgroups }], output: [{ binding: "o", dtype: "u32", shape: [shape] }] }, kernel);

  it.each<[string, number[], number, RegExp]>([
    [
      "by one workgroup",
      [11],
      40,
      /passes\[0\]\.workgroups: With 11 along x main stores o\[i\] \(kernel\.wgsl:4:3\) with indices up to 43, and o has 40 .* Write 10, or make the array 44 long, by output\[0\]\.shape/,
    ],
    ["by the double", [20], 40, /With 20 along x .* up to 79.* Write 10,/],
    ["by many, where the quotient is no binary fraction", [49], 4, /With 49 along x .* up to 195.* Write 1,/],
    ["by many, of an odd number", [93], 12, /With 93 along x .* up to 371.* Write 3,/],
    ["along y", [10, 5], 160, /With 5 along y .* up to 199.* Write 4,/],
  ])("%s", async (_, workgroups, shape, expected) => {
    expect(await warned(dispatch(workgroups, shape))).toEqual([expect.stringMatching(expected)]);
  });

  it("but at the kernel where no number of workgroups would fit", async () => {
    const warnings = await warned(dispatch([11], 42));
    expect(warnings).toEqual([
      expect.stringMatching(
        /^kernel\.wgsl:4:3 main stores o\[i\] with indices up to 43.* wrong result; 1 more place of the kernel does so too\./,
      ),
    ]);
  });
});
