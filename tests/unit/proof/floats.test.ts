import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { hasFloats } from "../../../client/proof/floats.ts";
import { ROOT } from "../../../server/root.ts";

it.each([
  "var x: f32;",
  "let v = vec3f(a);",
  "let v: vec2<f16>;",
  "let m = mat4x4f();",
  "let x = 1.5;",
  "let x = 2.;",
  "let x = .5;",
  "let x = 3e7;",
  "let x = 1f;",
])("sees the floats of %s", (kernel) => {
  expect(hasFloats(kernel)).toBe(true);
});

it.each([
  "let x = 1u; let y = 0x1fu; let z = a[3].x; let w = v.yx;",
  "// like f32, 1.5\nlet x = 2i;",
  "/* vec3f */ let half = 0xffu >> 1u;",
  "let vec3 = vec3u(1, 2, 3);",
])("sees none in %s", (kernel) => {
  expect(hasFloats(kernel)).toBe(false);
});

it("tells the gallery's kernels apart", () => {
  const kernel = (job: string) => readFileSync(`${ROOT}/shaders/${job}/kernel.wgsl`, "utf8");
  expect(hasFloats(kernel("prime-count"))).toBe(false);
  expect(hasFloats(kernel("n-queens"))).toBe(false);
});
