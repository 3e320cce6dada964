import { expect, it } from "vitest";
import { planSlicing } from "../../../server/admit/slicing.ts";
import { readKernel } from "../../../shared/kernel/read.ts";
import { reflect } from "../../../shared/kernel/reflect.ts";
import type { BufferPlan, PassPlan } from "../../../shared/plan.ts";

const TEXT = `@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1) fn main() { out[0] = 1u; }`;
const OUT: BufferPlan = { name: "out", group: 0, binding: 0, kind: "storage", byteLength: 4, init: { kind: "zero" }, writes: [] };
const PASSES: PassPlan[] = [{ entryPoint: "main", workgroups: [1, 1, 1], repeat: 1, uses: [0], set: [], swap: [] }];

function slicingWith(buffers: BufferPlan[]) {
  const { kernel } = readKernel([{ path: "kernel.wgsl", text: TEXT }]);
  if (!kernel) throw new Error("the kernel cannot be read");
  return planSlicing(kernel, reflect(kernel), PASSES, [{ entryPoint: "main", offset: 0, buffers }], {}, false, () => {});
}

it("takes the rewritten kernel when Tint takes it", async () => {
  const planned = await slicingWith([OUT]);
  expect(planned.slicing).toEqual({ group: 1, binding: 0 });
  expect(planned.passes.map(({ entryPoint }) => entryPoint)).toEqual(["sliced_entry_main"]);
  expect(planned.kernel.startsWith(TEXT.split("@compute")[0] ?? "")).toBe(true);
});

it("runs the owner's text, whole, when Tint refuses the rewritten one, and says what Tint said", async () => {
  // No kernel is known that Tint takes and refuses rewritten: a layout that lacks a binding stands for one.
  const planned = await slicingWith([]);
  expect(planned.slicing).toEqual({
    whole: expect.stringMatching(/^Tint takes the kernel, and refuses it rewritten for slicing: .*binding/),
  });
  expect([planned.kernel, planned.passes]).toEqual([TEXT, PASSES]);
});
