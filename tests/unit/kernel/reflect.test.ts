import { describe, expect, it } from "vitest";
import { withConstants } from "../../../shared/kernel/constants.ts";
import { type Kernel, readKernel } from "../../../shared/kernel/read.ts";
import { reflect, reflectWorkgroup } from "../../../shared/kernel/reflect.ts";

function kernelOf(text: string): Kernel {
  const { kernel, faults } = readKernel([{ path: "kernel.wgsl", text }]);
  if (!kernel || faults.length > 0) throw new Error(JSON.stringify(faults));
  return kernel;
}

const BINDINGS = `@group(0) @binding(0) var<uniform> a: u32;
@group(0) @binding(1) var<storage, read_write> b: array<u32>;
@group(N - 1) @binding(N) var<storage> c: array<u32>;
@group(0) @binding(1) var<storage, read> d: array<u32>;
const N = 2;
`;

describe("bindings of an entry point", () => {
  it("are those it reaches through functions, pointers and constants, with their access", () => {
    const kernel = kernelOf(`${BINDINGS}
      fn deep(p: ptr<storage, array<u32>, read_write>) { (*p)[0] = a; }
      fn middle() { deep(&b); }
      @compute @workgroup_size(1) fn first() { middle(); }
      @compute @workgroup_size(1) fn second() { let x = c[0] + d[0]; }`);
    const reflection = reflect(kernel);
    expect([...(reflection.entryPoints.get("first")?.uses ?? [])].sort()).toEqual(["a", "b"]);
    expect(reflection.bindingsOf(["second"]).bindings).toMatchObject([
      { name: "c", group: 1, binding: 2, kind: "read-only-storage" },
      { name: "d", group: 0, binding: 1, kind: "read-only-storage" },
    ]);
    expect(reflection.bindingsOf(["first", "second"]).faults[0]?.wrong).toMatch(/same group and binding/);
  });

  it("are not those that a local name hides", () => {
    const kernel = kernelOf(`${BINDINGS} @compute @workgroup_size(1) fn main() { var a = 1u; a += 1; b[0] = a; }`);
    expect([...(reflect(kernel).entryPoints.get("main")?.uses ?? [])]).toEqual(["b"]);
  });
});

describe("overrides", () => {
  const text = `override X: u32 = 4;
@id(9) override Y: u32;
override Z = X * 2;
override F: f32 = 1.5;
override B: bool = true;
const K = 3;
var<workgroup> tile: array<vec3<f32>, Z + K>;
var<workgroup> spare: array<u32, 1000>;
@compute @workgroup_size(X, /* rows */ Y, (K,)) fn main() { tile[0] = vec3f(F); if (B) { } }`.replace("(K,)", "K");

  it("are reflected with id, type and default", () => {
    expect(reflect(kernelOf(text)).overrides).toMatchObject([
      { name: "X", type: "u32", hasDefault: true },
      { name: "Y", id: 9, type: "u32", hasDefault: false },
      { name: "Z", type: "u32", hasDefault: true },
      { name: "F", type: "f32", hasDefault: true },
      { name: "B", type: "bool", hasDefault: true },
    ]);
  });

  it("decide workgroup sizes and workgroup memory", () => {
    const constant = withConstants(kernelOf(text), { "9": 5, X: 8, B: 0, F: 2 });
    if (!constant) throw new Error("no constants");
    expect(reflectWorkgroup(constant, "main")).toEqual({ size: [8, 5, 3], memoryBytes: 19 * 16 });
  });

  it("without a value decide nothing", () => {
    expect(withConstants(kernelOf(text), {})).toBeUndefined();
  });
});

describe("places", () => {
  it("count lines as WGSL does", () => {
    const kernel = kernelOf("// a\r\n// b\u2028// é\u000b  const x = 1;");
    expect(kernel.placeOf(kernel.text.indexOf("const"))).toEqual({ file: "kernel.wgsl", line: 4, column: 3 });
  });

  it("lead back through the linker", () => {
    const { kernel } = readKernel([
      { path: "main.wesl", text: "import super::other::f;\n@compute @workgroup_size(1) fn main() { f(); }" },
      { path: "other.wesl", text: "\n\nfn f() { g(); }\nfn g() { }" },
    ]);
    if (!kernel) throw new Error("not linked");
    expect(kernel.placeOf(kernel.text.indexOf("fn g") + 3)).toEqual({ file: "other.wesl", line: 4, column: 4 });
  });
});
