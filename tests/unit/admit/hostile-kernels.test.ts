/** Each hostile package by itself: what it does, and the first words of its fault, with their place. The judge lives through all. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Judges } from "../../../server/admit/admit.ts";
import { admitted, type Files, KERNEL, manifest, openJudges, packageOf, refused, show } from "./package.ts";

let judges: Judges;
beforeAll(async () => {
  judges = await openJudges();
});
afterAll(async () => {
  admitted(await judges.admit(packageOf({ "job.json": manifest(), "kernel.wgsl": KERNEL })));
  await judges.close();
});

const body = (text: string) => KERNEL.replace("  values[id.x] =", `  ${text}\n  values[id.x] =`);
const job = (kernel: string, changes: Record<string, unknown> = {}, more: Files = {}): Files => ({
  "job.json": manifest(changes),
  "kernel.wgsl": kernel,
  ...more,
});
const twice = (i: number) => `fn g${i + 1}(x: u32) -> u32 { return g${i}(x) + g${i}(x + 1u); }`;

it("a kernel of a thousand calls is taken, and one that calls too much in what no pass runs", async () => {
  const chain = `fn g0(x: u32) -> u32 { return x; }\n${Array.from({ length: 39 }, (_, i) => twice(i)).join("\n")}`;
  admitted(await judges.admit(packageOf(job(`${chain}\n${body("let a = g9(id.x);")}`))));
});

describe("a hostile kernel is refused with its place", () => {
  it.each<[string, Files, RegExp]>([
    [
      "65 entry points",
      job(KERNEL + Array.from({ length: 64 }, (_, index) => `@compute @workgroup_size(1) fn more${index}() {}\n`).join("")),
      /^job\.json:\d+:\d+ kernel: The kernel has 65 entry points\. At most 64 are allowed\./,
    ],
    ["ten thousand attributes without a name", job("@\n".repeat(10_000) + KERNEL), /^kernel\.wgsl:2:1 : Expected attribute name after '@'/],
    [
      "more of them",
      job(`// @a\n${"@ ".repeat(100_000)}${KERNEL}`),
      /^kernel\.wgsl:2:1 : The file has 100008 @, and at most 20000 are read/,
    ],
    ["twenty thousand words that begin a declaration", job("var ".repeat(20_000) + KERNEL), /^kernel\.wgsl:1:5 : WGSL keeps the word var/],
    ["a NUL", job(`${KERNEL}\u0000`), /^kernel\.wgsl:9:1 : There is U\+0000, which is not seen\. Remove/],
    ["a character that turns the text", job(body("let a\u202eb = 1;")), /^kernel\.wgsl:7:8 : There is U\+202E, which is not seen\. Remove/],
    ["an invisible joiner in a name", job(body("let a\u200db = 1;")), /^kernel\.wgsl:7:8 : invalid character found\. Mend it: this is/],
    [
      "a name that looks like another",
      job(KERNEL.replace("values[id.x] =", "v\u0430lues[id.x] =")),
      /^job\.json:27:18 output\[0\]\.binding: No entry point of the passes uses values\./,
    ],
    ["a reserved word", job(body("let class = 1;")), /^kernel\.wgsl:7:7 : WGSL keeps the word class for itself\. Choo/],
    ["a name of the compiler", job(body("let __a = 1;")), /^kernel\.wgsl:7:7 : identifiers must not start with two or more underscores\./],
    [
      "a whole number beyond all types",
      job(body("let a = 99999999999999999999999999;")),
      /^kernel\.wgsl:7:11 : value cannot be represented as 'abstract-int'\./,
    ],
    ["a float beyond f32", job(body("let a = 1e40f;")), /^kernel\.wgsl:7:11 : value cannot be represented as 'f32'\. Men/],
    [
      "an exponent of five digits",
      job(body("let a = 0x1p99999;")),
      /^kernel\.wgsl:7:11 : value cannot be represented as 'abstract-float'\./,
    ],
    ["a constant division by zero", job(body("const a = 1u / 0u;")), /^kernel\.wgsl:7:13 : integer division by zero is invalid\. Divide/],
    [
      "a constant shift too far",
      job(body("const a = 1u << 33u;")),
      /^kernel\.wgsl:7:13 : shift left value must be less than the bit width of the lhs, which is 32\./,
    ],
    [
      "an array of nothing",
      job(KERNEL.replace("array<u32>", "array<u32, 0>")),
      /^kernel\.wgsl:3:67 : The array length in the type of values cannot be evaluated\./,
    ],
    [
      "an array of less than nothing",
      job(KERNEL.replace("array<u32>", "array<u32, -1>")),
      /^kernel\.wgsl:3:67 : The array length in the type of values cannot be evaluated\./,
    ],
    [
      "an array of 2^32 - 1",
      job(KERNEL.replace("array<u32>", "array<u32, 4294967295>")),
      /^job\.json:9:15 bindings\.values: values has 17179869180 bytes: maxBufferSize would have to be 17179869180\./,
    ],
    [
      "a workgroup of nobody",
      job(KERNEL.replace("size(64)", "size(0)")),
      /^kernel\.wgsl:5:26 : '@workgroup_size' argument must be at least 1\./,
    ],
    [
      "a workgroup below zero",
      job(KERNEL.replace("size(64)", "size(-1)")),
      /^kernel\.wgsl:5:26 : '@workgroup_size' argument must be at least 1\./,
    ],
    [
      "a workgroup of 65,536",
      job(KERNEL.replace("size(64)", "size(65536)")),
      /^kernel\.wgsl:6:4 : The workgroup of main is 65536 x 1 x 1: maxComputeInvocationsPerWorkgroup would have to be 6/,
    ],
    [
      "a workgroup of 2^30",
      job(KERNEL.replace("size(64)", "size(1024,1024,1024)")),
      /^kernel\.wgsl:6:4 : The workgroup of main is 1024 x 1024 x 1024: maxComputeInvocationsPerWorkgroup would have to/,
    ],
    [
      "too much workgroup memory",
      job(`var<workgroup> big: array<u32, 100000>;\n${body("big[id.x] = 1u;")}`),
      /^kernel\.wgsl:1:21 : array count \(100000\) must be less than 65536\./,
    ],
    [
      "aliases in a circle",
      job(`alias A = B; alias B = A;\n${KERNEL.replace("array<u32>", "array<A>")}`),
      /^kernel\.wgsl:1:1 : cyclic dependency found: 'A' -> 'B' -> 'A'\./,
    ],
    [
      "a chain of 3,000 aliases",
      job(
        `${Array.from({ length: 3000 }, (_, i) => `alias A${i} = A${i + 1};`).join("")} alias A3000 = u32;\n${KERNEL.replace("array<u32>", "array<A0>")}`,
      ),
      /^kernel\.wgsl:: : An expression, a block or a type is too long or nested too deeply: it ended while laying the k/,
    ],
    [
      "50,000 comments inside each other",
      job(`${"/*".repeat(50_000)}${"*/".repeat(50_000)}\n${KERNEL}`),
      /^kernel\.wgsl:: : The kernel is nested too deeply to be read\. Break its expressions, blocks and comments up\./,
    ],
    [
      "constants in a circle",
      job(`const a = b; const b = a;\n${KERNEL}`),
      /^kernel\.wgsl:1:1 : cyclic dependency found: 'a' -> 'b' -> 'a'\./,
    ],
    [
      "overrides in a circle",
      job(`override a = b; override b = a;\n${KERNEL}`),
      /^kernel\.wgsl:1:1 : cyclic dependency found: 'a' -> 'b' -> 'a'\./,
    ],
    [
      "a workgroup of an override of 2^32 - 1",
      job(`override N: u32;\n${KERNEL.replace("size(64)", "size(N)")}`, { overrides: { N: 4294967295 } }),
      /^job\.json:36:10 overrides\.N: The workgroup of main is 4294967295 x 1 x 1: maxComputeInvocationsPerWorkgroup would have to/,
    ],
    [
      "a workgroup of a product that wraps to zero",
      job(`override N: u32;\n${KERNEL.replace("size(64)", "size(N * N)")}`, { overrides: { N: 65536 } }),
      /^kernel\.wgsl:7:4 : @workgroup_size values must be greater than 0\./,
    ],
    [
      "an override id beyond 65,535",
      job(`@id(70000) override N: u32 = 1;\n${KERNEL}`),
      /^kernel\.wgsl:1:2 : '@id' value must be between 0 and 65535\. M/,
    ],
    [
      "an override id twice",
      job(`@id(1) override N: u32 = 1; @id(1) override M: u32 = 1;\n${KERNEL}`),
      /^kernel\.wgsl:1:30 : '@id' values must be unique\. Mend it: thi/,
    ],
    ["an assertion that fails", job(`const_assert 1 > 2;\n${KERNEL}`), /^kernel\.wgsl:1:1 : const assertion failed\. Mend it: this is w/],
    [
      "group 99,999",
      job(KERNEL.replace("@group(0) @binding(1)", "@group(99999) @binding(1)")),
      /^job\.json:9:15 bindings\.values: values is in group 99999: maxBindGroups would have to be 100000\./,
    ],
    [
      "binding 2^32 - 1",
      job(KERNEL.replace("@binding(1)", "@binding(4294967295)")),
      /^job\.json:9:15 bindings\.values: values is binding 4294967295: maxBindingsPerBindGroup would have to be 42949672/,
    ],
    [
      "forty storage buffers",
      job(
        `${Array.from({ length: 40 }, (_, i) => `@group(1) @binding(${i}) var<storage, read_write> b${i}: array<u32>;`).join("\n")}\n${body(Array.from({ length: 40 }, (_, i) => `b${i}[0] = 1u;`).join(" "))}`,
        {
          bindings: Object.fromEntries([
            ["params", { set: { first: 1 } }],
            ...Array.from({ length: 40 }, (_, i) => [`b${i}`, { elements: 4, scratch: true }]),
          ]),
        },
      ),
      /^kernel\.wgsl:46:4 : main uses 41 storage buffers: maxStorageBuffersPerShaderStage would have to be 41\./,
    ],
    [
      "a texture",
      job(`@group(0) @binding(5) var t: texture_2d<f32>;\n${body("_ = textureLoad(t, vec2u(0), 0);")}`),
      /^kernel\.wgsl:1:27 : t cannot be bound: texture_2d<f32> is a texture\./,
    ],
    [
      "an atomic float",
      job(KERNEL.replace("array<u32>", "array<atomic<f32>>")),
      /^job\.json:28:16 output\[0\]\.dtype: array<atomic<f32>> is made of f32, the output says u32\./,
    ],
    [
      "a store into a uniform",
      job(body("let p = &params; (*p).first = 1u;")),
      /^kernel\.wgsl:7:31 : cannot store into a read-only type 'ref<uniform, u32, read>'\./,
    ],
    [
      "a let without a value",
      job(body("let a: u32;")),
      /^kernel\.wgsl:7:13 : Expected '=' after let identifier \(let requires initialization\)\./,
    ],
    ["a function twice", job(`${KERNEL}fn main() {}`), /^kernel\.wgsl:9:1 : redeclaration of 'main'\. Give one of the two another name/],
    [
      "a struct twice",
      job(`${KERNEL}struct Params { a: u32 }`),
      /^job\.json:12:18 bindings\.params\.set\.first: Params has no member first\./,
    ],
    [
      "a member twice",
      job(KERNEL.replace("width: u32", "first: u32")),
      /^job\.json:13:18 bindings\.params\.set\.width: Params has no member width\./,
    ],
    [
      "a runtime-sized array in a uniform",
      job(KERNEL.replace("scale: f32", "scale: f32, big: array<u32>")),
      /^job\.json:10:15 bindings\.params: params is a runtime-sized u32 array and nothing says how long it is\./,
    ],
    [
      "a bool in a buffer",
      job(KERNEL.replace("scale: f32", "scale: bool")),
      /^kernel\.wgsl:1:48 : type 'bool' cannot be used in address space 'uniform' as it is non-host-shareable\./,
    ],
    [
      "300 parameters",
      job(`fn f(${Array.from({ length: 300 }, (_, i) => `a${i}: u32`).join(",")}) {}\n${KERNEL}`),
      /^kernel\.wgsl:1:4 : function declares 300 parameters, maximum is 255\./,
    ],
    [
      "20,000 members",
      job(`struct B { ${Array.from({ length: 20000 }, (_, i) => `m${i}: u32`).join(",")} }\n${KERNEL}`),
      /^kernel\.wgsl:1:1 : 'struct B' has 20000 members, maximum is 16383\./,
    ],
    [
      "an else-if of 2,000 arms",
      job(body(`${Array.from({ length: 2000 }, (_, i) => `if (id.x == ${i}u) {}`).join(" else ")}`)),
      /^kernel\.wgsl:7:9829 : Syntax nested too deeply\. Mend the synt/,
    ],
    [
      "functions of which each calls the one before it twice: 2^39 calls",
      job(
        `fn g0(x: u32) -> u32 { return x; }\n${Array.from({ length: 39 }, (_, i) => twice(i)).join("\n")}\n${body("let a = g39(id.x);")}`,
      ),
      /^kernel\.wgsl:14:4 : g13 is 16,382 calls when each is replaced by what it calls, as GPU compilers do: at most 10,000 are allowed/,
    ],
    ["a text", job(body('let s = "hello";')), /^kernel\.wgsl:7:11 : Invalid token "\. Mend the syntax\./],
    ["a macro", job(`#define X 1\n${KERNEL}`), /^kernel\.wgsl:1:1 : WGSL has no preprocessor/],
    ["an include of a system file", job(`#include "/etc/hosts"\n${KERNEL}`), /^kernel\.wgsl:1:1 : WGSL has no preprocessor/],
    ["GLSL", job("#version 450\nvoid main() {}"), /^kernel\.wgsl:1:1 : #version begins GLSL/],
    ["HLSL", job("[numthreads(1,1,1)] void main() {}"), /^kernel\.wgsl:1:1 : Expected a declaration or directive/],
    ["HTML", job("<html>"), /^kernel\.wgsl:1:1 : Expected a declaration or directive/],
    [
      "bytes that are no text",
      { "job.json": manifest(), "kernel.wgsl": new Uint8Array(1000).map((_, i) => i * 7) },
      /^kernel\.wgsl:: : The file is not UTF-8\. Save it as UTF-8\./,
    ],
    ["UTF-16", { "job.json": manifest(), "kernel.wgsl": new Uint8Array(Buffer.from(KERNEL, "utf16le")) }, /^kernel\.wgsl:1:/],
    [
      "a surrogate in UTF-8",
      { "job.json": manifest(), "kernel.wgsl": new Uint8Array([0xed, 0xa0, 0x80]) },
      /^kernel\.wgsl:: : The file is not UTF-8\. Save it as UTF-8\./,
    ],
    ["a fragment shader", job("@fragment fn main() {}"), /^job\.json:19:5 passes\[0\]: The kernel has no @compute function\./],
    ["a file of 300,000 bytes", job(`//${"x".repeat(300000)}`), /^kernel\.wgsl:: : The file has 300002 bytes\. At most 262144 ar/],
    [
      "a type of 64 bits",
      job(KERNEL.replace("scale: f32", "scale: f64")),
      /^kernel\.wgsl:1:48 : Nothing declares f64\. WGSL has no floats of 64 bits/,
    ],
    [
      "a whole type of 64 bits",
      job(KERNEL.replace("width: u32", "width: u64")),
      /^kernel\.wgsl:1:36 : Nothing declares u64\. WGSL has no integers of 64 bits/,
    ],
  ])("%s", async (_, files, expected) => {
    const faults = refused(await judges.admit(packageOf(files))).map(show);
    expect(faults.length).toBeLessThanOrEqual(100);
    expect(faults[0]).toMatch(expected);
  });
});
