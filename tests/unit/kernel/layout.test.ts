import { describe, expect, it } from "vitest";
import { typeOfDecl } from "wesl/core";
import { type Layout, LayoutError, Layouts, roundUp, tailOf } from "../../../shared/kernel/layout.ts";
import { paddingOf } from "../../../shared/kernel/padding.ts";
import { readText } from "../../../shared/kernel/read.ts";

/** The layout of a `var` of this type; `declarations` may hold structs, constants and aliases. */
function layoutOf(type: string, declarations = ""): Layout {
  const kernel = readText(`enable f16;\n${declarations}\n@group(0) @binding(0) var<storage, read_write> it: ${type};`);
  if (!kernel) throw new Error("the test's WGSL is wrong");
  for (const elem of kernel.ast.moduleElem.decls) {
    if (elem.kind === "gvar") return new Layouts(kernel).of(typeOfDecl(elem.name.decl.ident, { bindings: kernel.bindings }));
  }
  throw new Error("no variable");
}

function offsets(layout: Layout): Record<string, number> {
  if (layout.kind !== "struct") throw new Error("no struct");
  return Object.fromEntries(layout.members.map((member) => [member.name, member.offset]));
}

describe("alignment and size (WGSL, table 'Alignment and size for host-shareable types')", () => {
  it.each([
    ["i32", 4, 4],
    ["u32", 4, 4],
    ["f32", 4, 4],
    ["f16", 2, 2],
    ["atomic<u32>", 4, 4],
    ["atomic<i32>", 4, 4],
    ["vec2<f32>", 8, 8],
    ["vec2<f16>", 4, 4],
    ["vec3<u32>", 16, 12],
    ["vec3<f16>", 8, 6],
    ["vec4<i32>", 16, 16],
    ["vec4<f16>", 8, 8],
    ["vec3f", 16, 12],
    ["vec2h", 4, 4],
    ["mat2x2<f32>", 8, 16],
    ["mat2x2<f16>", 4, 8],
    ["mat3x2<f32>", 8, 24],
    ["mat3x2<f16>", 4, 12],
    ["mat4x2<f32>", 8, 32],
    ["mat4x2<f16>", 4, 16],
    ["mat2x3<f32>", 16, 32],
    ["mat2x3<f16>", 8, 16],
    ["mat3x3<f32>", 16, 48],
    ["mat3x3<f16>", 8, 24],
    ["mat4x3<f32>", 16, 64],
    ["mat4x3<f16>", 8, 32],
    ["mat2x4<f32>", 16, 32],
    ["mat2x4<f16>", 8, 16],
    ["mat3x4<f32>", 16, 48],
    ["mat3x4<f16>", 8, 24],
    ["mat4x4<f32>", 16, 64],
    ["mat4x4<f16>", 8, 32],
  ])("%s aligns to %i and has %i bytes", (type, align, size) => {
    expect(layoutOf(type)).toMatchObject({ align, size });
  });

  it.each([
    ["array<f32, 8>", 4, 32],
    ["array<vec3<f32>, 8>", 16, 128],
    ["array<mat3x3<f32>, 2>", 16, 96],
    ["array<vec3<f16>, 3>", 8, 24],
    ["array<array<vec3<u32>, 2>, 3>", 16, 96],
  ])("%s has strides of roundUp(align, size) of its element", (type, align, size) => {
    expect(layoutOf(type)).toMatchObject({ align, size });
  });
});

describe("struct members (WGSL, 'Structure Member Layout')", () => {
  // The spec's example "Layout of structures using implicit member sizes, alignments".
  const implicit = `struct A { u: f32, v: f32, w: vec2<f32>, x: f32 }
    struct B { a: vec2<f32>, b: vec3<f32>, c: f32, d: f32, e: A, f: vec3<f32>, g: array<A, 3>, h: i32 }`;

  it("lays out the spec's A", () => {
    const layout = layoutOf("A", implicit);
    expect(layout).toMatchObject({ align: 8, size: 24 });
    expect(offsets(layout)).toEqual({ u: 0, v: 4, w: 8, x: 16 });
  });

  it("lays out the spec's B", () => {
    const layout = layoutOf("B", implicit);
    expect(layout).toMatchObject({ align: 16, size: 160 });
    expect(offsets(layout)).toEqual({ a: 0, b: 16, c: 28, d: 32, e: 40, f: 64, g: 80, h: 152 });
  });

  it("lays out the spec's B with explicit sizes and alignments", () => {
    const explicit = `struct A { u: f32, v: f32, w: vec2<f32>, @size(16) x: f32 }
      struct B { a: vec2<f32>, b: vec3<f32>, c: f32, d: f32, @align(16) e: A, f: vec3<f32>, @align(16) g: array<A, 3>, h: i32 }`;
    const layout = layoutOf("B", explicit);
    expect(layout).toMatchObject({ align: 16, size: 208 });
    expect(offsets(layout)).toEqual({ a: 0, b: 16, c: 28, d: 32, e: 48, f: 80, g: 96, h: 192 });
    expect(layoutOf("A", explicit)).toMatchObject({ align: 8, size: 32 });
  });

  it("follows aliases and const expressions in lengths and attributes", () => {
    const declarations = "const N = 2 * 3; alias Cell = vec3f; struct S { @size(N * 4) a: u32, b: array<Cell, N> }";
    const layout = layoutOf("S", declarations);
    expect(offsets(layout)).toEqual({ a: 0, b: 32 });
    expect(layout.size).toBe(32 + 16 * 6);
  });

  it("gives a struct with a runtime-sized array the size with one element", () => {
    const layout = layoutOf("S", "struct S { count: u32, @align(16) cells: array<vec2<u32>> }");
    expect(layout.size).toBe(roundUp(16, 16 + 8));
    expect(tailOf(layout)).toMatchObject({ offset: 16, stride: 8 });
  });
});

describe("types that cannot lie in a buffer", () => {
  it.each([
    ["bool", /bool/],
    ["array<bool, 4>", /bool/],
    ["vec3<bool>", /bool/],
    ["texture_2d<f32>", /texture/],
    ["sampler", /sampler/],
    ["ptr<function, u32>", /ptr/],
    ["Nothing", /cannot be read/],
    ["array<array<u32>, 4>", /runtime-sized/],
  ])("%s is refused by name", (type, message) => {
    expect(() => layoutOf(type)).toThrow(LayoutError);
    expect(() => layoutOf(type)).toThrow(message);
  });

  it("walks doubling structs as the graph they are", () => {
    let structs = "struct S0 { a: u32, b: u32 }\n";
    for (let i = 1; i < 30; i++) structs += `struct S${i} { a: S${i - 1}, b: S${i - 1} }\n`;
    expect(layoutOf("S29", structs).size).toBe(2 ** 32);
    expect(paddingOf(layoutOf("S29", structs), 2 ** 32)).toBeUndefined();
  });
});

describe("padding", () => {
  it.each([
    ["array<vec3<f32>>", "", 64, { stride: 16, ranges: [[12, 16]] }],
    [
      "array<S>",
      "struct S { a: u32, b: vec2<f32>, c: f16 }",
      48,
      {
        stride: 24,
        ranges: [
          [4, 8],
          [18, 24],
        ],
      },
    ],
    [
      "mat3x3<f32>",
      "",
      48,
      {
        stride: 48,
        ranges: [
          [12, 16],
          [28, 32],
          [44, 48],
        ],
      },
    ],
    ["array<vec4<f32>>", "", 64, undefined],
    [
      "S",
      "struct S { n: u32, cells: array<vec3<u32>> }",
      48,
      {
        stride: 48,
        ranges: [
          [4, 16],
          [28, 32],
          [44, 48],
        ],
      },
    ],
    ["array<S, 4>", "struct S { @size(12) a: u32 }", 24, { stride: 12, ranges: [[4, 12]] }],
  ])("of %s %s", (type, declarations, bytes, padding) => {
    expect(paddingOf(layoutOf(type, declarations), bytes)).toEqual(padding);
  });

  it("is given up when it has too many gaps for a plan", () => {
    const declarations = "struct S { n: u32, cells: array<vec3<u32>, 100000> }";
    expect(paddingOf(layoutOf("S", declarations), 1_600_016)).toBeNull();
  });
});
