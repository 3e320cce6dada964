/** Tint, Dawn's WGSL compiler, on Dawn's null backend: no GPU is needed. Only ever called in the judge's process. */

import { create, globals } from "webgpu";
import type { Fault } from "../../shared/errors.ts";
import type { BufferPlan } from "../../shared/plan.ts";
import { messageOf } from "../../shared/thrown.ts";
import { deedFor } from "./deed.ts";
import { type About, aboutOf, allErrors, type Refused, type TintError } from "./hidden.ts";
import type { Progress } from "./package.ts";
import { shortened } from "./shortened.ts";

export interface TintPipeline {
  entryPoint: string;
  /** UTF-16 offset of the entry point in the kernel's text. */
  offset: number;
  /** The buffers it binds. */
  buffers: BufferPlan[];
}

/** A fault that Tint found. */
export interface Said {
  fault: Fault;
  about: About;
}

/** A message of Dawn about a limit of the null device, which has WebGPU's defaults only. */
const ABOUT_LIMITS = /exceeds? the maximum|larger than the maximum|exceeds? the limit/i;

// Collected while Dawn still needs them, these abort the process.
const kept = globalThis as { idlewaveJudge?: { gpu: GPU; adapter: GPUAdapter; device: GPUDevice } };

/** Opens the device, once; takes about 10 ms. */
export async function openTint(): Promise<GPUDevice> {
  if (kept.idlewaveJudge) return kept.idlewaveJudge.device;
  Object.assign(globalThis, globals);
  const gpu = create(["backend=null"]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error("Dawn has no null adapter");
  const wanted: GPUFeatureName[] = ["shader-f16", "subgroups"];
  const device = await adapter.requestDevice({ requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)) });
  kept.idlewaveJudge = { gpu, adapter, device };
  return device;
}

/**
 * Compiles the kernel and, when it is valid, a pipeline for each entry point with explicit bind group layouts of our sizes:
 * so Tint judges our layout rules too. `raised`: the job needs limits above the defaults, which are not Tint's to judge.
 */
export async function judgeByTint(
  { kernel, broken }: Refused,
  pipelines: readonly TintPipeline[],
  constants: Record<string, number>,
  raised: boolean,
  progress: Progress,
): Promise<{ isValid: boolean; said: Said[] }> {
  const device = await openTint();
  progress({ file: kernel.placeOf(0).file, doing: "compiling the kernel with Tint" });
  const { module, errors, invalid } = await compile(device, kernel.text);
  if (errors.length > 0) {
    const all = await allErrors({ kernel, broken }, errors, async (text) => (await compile(device, text)).errors);
    const said = all.map((error) => ({
      about: aboutOf(error),
      fault: { ...kernel.placeOf(error.offset), wrong: sentence(error.message), right: deedFor(error.message) },
    }));
    return { isValid: false, said };
  }
  const said: Said[] = [];
  const tell = (offset: number, message: string, right: string) =>
    said.push({ about: "meaning", fault: { ...kernel.placeOf(offset), wrong: sentence(message), right } });
  if (invalid) tell(0, invalid.message, "Mend the kernel.");
  for (const pipeline of invalid ? [] : pipelines) {
    progress({ file: kernel.placeOf(pipeline.offset).file, doing: `making a pipeline of ${pipeline.entryPoint} with Tint` });
    const wrong = await tryPipeline(device, module, pipeline, constants);
    if (wrong === undefined || (raised && ABOUT_LIMITS.test(wrong))) continue;
    tell(pipeline.offset, wrong, `Mend it: no GPU can run ${pipeline.entryPoint} as it is.`);
  }
  return { isValid: said.length === 0, said };
}

/** Compiles a text that was made of a kernel that Tint took, and its pipelines: the first thing that is wrong, or undefined. */
export async function refusalByTint(
  text: string,
  pipelines: readonly TintPipeline[],
  constants: Record<string, number>,
  raised: boolean,
): Promise<string | undefined> {
  const device = await openTint();
  const { module, errors, invalid } = await compile(device, text);
  const error = errors[0] ?? invalid;
  if (error) return sentence(error.message);
  for (const pipeline of pipelines) {
    const wrong = await tryPipeline(device, module, pipeline, constants);
    if (wrong !== undefined && !(raised && ABOUT_LIMITS.test(wrong))) return sentence(wrong);
  }
  return undefined;
}

async function compile(
  device: GPUDevice,
  code: string,
): Promise<{ module: GPUShaderModule; errors: TintError[]; invalid: GPUError | null }> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  const info = await module.getCompilationInfo();
  const invalid = await device.popErrorScope();
  const errors = info.messages.filter(({ type }) => type === "error").map(({ message, offset }) => ({ message, offset }));
  return { module, errors, invalid };
}

async function tryPipeline(
  device: GPUDevice,
  module: GPUShaderModule,
  { entryPoint, buffers }: TintPipeline,
  constants: Record<string, number>,
): Promise<string | undefined> {
  device.pushErrorScope("validation");
  const groups = Math.max(0, ...buffers.map((buffer) => buffer.group + 1));
  const bindGroupLayouts: GPUBindGroupLayout[] = [];
  for (let group = 0; group < Math.min(groups, 16); group++) {
    const entries = buffers
      .filter((buffer) => buffer.group === group)
      .map((buffer) => ({
        binding: buffer.binding,
        visibility: 4,
        buffer: { type: buffer.kind, minBindingSize: buffer.byteLength },
      }));
    bindGroupLayouts.push(device.createBindGroupLayout({ entries }));
  }
  const layout = device.createPipelineLayout({ bindGroupLayouts });
  const layoutFault = await device.popErrorScope();
  if (layoutFault) return layoutFault.message;
  try {
    await device.createComputePipelineAsync({ layout, compute: { module, entryPoint, constants } });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Dawn's first line, or the one that it says an error is in; without the candidates of an overload and the frames of its validation. */
function sentence(message: string): string {
  const lines = message.trim().split("\n");
  const cause = /^An error occurred/.test(lines[0] ?? "") ? lines.find((line) => line.startsWith("error: "))?.slice(7) : undefined;
  const text = (cause ?? lines[0] ?? "")
    .trim()
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?\(unlabeled\)/g, "");
  return shortened(text.endsWith(".") ? text : `${text}.`);
}
