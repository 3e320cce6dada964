/** Ways out that lead to what was meant, and to nothing else. */
import { expect, it } from "vitest";
import { type Files, job, judgesHere, KERNEL, packageOf, refused, show } from "./package.ts";

const judges = judgesHere();

const told = async (files: Files) => refused(await judges.admit(packageOf(files))).map(show);

const output = (more: object) => job({ output: [{ binding: "values", dtype: "u32", shape: [64], ...more }] });
const body = (text: string) => KERNEL.replace("  values[id.x] =", `  ${text}\n  values[id.x] =`);
const split = (units: string, bytes: number) =>
  job(
    {
      units: { split: units },
      bindings: {
        params: { set: { first: 1, width: 1, scale: 1 } },
        values: { init: { file: "d.bin", split: { recordBytes: 4, recordsPerUnit: 64 } } },
      },
    },
    KERNEL,
    { "d.bin": new Uint8Array(bytes) },
  );
const SWAPPED = job(
  { passes: [{ workgroups: [1], repeat: 2, swap: [["valuesA", "valuesC"]] }], output: [{ binding: "valuesB", dtype: "u32", shape: [64] }] },
  KERNEL.replaceAll(/\bvalues\b/g, "valuesB")
    .replace("\n@compute", "@group(0) @binding(2) var<storage, read_write> valuesA: array<u32, 64>;\n@compute")
    .replace("= params.first", "= valuesA[id.x] + params.first"),
);

it.each<[string, Files, RegExp]>([
  ["a type that outputs have not", output({ dtype: "u16" }), /It is "u16"\. It is one of u8, u32, i32, f32, f16, u64, i64\.$/],
  ["a word for a tolerance", output({ compare: "fuzzy" }), /It is "fuzzy"\. Write "exact" or \{"atol": …, "rtol": …/],
  ["a misspelt word", output({ compare: "exect" }), /Did you mean exact\?$/],
  ["units of another binding", split("bins", 512), /units\.split: .* Write "split": "values": that binding's file is split\.$/],
  ["an empty file", split("values", 0), /bindings\.values\.init\.file: d\.bin is empty\. Write records of 4 bytes into it/],
  ["the other of a pair", SWAPPED, /swap\[0\]\[1\]: The kernel has no binding valuesC\. Did you mean valuesB\?$/],
  ["HLSL's vectors", job({}, body("let p = float2(1.0, 2.0);")), /Nothing declares float2\. WGSL's name is vec2f\.$/],
  ["GLSL's vectors", job({}, body("let p = ivec3(1);")), /Nothing declares ivec3\. WGSL's name is vec3i\.$/],
  ["GLSL's matrices", job({}, body("var p : mat4;")), /Nothing declares mat4\. WGSL's name is mat4x4f\.$/],
  [
    "C's declarations",
    job({}, body("uint n = 0u;")),
    /uint n is no declaration of WGSL's\. Write var n : u32 = …;, or let where it stays\.$/,
  ],
  ["C's declarations of a type", job({}, body("vec2f n = vec2f();")), /vec2f n is no declaration .* Write var n : vec2f = …;/],
  ["what is no atomic", job({}, body("atomicAdd(&values[0], 1u);")), /Declare it atomic<u32>, an array array<atomic<u32>, N>\.$/],
  [
    "a name that nothing declares",
    job({}, body("let a = nobody; let b = nobody;\n let c = nobody;")),
    /Nothing declares nobody, here and at 2 more places\./,
  ],
  ["an access that storage has not", job({}, KERNEL.replace("read_write", "write")), /Write var<storage, read_write>\.$/],
])("%s is told once", async (_, files, expected) => {
  expect(await told(files)).toEqual([expect.stringMatching(expected)]);
});
