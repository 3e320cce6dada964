/** In the browser's worker: the same kernel without anything of ours, as fast as a plain loop of WebGPU makes it. */
import type { Rate } from "../../../client/bench/measure.ts";
import { KERNEL, WORDS, type Work } from "./kernel.ts";

const BYTES = 4 * WORDS;
/** Units in flight: more gained nothing in any trial. */
const DEPTH = 4;

export interface Bare {
  device: GPUDevice;
  pipeline: GPUComputePipeline;
}

/** A device of its own with the kernel compiled. */
export async function openBare(): Promise<Bare> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("there is no adapter");
  const device = await adapter.requestDevice();
  const module = device.createShaderModule({ code: KERNEL });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint: "main" } });
  return { device, pipeline };
}

/** Computes and reads back units for so many seconds, at least `least` of them. */
export async function loop({ device, pipeline }: Bare, { workgroups, rounds }: Work, seconds: number, least: number): Promise<Rate> {
  const lanes = Array.from({ length: DEPTH }, () => {
    const work = device.createBuffer({ size: 8, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    const words = device.createBuffer({ size: BYTES, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
    const staging = device.createBuffer({ size: BYTES, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const layout = pipeline.getBindGroupLayout(0);
    const entries = [work, words].map((buffer, binding) => ({ binding, resource: { buffer } }));
    return { work, words, staging, group: device.createBindGroup({ layout, entries }) };
  });
  let next = 0;
  let units = 0;
  const begin = performance.now();
  const end = begin + 1000 * seconds;
  await Promise.all(
    lanes.map(async ({ work, words, staging, group }) => {
      while (performance.now() < end || next < least) {
        device.queue.writeBuffer(work, 0, new Uint32Array([next++, rounds]));
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...workgroups);
        pass.end();
        encoder.copyBufferToBuffer(words, 0, staging, 0, BYTES);
        device.queue.submit([encoder.finish()]);
        await staging.mapAsync(GPUMapMode.READ);
        new Uint8Array(staging.getMappedRange()).slice();
        staging.unmap();
        units++;
      }
    }),
  );
  const rate = { units, seconds: (performance.now() - begin) / 1000 };
  for (const { work, words, staging } of lanes) for (const buffer of [work, words, staging]) buffer.destroy();
  return rate;
}
