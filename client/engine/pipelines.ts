/** The kernel compiled: one explicit bind group layout for each group and pass, one pipeline for each pass. */

import { type BufferPlan, type JobPlan, SLICE_BYTES } from "../../shared/plan.ts";
import { messageOf } from "../../shared/thrown.ts";
import { EngineError } from "./engine-error.ts";

export interface PassPipeline {
  pipeline: GPUComputePipeline;
  /** By group number; buffers as indices in `plan.buffers`. */
  groups: GroupLayout[];
}

interface GroupLayout extends Group {
  layout: GPUBindGroupLayout;
}

interface Group {
  group: number;
  buffers: number[];
  /** The binding at which the kernel reads its box of workgroups, with a dynamic offset; absent in all other groups. */
  box?: number;
}

const COMPUTE_STAGE = 4; // GPUShaderStage.COMPUTE, which Node has under another roof

/** Compiles all passes at once. Rejects with `EngineError` "validation" and the compiler's first errors. */
export async function compile(device: GPUDevice, plan: JobPlan): Promise<PassPipeline[]> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code: plan.kernel });
  const passes = plan.passes.map((pass) => {
    const groups = groupsOf(pass.uses, plan).map((group) => ({
      ...group,
      layout: device.createBindGroupLayout({ entries: entriesOf(group, plan) }),
    }));
    const bindGroupLayouts: (GPUBindGroupLayout | null)[] = [];
    for (const { group, layout } of groups) bindGroupLayouts[group] = layout;
    return { entryPoint: pass.entryPoint, groups, layout: device.createPipelineLayout({ bindGroupLayouts }) };
  });
  const scope = device.popErrorScope();

  const compiled = new Map<string, Promise<GPUComputePipeline>>();
  try {
    const result = await Promise.all(
      passes.map(async ({ entryPoint, groups, layout }) => {
        const key = `${entryPoint} ${groups.map((g) => `${g.group}:${g.buffers.join()}`).join(" ")}`;
        let pipeline = compiled.get(key);
        if (!pipeline) {
          pipeline = device.createComputePipelineAsync({ layout, compute: { module, entryPoint, constants: plan.overrides } });
          compiled.set(key, pipeline);
        }
        return { pipeline: await pipeline, groups };
      }),
    );
    const error = await scope;
    if (error) throw new EngineError("validation", error.message);
    return result;
  } catch (error) {
    await scope.catch(() => null);
    const info = await module.getCompilationInfo().catch(() => undefined);
    const faults = (info?.messages ?? []).filter((message) => message.type === "error").slice(0, 3);
    const text = faults.map((fault) => `${fault.lineNum}:${fault.linePos} ${fault.message}`).join("; ");
    throw new EngineError("validation", text || messageOf(error));
  }
}

function groupsOf(uses: readonly number[], { buffers, slicing }: JobPlan): Group[] {
  const groups = new Map<number, number[]>();
  const add = (group: number, more: number[]) => groups.set(group, [...(groups.get(group) ?? []), ...more]);
  for (const index of uses) add((buffers[index] as BufferPlan).group, [index]);
  if ("group" in slicing) add(slicing.group, []);
  // A gap between group numbers is an empty group: not every implementation lets it be null.
  return Array.from({ length: Math.max(-1, ...groups.keys()) + 1 }, (_, group) => ({
    group,
    buffers: groups.get(group) ?? [],
    ...("group" in slicing && slicing.group === group ? { box: slicing.binding } : {}),
  }));
}

function entriesOf({ buffers, box }: Group, plan: JobPlan): GPUBindGroupLayoutEntry[] {
  const entries = buffers.map((index): GPUBindGroupLayoutEntry => {
    const { binding, kind } = plan.buffers[index] as BufferPlan;
    return { binding, visibility: COMPUTE_STAGE, buffer: { type: kind } };
  });
  if (box === undefined) return entries;
  const buffer: GPUBufferBindingLayout = { type: "uniform", hasDynamicOffset: true, minBindingSize: SLICE_BYTES };
  return [...entries, { binding: box, visibility: COMPUTE_STAGE, buffer }];
}
