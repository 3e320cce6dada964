/** What is said of an output's shape that leaves out values of a binding whose size its type gives. */
import { describe, expect, it } from "vitest";
import { admitted, type Files, judgesHere, packageOf } from "./package.ts";

const judges = judgesHere();

function job(type: string, dtype: string, shape: number[], store: string, elements?: number): Files {
  const kernel = `struct Ends { v: vec3u, n: u32, p: vec2u }
struct Gap { v: vec3u }
@group(0) @binding(0) var<storage, read_write> o: ${type};
@compute @workgroup_size(1) fn main() { ${store} }
`;
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: { count: 2 },
    ...(elements === undefined ? {} : { bindings: { o: { elements } } }),
    passes: [{ workgroups: [1] }],
    output: [{ binding: "o", dtype, shape }],
    gflopPerUnit: 1,
  };
  return { "job.json": manifest, "kernel.wgsl": kernel };
}

const told = async (...shape: Parameters<typeof job>) =>
  admitted(await judges.admit(packageOf(job(...shape)))).warnings.filter((text) => /not delivered/.test(text));

const EACH = "for (var i = 0u; i < 8u; i++) { o[i] = 1u; }";

describe("a shape that is shorter than a type of a fixed size", () => {
  it.each<[string, RegExp, ...Parameters<typeof job>]>([
    [
      "of an array",
      /output\[0\]\.shape: 7 u32 are 28 bytes and o, array<u32, 8>, has 32: the last 4 are not delivered\. The shape \[8\] delivers all\.$/,
      "array<u32, 8>",
      "u32",
      [7],
      EACH,
    ],
    ["of a struct", /12 u8 are 12 bytes and o, Ends, has 32: the last 20 are not/, "Ends", "u8", [12], "o.n = 1u;"],
    [
      "of as many as elements says",
      /7 x 4 u32 are 112 bytes and o, array<vec4<u32>>, has 128: the last 16 are not delivered\. The shape \[8, 4\] delivers all\.$/,
      "array<vec4u>",
      "u32",
      [7, 4],
      "for (var i = 0u; i < 8u; i++) { o[i] = vec4u(1u); }",
      8,
    ],
    ["of one of their members", /8 u32 are 32 bytes.*The shape \[32\]/, "array<vec4u>", "u32", [8], "o[0] = vec4u(1u);", 8],
    ["of a struct, raw, to its padding", /24 u8 are 24 bytes and o, Ends, has 32/, "Ends", "u8", [24], "o.n = 1u;"],
  ])("%s is told with both sizes", async (_, expected, ...shape) => {
    expect(await told(...shape)).toEqual([expect.stringMatching(expected)]);
  });

  it.each<[string, ...Parameters<typeof job>]>([
    ["all of it is delivered", "array<u32, 8>", "u32", [2, 4], EACH],
    ["padding alone is left out", "Gap", "u32", [3], "o.v = vec3u(1u);"],
    ["all elements are delivered", "array<vec4u>", "u32", [8, 4], "o[0] = vec4u(1u);", 8],
    ["the padding of the last alone is left out", "array<Gap>", "u32", [31], "o[0].v = vec3u(1u);", 8],
    ["the shape gives the length", "array<u32>", "u32", [7], "o[0] = 1u;"],
  ])("is not spoken of where %s", async (_, ...shape) => {
    expect(await told(...shape)).toEqual([]);
  });
});
