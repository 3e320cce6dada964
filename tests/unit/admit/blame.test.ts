/** Of which kernels an auditor's word proves nobody wrong. */
import { expect, it } from "vitest";
import { admitted, judgesHere, KERNEL, manifest, packageOf } from "./package.ts";

const judges = judgesHere();

async function isFloats(store: string): Promise<boolean> {
  const base = "let i = id.x; let f = params.scale; let n = params.first + params.width;";
  const kernel = KERNEL.replace(/ {2}values\[id\.x\] = .*\n/, `${base} ${store}\n`);
  return admitted(await judges.admit(packageOf({ "job.json": manifest(), "kernel.wgsl": kernel }))).floats;
}

it("is so where floats are computed with, converted, reinterpreted, packed or compared, and not where there are only integers", async () => {
  for (const store of [
    "values[i] = n + u32(f * 2.5);",
    "values[i] = n + u32(f);",
    "values[i] = bitcast<u32>(bitcast<f32>(n));",
    "values[i] = pack4x8unorm(unpack4x8unorm(n));",
    "values[i] = n; if (f > 4.0) { values[i] = 1u; }",
  ])
    expect(await isFloats(store), store).toBe(true);
  for (const store of ["values[i] = n;", "values[i] = n * n / 3u; if (n > 4u) { values[i] = bitcast<u32>(i32(n)); }"])
    expect(await isFloats(store), store).toBe(false);
});
