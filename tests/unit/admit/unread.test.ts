/** What is said of elements of an input that no invocation reads, and silence where that is not known. */
import { describe, expect, it } from "vitest";
import { admitted, type Files, judgesHere, packageOf } from "./package.ts";

const judges = judgesHere();

const FILE = { src: { init: { file: "d.bin" } } };

/** 64 invocations, and a file of 100 elements. */
function job(body: string, { type = "array<u32>", bindings = FILE as object, units = { count: 3 } as object } = {}): Files {
  const kernel = `struct S { n: u32, cells: array<u32, 99> }
@group(0) @binding(0) var<storage, read> src: ${type};
@group(0) @binding(1) var<storage, read_write> o: array<u32>;
fn all(p: ptr<storage, array<u32>, read>, i: u32) -> u32 { return p[i]; }
fn copied(c: array<u32, 100>, i: u32) -> u32 { return c[i]; }
@compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) { ${body} }
`;
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units,
    bindings,
    passes: [{ workgroups: [1] }],
    output: [{ binding: "o", dtype: "u32", shape: [64] }],
    gflopPerUnit: 1,
  };
  return { "job.json": manifest, "kernel.wgsl": kernel, "d.bin": new Uint8Array(400), "short.bin": new Uint8Array(256) };
}

/** What is said of elements; of pointers, which need a word of their own, nothing. */
const told = async (...shape: Parameters<typeof job>) =>
  admitted(await judges.admit(packageOf(job(...shape)))).warnings.filter((text) => /gets \d+ elements/.test(text));
const SPLIT = { src: { init: { file: "d.bin", split: { recordBytes: 4, recordsPerUnit: 100 } } } };
const LIST = { src: { set: { "": Array.from({ length: 100 }, (_, i) => i) } } };

it("the last input of an exclusive scan is left out rightly", async () => {
  expect(await told("if (i < 63u) { o[i + 1u] = src[i]; }", { bindings: { src: { init: { file: "short.bin" } } } })).toEqual([
    expect.stringMatching(/src gets 64 elements and the passes read all but the last: that is right for an exclusive scan/),
  ]);
});

describe("elements of an input that no invocation reads are told", () => {
  it.each<[string, RegExp, ...Parameters<typeof job>]>([
    [
      "of a file",
      /bindings\.src\.init: src gets 100 elements and the passes read none beyond index 63: 36 change no result\./,
      "o[i] = src[i];",
    ],
    [
      "of a piece",
      /read none beyond index 63: 36 .*more workgroups, or a unit fewer records\./,
      "o[i] = src[i];",
      { bindings: SPLIT, units: { split: "src" } },
    ],
    ["behind a guard that lets all in", /read none beyond index 63/, "if (i < arrayLength(&src)) { o[i] = src[i]; }"],
    ["at the beginning", /read none below index 36: 36 change/, "o[i] = src[i + 36];"],
    ["of a list", /bindings\.src\.set\[""\]: src gets 100 elements .* beyond index 63/, "o[i] = src[i];", { bindings: LIST }],
    ["of a member", /src\.cells gets 99 elements .* beyond index 63: 35 change/, "o[i] = src.cells[i];", { type: "S" }],
    ["through a pointer", /read none beyond index 63/, "let p = &src; o[i] = p[i] + all(&src, i);"],
    [
      "where its length alone is asked for",
      /src gets 100 elements and no invocation reads any: look at the conditions/,
      "o[i] = arrayLength(&src);",
    ],
  ])("%s", async (_, expected, ...shape) => {
    expect(await told(...shape)).toEqual([expect.stringMatching(expected)]);
  });

  it.each<[string, ...Parameters<typeof job>]>([
    ["all are read", "o[i] = src[i] + src[i + 36];"],
    ["an index has no bound", "o[i] = src[i] + src[min(src[i], 99u)];"],
    ["the array is copied", "let c = src; o[i] = src[i] + c[i];", { type: "array<u32, 100>" }],
    ["the array is an argument", "o[i] = src[i] + copied(src, i);", { type: "array<u32, 100>" }],
    ["its struct is copied", "let c = src; o[i] = src.cells[i] + c.cells[i];", { type: "S" }],
    ["it starts with zeros", "o[i] = src[i];", { bindings: { src: { elements: 100, init: "zero" } } }],
  ])("but not where %s", async (_, ...shape) => {
    expect(await told(...shape)).toEqual([]);
  });
});
