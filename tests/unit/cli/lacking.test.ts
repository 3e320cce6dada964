/** A GPU that cannot run a job is told by the limit and the field, not in Dawn's own words. */
import { expect, it } from "vitest";
import { lackingOf } from "../../../server/cli/lacking.ts";
import { admitted, judgesHere, KERNEL, manifest, packageOf } from "../admit/package.ts";

const judges = judgesHere();

const LEAST = { features: [], limits: {} };
const jobOf = async (changes: Record<string, unknown>, kernel = KERNEL) =>
  admitted(await judges.admit(packageOf({ "job.json": manifest(changes), "kernel.wgsl": kernel })));

it("a workgroup that is too large for it, by its place in the kernel", async () => {
  const job = await jobOf({}, KERNEL.replace("size(64)", "size(512)"));
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
