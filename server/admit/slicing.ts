/** The kernel as volunteers get it: rewritten for slicing where its text and Tint let it be. Runs in the judge's process. */
import type { Kernel } from "../../shared/kernel/read.ts";
import type { Reflection } from "../../shared/kernel/reflect.ts";
import { sliceKernel } from "../../shared/kernel/slice/slice.ts";
import { type BufferPlan, type PassPlan, SLICE_BYTES, type Slicing } from "../../shared/plan.ts";
import type { Progress } from "./package.ts";
import { refusalByTint, type TintPipeline } from "./tint.ts";

interface SlicedPlan {
  kernel: string;
  slicing: Slicing;
  passes: PassPlan[];
}

/** Rewrites a kernel that Tint took as its owner wrote it, with `pipelines` for the entry points of `passes`. */
export async function planSlicing(
  kernel: Kernel,
  reflection: Reflection,
  passes: PassPlan[],
  pipelines: readonly TintPipeline[],
  constants: Record<string, number>,
  raised: boolean,
  progress: Progress,
): Promise<SlicedPlan> {
  const { file } = kernel.placeOf(0);
  progress({ file, doing: "rewriting the kernel for slicing" });
  const sliced = sliceKernel(
    kernel,
    reflection,
    pipelines.map(({ entryPoint }) => entryPoint),
  );
  if ("whole" in sliced) return { kernel: kernel.text, slicing: sliced, passes };
  const { text, entryPoints, group, binding } = sliced;
  const renamed = (entryPoint: string): string => {
    const name = entryPoints.get(entryPoint);
    if (name === undefined) throw new Error(`${entryPoint} was not rewritten`);
    return name;
  };
  const box: BufferPlan = { name: "box", group, binding, kind: "uniform", byteLength: SLICE_BYTES, init: { kind: "zero" }, writes: [] };
  const rewritten = pipelines.map(({ entryPoint, offset, buffers }) => ({
    entryPoint: renamed(entryPoint),
    offset,
    buffers: [...buffers, box],
  }));
  progress({ file, doing: "compiling the kernel, rewritten for slicing, with Tint" });
  const refusal = await refusalByTint(text, rewritten, constants, raised);
  if (refusal !== undefined) {
    return { kernel: kernel.text, slicing: { whole: `Tint takes the kernel, and refuses it rewritten for slicing: ${refusal}` }, passes };
  }
  return { kernel: text, slicing: { group, binding }, passes: passes.map((pass) => ({ ...pass, entryPoint: renamed(pass.entryPoint) })) };
}
