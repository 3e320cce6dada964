/** GPU buffers by unit, used again and again: the buffers behind the bindings, and the mappable ones results are read from. */

import type { Mapping } from "../../shared/mapping.ts";
import { type JobPlan, SLICE_BYTES } from "../../shared/plan.ts";
import type { Contents } from "./contents.ts";
import { type EngineError, ofScope } from "./engine-error.ts";
import type { PassPipeline } from "./pipelines.ts";

const MAP_READ = 1;
const COPY_SRC = 4;
const COPY_DST = 8;
const UNIFORM = 64;
const STORAGE = 128;

/** The buffers of one unit in flight; bind groups are made once for each pass and mapping. */
export interface BufferSet {
  physical: GPUBuffer[];
  groups: Map<string, GPUBindGroup[]>;
  /** Resolves with what went wrong when the buffers were made, or undefined. */
  made: Promise<EngineError | undefined>;
}

export class BufferStock {
  private readonly device: GPUDevice;
  private readonly plan: JobPlan;
  private readonly contents: readonly Contents[];
  private readonly constants = new Map<number, GPUBuffer>();
  private readonly templates = new Map<number, GPUBuffer>();
  private readonly free: BufferSet[] = [];
  private readonly dropped = new WeakSet<BufferSet>();
  private readonly all = new Set<GPUBuffer>();
  private readonly stagings: GPUBuffer[] = [];

  constructor(device: GPUDevice, plan: JobPlan, contents: readonly Contents[]) {
    this.device = device;
    this.plan = plan;
    this.contents = contents;
  }

  /** Makes a constant buffer, shared by all units. */
  addConstant(index: number, bytes: Uint8Array<ArrayBuffer>): void {
    const buffer = this.make(index);
    this.device.queue.writeBuffer(buffer, 0, bytes);
    this.constants.set(index, buffer);
  }

  /** Keeps the bytes that `init` gives on the GPU; they are copied for each unit, zeros after them. */
  addTemplate(index: number, bytes: Uint8Array): void {
    const size = (this.plan.buffers[index] as JobPlan["buffers"][number]).byteLength;
    const buffer = this.device.createBuffer({ size, usage: COPY_SRC | COPY_DST });
    this.all.add(buffer);
    const words = bytes.byteLength & ~3;
    this.device.queue.writeBuffer(buffer, 0, new Uint8Array(bytes.subarray(0, words)));
    if (words < bytes.byteLength) {
      const rest = new Uint8Array(4);
      rest.set(bytes.subarray(words));
      this.device.queue.writeBuffer(buffer, words, rest);
    }
    this.templates.set(index, buffer);
  }

  template(index: number): GPUBuffer | undefined {
    return this.templates.get(index);
  }

  take(): BufferSet {
    const set = this.free.pop();
    if (set) return set;
    this.device.pushErrorScope("out-of-memory");
    this.device.pushErrorScope("validation");
    const physical = this.contents.map((_, index) => this.constants.get(index) ?? this.make(index));
    const scopes = Promise.all([this.device.popErrorScope(), this.device.popErrorScope()]);
    const made = scopes.then((errors) => errors.map(ofScope).find((error) => error !== undefined));
    const fresh: BufferSet = { physical, groups: new Map(), made };
    made.then(
      (error) => error && this.drop(fresh),
      () => undefined,
    );
    return fresh;
  }

  give(set: BufferSet): void {
    if (!this.dropped.has(set)) this.free.push(set);
  }

  /** `boxes`: the buffer that the kernel reads its box of workgroups from. */
  bindGroups(set: BufferSet, pass: number, pipeline: PassPipeline, mapping: Mapping, key: string, boxes: GPUBuffer): GPUBindGroup[] {
    const name = `${pass}:${key}`;
    let groups = set.groups.get(name);
    if (!groups) {
      groups = pipeline.groups.map(({ layout, buffers, box }) => {
        const entries = buffers.map(
          (index): GPUBindGroupEntry => ({
            binding: (this.plan.buffers[index] as JobPlan["buffers"][number]).binding,
            resource: { buffer: set.physical[mapping[index] as number] as GPUBuffer },
          }),
        );
        if (box !== undefined) entries.push({ binding: box, resource: { buffer: boxes, size: SLICE_BYTES } });
        return this.device.createBindGroup({ layout, entries });
      });
      set.groups.set(name, groups);
    }
    return groups;
  }

  takeStaging(size: number): GPUBuffer {
    const staging = this.stagings.pop();
    if (staging) return staging;
    const made = this.device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    this.all.add(made);
    return made;
  }

  /** It must be unmapped. */
  giveStaging(staging: GPUBuffer): void {
    this.stagings.push(staging);
  }

  destroy(): void {
    for (const buffer of this.all) buffer.destroy();
    this.all.clear();
    this.free.length = 0;
    this.stagings.length = 0;
  }

  /** A set that could not be made serves nobody. */
  private drop(set: BufferSet): void {
    this.dropped.add(set);
    const at = this.free.indexOf(set);
    if (at >= 0) this.free.splice(at, 1);
    const constants = new Set(this.constants.values());
    for (const buffer of set.physical) {
      if (constants.has(buffer)) continue;
      buffer.destroy();
      this.all.delete(buffer);
    }
  }

  private make(index: number): GPUBuffer {
    const plan = this.plan.buffers[index] as JobPlan["buffers"][number];
    const role = plan.kind === "uniform" ? UNIFORM : STORAGE;
    const buffer = this.device.createBuffer({ size: plan.byteLength, usage: role | COPY_SRC | COPY_DST, label: plan.name });
    this.all.add(buffer);
    return buffer;
  }
}
