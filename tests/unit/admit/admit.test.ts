import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { admitted, buffer, type Files, judgesHere, KERNEL, manifest, packageOf } from "./package.ts";

const judges = judgesHere();

const admit = async (files: Files) => admitted(await judges.admit(packageOf(files)));

describe("a small job", () => {
  it("becomes a plan with sizes, writes and defaults", async () => {
    const { plan, warnings, source, rows, splits, entryPoints } = await admit({ "job.json": manifest(), "kernel.wgsl": KERNEL });
    expect(plan).toEqual({
      version: 2,
      kernel: `${KERNEL.replace("@compute @workgroup_size(64)", " ".repeat(28)).replace("@builtin(global_invocation_id)", " ".repeat(30))}
struct sliced_Box { first: vec4<u32>, workgroups: vec4<u32> }
@group(1) @binding(0) var<uniform> sliced_box: sliced_Box;
@compute @workgroup_size(64)
fn sliced_entry_main(@builtin(global_invocation_id) sliced_0: vec3<u32>) {
  let sliced_first = sliced_box.first.xyz;
  let sliced_size = vec3<u32>(u32(64), 1, 1);
  let sliced_invocation = sliced_0 + sliced_first * sliced_size;
  main(sliced_invocation);
}
`,
      slicing: { group: 1, binding: 0 },
      units: { count: 1000 },
      buffers: [
        {
          name: "params",
          group: 0,
          binding: 0,
          kind: "uniform",
          byteLength: 12,
          init: { kind: "zero" },
          writes: [
            { offset: 0, as: "u32", value: { of: { kind: "unit", field: "index" }, scale: "1", offset: "0" } },
            { offset: 4, as: "u32", value: { scale: "1", offset: "64" } },
            { offset: 8, as: "f32", value: { scale: "1", offset: "1.5" } },
          ],
        },
        { name: "values", group: 0, binding: 1, kind: "storage", byteLength: 256, init: { kind: "zero" }, writes: [] },
      ],
      passes: [{ entryPoint: "sliced_entry_main", workgroups: [1, 1, 1], repeat: 1, uses: [0, 1], set: [], swap: [] }],
      outputs: [{ name: "values", buffer: 1, dtype: "u32", shape: [64], byteLength: 256, reduce: { kind: "concat" } }],
      overrides: {},
      requires: { features: [], limits: {} },
      seed: "0",
    });
    expect(warnings).toEqual([]);
    expect([source, rows, splits, entryPoints]).toEqual([KERNEL, null, [], ["main"]]);
  });

  it("runs whole when its kernel cannot be rewritten, and says why", async () => {
    const kernel = `alias vec4 = vec3<f32>;\n${KERNEL}`;
    const { plan, entryPoints, warnings } = await admit({ "job.json": manifest(), "kernel.wgsl": kernel });
    const whole = "The kernel declares its own vec4, which the code that slices needs: rename it.";
    expect([plan.slicing, warnings]).toEqual([
      { whole },
      [expect.stringContaining(`Its dispatches run whole, not in slices. ${whole} Browsers`)],
    ]);
    expect([plan.kernel, plan.passes[0]?.entryPoint, ...entryPoints]).toEqual([kernel, "main", "main"]);
  });

  it("counts 2^53 - 1 units without noticing", async () => {
    const bindings = { params: { set: { first: "$unit.seed", width: 1 } } };
    const kernel = KERNEL.replace("first: u32", "first: vec2<u32>").replace("params.first +", "params.first.x +");
    const { plan } = await admit({
      "job.json": manifest({ units: { count: 2 ** 53 - 1 }, bindings, seed: "18446744073709551615" }),
      "kernel.wgsl": kernel,
    });
    expect(plan.units.count).toBe(2 ** 53 - 1);
    expect(plan.seed).toBe("18446744073709551615");
    expect(buffer(plan, "params").writes[0]).toMatchObject({ as: "limbs", words: 2, value: { of: { kind: "unit", field: "seed" } } });
  });
});

describe("values", () => {
  const declare = (type: string, use: string) => `enable f16;
struct Cell { position: vec3<f32>, mass: f32, tag: array<u32, 3> }
struct All { cells: array<Cell, 2>, turn: mat3x3<f32>, half: vec4<f16>, wide: array<vec4<u32>, 2>, small: mat2x2<f16> }
@group(0) @binding(0) var<storage, read> it: ${type};
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@compute @workgroup_size(1) fn main() { values[0] = u32(${use}); }`;

  const writesOf = async (type: string, use: string, set: Record<string, unknown>, units: object = { grid: [4, 3, 2] }) => {
    const output = [{ binding: "values", dtype: "u32", shape: [4] }];
    const { plan } = await admit({ "job.json": manifest({ units, bindings: { it: { set } }, output }), "kernel.wgsl": declare(type, use) });
    return buffer(plan, "it").writes.map((write) => [
      write.offset,
      write.as,
      write.value.of ? `${write.value.scale}*+${write.value.offset}` : write.value.offset,
    ]);
  };

  it.each([
    ["u32", "it", { "": 7 }, [[0, "u32", "7"]]],
    [
      "vec3<f32>",
      "it.x",
      { "": [1, 2.5, -3] },
      [
        [0, "f32", "1"],
        [4, "f32", "2.5"],
        [8, "f32", "-3"],
      ],
    ],
    [
      "vec4<i32>",
      "it.x",
      { y: -1, "[3]": 5 },
      [
        [4, "i32", "-1"],
        [12, "i32", "5"],
      ],
    ],
    ["vec2<u32>", "it.x", { "": "18446744073709551615" }, [[0, "limbs", "18446744073709551615"]]],
    [
      "array<u32, 3>",
      "it[0]",
      { "": { of: "$unit.x", scale: "79228162514264337593543", offset: -1 } },
      [[0, "limbs", "79228162514264337593543*+-1"]],
    ],
    [
      "array<f32>",
      "it[0]",
      { "": [1, 2, 3] },
      [
        [0, "f32", "1"],
        [4, "f32", "2"],
        [8, "f32", "3"],
      ],
    ],
    [
      "array<vec3<f32>, 2>",
      "it[0].x",
      { "[1]": [1, 2, 3], "[0].z": 9 },
      [
        [16, "f32", "1"],
        [20, "f32", "2"],
        [24, "f32", "3"],
        [8, "f32", "9"],
      ],
    ],
    [
      "mat2x3<f32>",
      "it[0].x",
      { "": [1, 2, 3, 4, 5, 6] },
      [
        [0, "f32", "1"],
        [4, "f32", "2"],
        [8, "f32", "3"],
        [16, "f32", "4"],
        [20, "f32", "5"],
        [24, "f32", "6"],
      ],
    ],
    [
      "mat2x2<f32>",
      "it[0].x",
      {
        "": [
          [1, 2],
          [3, 4],
        ],
      },
      [
        [0, "f32", "1"],
        [4, "f32", "2"],
        [8, "f32", "3"],
        [12, "f32", "4"],
      ],
    ],
    [
      "All",
      "it.turn[0].x",
      { "cells[1].position.y": 1, "cells[0].tag": [1, 2, 3] },
      [
        [36, "f32", "1"],
        [16, "u32", "1"],
        [20, "u32", "2"],
        [24, "u32", "3"],
      ],
    ],
    [
      "All",
      "it.turn[0].x",
      { half: [1, 2, 3, 0.5], wide: "340282366920938463463374607431768211456" },
      [
        [112, "f16", "1"],
        [114, "f16", "2"],
        [116, "f16", "3"],
        [118, "f16", "0.5"],
        [128, "limbs", "340282366920938463463374607431768211456"],
      ],
    ],
    ["All", "it.turn[0].x", { turn: { of: "$unit.x" } }, "refused"],
    [
      "array<Cell, 2>",
      "it[0].mass",
      { "": [{ mass: 3 }, { position: ["$unit.x", "$unit.y", { of: "$unit.z", scale: 0.5 }] }] },
      [
        [12, "f32", "3"],
        [32, "f32", "1*+0"],
        [36, "f32", "1*+0"],
        [40, "f32", "0.5*+0"],
      ],
    ],
  ])("%s reads %s as %j", async (type, use, set, writes) => {
    if (writes === "refused") await expect(writesOf(type, use, set)).rejects.toThrow(/column|list/i);
    else expect(await writesOf(type, use, set)).toEqual(writes);
  });
});

describe("rows, splits and tables", () => {
  const csv = "lo,hi,angle\r\n1,-5,0.5\r\n4294967295,7,1e3\r\n";
  const kernel = `struct Row { lo: u32, hi: i32, angle: f32 }
@group(0) @binding(0) var<uniform> row: Row;
@group(0) @binding(1) var<storage, read> points: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@compute @workgroup_size(1) fn main() { sums[0] = f32(row.lo) + f32(row.hi) * row.angle + points[arrayLength(&points) - 1].x; }`;

  it("draws a unit from its row and from its piece of a file at once", async () => {
    const bindings = {
      row: { set: { lo: "$row.lo", hi: "$row.hi", angle: { of: "$row.angle", scale: 2 } } },
      points: { init: { file: "points.bin", split: { recordBytes: 16, recordsPerUnit: 3 } } },
    };
    const job = manifest({ units: { rows: "params.csv" }, bindings, output: [{ binding: "sums", dtype: "f32", shape: [2] }] });
    const files = { "job.json": job, "kernel.wgsl": kernel, "params.csv": csv, "points.bin": new Uint8Array(16 * 5) };
    const { plan, rows, splits } = await admit(files);
    expect(plan.rows).toMatchObject({
      rowBytes: 24,
      count: 2,
      columns: [
        { name: "lo", type: "u64" },
        { name: "hi", type: "i64" },
        { name: "angle", type: "f64" },
      ],
    });
    const view = new DataView(Uint8Array.from(rows ?? []).buffer);
    expect([view.getBigUint64(24, true), view.getBigInt64(8, true), view.getFloat64(40, true)]).toEqual([4294967295n, -5n, 1000]);
    expect(buffer(plan, "points")).toMatchObject({ byteLength: 48, init: { kind: "split", bytesPerUnit: 48, fileBytes: 80 } });
    expect(splits).toEqual([{ binding: "points", buffer: 1, file: "points.bin", bytesPerUnit: 48, unitsPerChunk: 87381 }]);
  });

  it("gives a pass the lines of its table and swaps what it is told to", async () => {
    const stages = `struct Stage { j: u32, k: u32, at: u32 }
@group(0) @binding(0) var<uniform> stage: Stage;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> target_: array<u32>;
@compute @workgroup_size(1) fn step() { target_[stage.j] = source[stage.k] + stage.at; }
@compute @workgroup_size(1) fn unused() { }`;
    const job = manifest({
      bindings: { source: { init: { constant: 3 } } },
      passes: [
        {
          entryPoint: "step",
          workgroups: [2, 3],
          table: "stages.csv",
          swap: [["source", "target_"]],
          set: { stage: { j: "$pass.j", k: { of: "$pass.k", scale: 4 }, at: "$pass.iteration" } },
        },
      ],
      output: [{ binding: "target_", dtype: "u32", shape: [16] }],
    });
    const { plan } = await admit({ "job.json": job, "kernel.wgsl": stages, "stages.csv": "j,k\n0,1\n1,2\n2,3" });
    expect(plan.passes).toEqual([
      {
        entryPoint: "sliced_entry_step",
        workgroups: [2, 3, 1],
        repeat: 3,
        uses: [0, 1, 2],
        set: [
          { buffer: 0, write: { offset: 0, as: "u32", value: { of: { kind: "pass-row", column: 0 }, scale: "1", offset: "0" } } },
          { buffer: 0, write: { offset: 4, as: "u32", value: { of: { kind: "pass-row", column: 1 }, scale: "4", offset: "0" } } },
          { buffer: 0, write: { offset: 8, as: "u32", value: { of: { kind: "pass", field: "iteration" }, scale: "1", offset: "0" } } },
        ],
        swap: [[1, 2]],
        table: {
          columns: ["j", "k"],
          lines: [
            ["0", "1"],
            ["1", "2"],
            ["2", "3"],
          ],
        },
      },
    ]);
    expect(buffer(plan, "source")).toMatchObject({ byteLength: 64, init: { kind: "fill", word: 3 } });
  });
});

describe("kernels as they are found", () => {
  it("takes override workgroup sizes and array lengths, ids, f16, atomics, builtins in a struct, and leaves out what is unused", async () => {
    const kernel = `enable f16;
override SIZE: u32 = 64;
@id(7) override DEPTH: u32;
override FAST = true;
struct In { @builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32 }
struct Bin { @align(16) count: atomic<u32>, low: f16 }
@group(1) @binding(2) var<storage, read_write> bins: array<Bin, 4>;
@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> forgotten: array<u32>;
var<workgroup> tile: array<atomic<u32>, SIZE * DEPTH>;
fn add(at: u32) { atomicAdd(&bins[at % 4].count, 1u); }
@compute @workgroup_size(SIZE, DEPTH) fn main(in: In) { if (FAST) { atomicAdd(&tile[in.local], 1u); } workgroupBarrier(); add(in.id.x); }
@fragment fn paint() -> @location(0) vec4f { return textureLoad(picture, vec2u(0), 0); }`;
    const job = manifest({
      units: { count: 1 },
      bindings: { forgotten: { scratch: true } },
      overrides: { SIZE: 128, DEPTH: 4, FAST: false },
      output: [{ binding: "bins", dtype: "u8", shape: [64] }],
    });
    const { plan, warnings } = await admit({ "job.json": job, "kernel.wgsl": kernel });
    expect(plan.overrides).toEqual({ SIZE: 128, "7": 4, FAST: 0 });
    expect(plan.requires).toEqual({ features: ["shader-f16"], limits: { maxComputeInvocationsPerWorkgroup: 512 } });
    expect(plan.buffers.map((each) => each.name)).toEqual(["bins"]);
    expect(plan.outputs[0]?.padding).toEqual({ stride: 16, ranges: [[6, 16]] });
    expect(warnings).toEqual([
      "job.json:10:18 bindings.forgotten: no entry point of the passes uses forgotten: it is left out.",
      "kernel.wgsl:1:8 needs shader-f16, which not every GPU has: only hosts that have it get this job.",
      "job.json:32:13 overrides.SIZE: the 128 x 4 x 1 workgroup of main needs maxComputeInvocationsPerWorkgroup 512 (WebGPU's default is 256): only hosts that have it get this job. Every host gets one of at most 256 invocations, in at most 256 x 256 x 64: make overrides.SIZE, overrides.DEPTH smaller and the workgroups more.",
    ]);
  });

  it("links several files and finds the bindings in an imported one", async () => {
    const files = {
      "job.json": manifest({ kernel: ["main.wesl", "lib/shape.wesl"], bindings: { params: { set: { width: 3 } } } }),
      "main.wesl": `import package::lib::shape::{params, area};
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@compute @workgroup_size(1) fn main() { values[0] = area(params.width); }`,
      "lib/shape.wesl": `struct Params { width: u32 }
@group(0) @binding(0) var<uniform> params: Params;
fn area(side: u32) -> u32 { return side * side; }`,
    };
    const { plan, source } = await admit(files);
    expect(plan.buffers.map((each) => [each.name, each.byteLength])).toEqual([
      ["values", 256],
      ["params", 4],
    ]);
    expect(plan.kernel).not.toContain("import");
    expect(source).toContain("// ---- lib/shape.wesl ----");
  });

  it("needs larger buffers than the defaults only when it has them", async () => {
    const job = manifest({ bindings: { params: { set: { width: 1 } }, values: { elements: 2 ** 26 } } });
    const { plan } = await admit({ "job.json": job, "kernel.wgsl": KERNEL });
    expect(plan.requires.limits).toEqual({ maxStorageBufferBindingSize: 2 ** 28 });
  });
});

describe("every job of the gallery and every foreign kernel", () => {
  const folders = ["shaders", "tests/fixtures/foreign"].flatMap((parent) =>
    readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(parent, entry.name, "job.json")))
      .map((entry) => join(parent, entry.name)),
  );
  it.each(folders)("%s is admitted", async (folder) => {
    const files: Files = {};
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (/\.(json|wgsl|wesl|csv|bin)$/.test(name)) files[name] = new Uint8Array(readFileSync(join(folder, name)));
    }
    const { plan } = await admit(files);
    expect(plan.outputs.length).toBeGreaterThan(0);
  });
});
