/** A GPU that cannot run a job is told by the limit and the field, not in Dawn's own words. */
import { expect, it } from "vitest";
import { lackingOf } from "../../../server/cli/lacking.ts";
import { admitted, judgesHere, KERNEL, manifest, packageOf } from "../admit/package.ts";

const judges = judgesHere();

/** As many values as a workgroup of 512 stores. */
const WIDE = { output: [{ binding: "values", dtype: "u32", shape: [512] }] };
const LEAST = { features: [], limits: {} };
const jobOf = async (changes: Record<string, unknown>, kernel = KERNEL) =>
  admitted(await judges.admit(packageOf({ "job.json": manifest(changes), "kernel.wgsl": kernel })));

it("a workgroup that is too large for it, by its place in the kernel", async () => {
  const job = await jobOf(WIDE, KERNEL.replace("size(64)", "size(512)"));
  expect(lackingOf(job, LEAST)).toEqual([
    "Its maxComputeInvocationsPerWorkgroup is 256, and 512 is needed (kernel.wgsl:6:4 needs maxComputeInvocationsPerWorkgroup 512).",
    "Its maxComputeWorkgroupSizeX is 256, and 512 is needed (kernel.wgsl:6:4 needs maxComputeWorkgroupSizeX 512).",
  ]);
  expect(lackingOf(job, { features: [], limits: { maxComputeInvocationsPerWorkgroup: 1024, maxComputeWorkgroupSizeX: 1024 } })).toEqual([]);
});

it("what the manifest itself asks for, by its field", async () => {
  const job = await jobOf({ requires: { limits: { maxBufferSize: 1_073_741_824 }, features: ["shader-f16"] } });
  expect(lackingOf(job, LEAST)).toEqual([
    "It has no shader-f16 (requires.features of job.json asks for it).",
    "Its maxBufferSize is 268435456, and 1073741824 is needed (requires.limits.maxBufferSize of job.json asks for it).",
  ]);
  expect(lackingOf(job, { features: ["shader-f16"], limits: { maxBufferSize: 1_073_741_824 } })).toEqual([]);
});

it("the larger of two buffers, and an override's workgroup by its field", async () => {
  const two = await jobOf(
    {
      bindings: { params: { set: { first: 1 } }, a: { elements: 100_000_000, scratch: true }, b: { elements: 200_000_000, scratch: true } },
    },
    `@group(0) @binding(2) var<storage, read_write> a: array<u32>;
@group(0) @binding(3) var<storage, read_write> b: array<u32>;
${KERNEL.replace("values[id.x] =", "a[id.x] = 1u; b[id.x] = 1u; values[id.x] =")}`,
  );
  const place = two.needs.find(({ value }) => value === 800_000_000)?.who;
  expect(lackingOf(two, LEAST)).toContain(
    `Its maxBufferSize is 268435456, and 800000000 is needed (${place} needs maxBufferSize 800000000).`,
  );
  const sized = await jobOf({ ...WIDE, overrides: { SIZE: 512 } }, `override SIZE: u32 = 64;\n${KERNEL.replace("size(64)", "size(SIZE)")}`);
  expect(lackingOf(sized, LEAST)[0]).toMatch(
    /^Its maxComputeInvocationsPerWorkgroup is 256, .*\(job\.json:\d+:\d+ the 512 x 1 x 1 workgroup of main needs maxComputeInvocationsPerWorkgroup 512\)\.$/,
  );
});

it("a feature that the kernel enables, by its place", async () => {
  const job = await jobOf({}, `enable f16;\n${KERNEL.replace("params.first +", "params.first + u32(f16(2.0)) +")}`);
  expect(lackingOf(job, LEAST)).toEqual(["It has no shader-f16 (kernel.wgsl:1:8 needs shader-f16)."]);
});
