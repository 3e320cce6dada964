/** Floats that a kernel computes with while it runs, however they are written; Tint takes each of these kernels. */
import { beforeAll, describe, expect, it } from "vitest";
import { floatOperation, floatsLeft } from "../../../shared/kernel/floats.ts";
import { readText } from "../../../shared/kernel/read.ts";
import { openNullDevice } from "../null-device.ts";

let device: GPUDevice;

beforeAll(async () => {
  device = await openNullDevice();
});

async function floatsOf(body: string): Promise<{ operation: string | undefined; left: string | undefined }> {
  const code = `struct S { a: f32, m: mat2x2f }
alias V = vec2<f32>;
override N = 4.0;
const C = 1.5;
@group(0) @binding(0) var<storage, read_write> o: array<u32>;
@group(0) @binding(1) var<storage, read_write> s: S;
@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) { let i = id.x; ${body} }`;
  const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
  expect(messages.filter(({ type }) => type === "error")).toEqual([]);
  const kernel = readText(code);
  if (!kernel) throw new Error("the kernel could not be read");
  return { operation: floatOperation(kernel, ["main"])?.name, left: floatsLeft(kernel, ["main"])?.name };
}

describe("floats are found", () => {
  it.each([
    ["a choice between constants", "o[0] = u32(select(1.0, 2.0, i > 3) / 3.0);"],
    ["a component of a constant vector", "o[0] = u32(vec2(1.0, 2.0)[i] / 3.0);"],
    ["an element of a constant array", "const t = array(1.0, 2.0); o[0] = u32(t[i] / 3.0);"],
    ["a column of a constant matrix", "const t = mat2x2(1.0, 2.0, 3.0, 4.0); o[0] = u32((t[i] / 3.3).x);"],
    ["a constant that is held", "let v = C; o[0] = u32(3.0 / v);"],
    ["an override without a type", "o[0] = u32(N / 3.0);"],
    ["a type by its other name", "o[0] = u32(bitcast<V>(vec2u(i)).x / 3);"],
    ["a pointer to a part", "let p = &s.m; o[0] = u32(p[i].x / 3);"],
    ["a part of what a built-in returns", "o[0] = u32(modf(s.a).fract / 3.0);"],
    ["a value with a type's name", "let f32 = s.a; o[0] = u32(f32 / 3);"],
  ])("in %s", async (_, body) => {
    expect(await floatsOf(body)).toEqual({ operation: "/", left: "u32" });
  });
});

it("what the compiler computes is no float of the kernel's", async () => {
  const body = "const half = C / 2.0; o[i] = u32(sqrt(half * 3.0) + select(1.0, 2.0, half > 1.0));";
  expect(await floatsOf(body)).toEqual({ operation: undefined, left: undefined });
});
