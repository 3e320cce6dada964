/**
 * Commands recorded in one go and submitted as one: whatever is recorded in the same turn of the event loop (several units,
 * many iterations) shares one upload, one encoder and one submit. Only two things end a submit earlier, and the rest of the turn
 * is another: uploads of more than `MAX_SUBMIT_BYTES` (of one large unit, or of values set before many iterations), and places
 * for boxes that have to be written anew (boxes.ts). Recording order is GPU order.
 */

import { type GpuClock, openClock, type Stopwatch } from "./clock.ts";
import { EngineError, ofScope } from "./engine-error.ts";
import type { Lifeline } from "./lifeline.ts";
import { MAX_SUBMIT_BYTES } from "./limits.ts";

const COPY_SRC = 4;
const COPY_DST = 8; // GPUBufferUsage, whose global Node lacks

type Command =
  | { do: "clear"; buffer: GPUBuffer; from: number; bytes: number }
  | { do: "copy"; source: GPUBuffer | "upload"; from: number; target: GPUBuffer; to: number; bytes: number }
  | ({ do: "dispatch"; owner: object } & Dispatch);

export interface Dispatch {
  pipeline: GPUComputePipeline;
  groups: readonly GPUBindGroup[];
  workgroups: [number, number, number];
  /** The one group with a dynamic offset, and that offset in bytes. */
  box?: { group: number; offset: number };
}

/** What became of one submit: GPU time by owner in microseconds, and how many dispatches each had. */
interface Outcome {
  micros: Map<object, number>;
  dispatches: Map<object, number>;
}

export class Batcher {
  private readonly device: GPUDevice;
  private readonly life: Lifeline;
  private readonly clock: GpuClock;
  private upload: GPUBuffer | undefined;
  private open:
    | {
        commands: Command[];
        uploads: Uint8Array[];
        uploadBytes: number;
        submitted: Deferred<void>;
        outcome: Deferred<Outcome>;
      }
    | undefined;

  constructor(device: GPUDevice, life: Lifeline) {
    this.device = device;
    this.life = life;
    this.clock = openClock(device);
  }

  clear(buffer: GPUBuffer, from: number, bytes: number): void {
    if (bytes > 0) this.record({ do: "clear", buffer, from, bytes });
  }

  copy(source: GPUBuffer, from: number, target: GPUBuffer, to: number, bytes: number): void {
    this.record({ do: "copy", source, from, target, to, bytes });
  }

  /** `bytes` must be a multiple of 4 and stay unchanged until the submit. */
  write(target: GPUBuffer, to: number, bytes: Uint8Array): void {
    if (this.open && this.open.uploadBytes > 0 && this.open.uploadBytes + bytes.byteLength > MAX_SUBMIT_BYTES) this.flush();
    const batch = this.current();
    this.record({ do: "copy", source: "upload", from: batch.uploadBytes, target, to, bytes: bytes.byteLength });
    batch.uploads.push(bytes);
    batch.uploadBytes += bytes.byteLength;
  }

  /** Resolves with this dispatch's share of the owner's GPU time in the submit, in microseconds. */
  async dispatch(owner: object, dispatch: Dispatch): Promise<number> {
    const batch = this.current();
    batch.commands.push({ do: "dispatch", owner, ...dispatch });
    const outcome = await batch.outcome.promise;
    return (outcome.micros.get(owner) ?? 0) / (outcome.dispatches.get(owner) ?? 1);
  }

  /** Resolves when all that is recorded so far has been given to the queue. */
  get submitted(): Promise<void> {
    return this.open ? this.open.submitted.promise : Promise.resolve();
  }

  /** Resolves when all that is recorded so far has been submitted and found valid by the GPU process. */
  get settled(): Promise<unknown> {
    return this.open ? this.open.outcome.promise : Promise.resolve();
  }

  /** Submits now what is recorded. */
  flush(): void {
    const batch = this.open;
    if (!batch) return;
    this.open = undefined;
    batch.submitted.resolve();
    if (this.life.lost) {
      batch.outcome.reject(this.life.lost);
      return;
    }
    const { device } = this;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    const upload = this.fill(batch.uploads, batch.uploadBytes);
    const encoder = device.createCommandEncoder();
    const watch = this.clock.start(ownersOf(batch.commands));
    encode(encoder, batch.commands, upload, watch);
    watch.resolve(encoder);
    device.queue.submit([encoder.finish()]);
    const scopes = [device.popErrorScope(), device.popErrorScope()];
    const micros = watch.read();
    const dispatches = ownersOf(batch.commands);
    this.life
      .hold(Promise.all([micros, ...scopes]))
      .then(([times, ...errors]) => {
        const error = errors.map(ofScope).find((found) => found !== undefined);
        if (error) throw error;
        return { micros: times, dispatches };
      })
      .then(batch.outcome.resolve, batch.outcome.reject);
  }

  destroy(): void {
    this.open?.submitted.resolve();
    this.open?.outcome.reject(new EngineError("device-lost", "The engine was closed."));
    this.open = undefined;
    this.upload?.destroy();
    this.clock.destroy();
  }

  private record(command: Command): void {
    this.current().commands.push(command);
  }

  private current(): NonNullable<Batcher["open"]> {
    if (!this.open) {
      const outcome = deferred<Outcome>();
      outcome.promise.catch(() => undefined);
      this.open = { commands: [], uploads: [], uploadBytes: 0, submitted: deferred(), outcome };
      queueMicrotask(() => this.flush());
    }
    return this.open;
  }

  /** All uploads in one buffer; the queue orders this write after the submits that still read the last one's. */
  private fill(uploads: readonly Uint8Array[], bytes: number): GPUBuffer | undefined {
    if (bytes === 0) return undefined;
    if (!this.upload || this.upload.size < bytes) {
      this.upload?.destroy();
      const size = Math.max(4096, 2 ** Math.ceil(Math.log2(bytes)));
      this.upload = this.device.createBuffer({ size, usage: COPY_SRC | COPY_DST, label: "upload" });
    }
    const joined = new Uint8Array(bytes);
    let at = 0;
    for (const part of uploads) {
      joined.set(part, at);
      at += part.byteLength;
    }
    this.device.queue.writeBuffer(this.upload, 0, joined);
    return this.upload;
  }
}

function ownersOf(commands: readonly Command[]): Map<object, number> {
  const owners = new Map<object, number>();
  for (const command of commands) if (command.do === "dispatch") owners.set(command.owner, (owners.get(command.owner) ?? 0) + 1);
  return owners;
}

/** Dispatches without a copy between them share a compute pass; an owner's first and last pass carry the time stamps. */
function encode(encoder: GPUCommandEncoder, commands: readonly Command[], upload: GPUBuffer | undefined, watch: Stopwatch): void {
  for (let i = 0; i < commands.length; ) {
    const command = commands[i] as Command;
    if (command.do === "dispatch") {
      let end = i;
      let last = commands[end];
      while (last?.do === "dispatch" && last.owner === command.owner) last = commands[++end];
      const pass = encoder.beginComputePass({ timestampWrites: watch.stamps(command.owner, end - i) });
      let before: Dispatch | undefined;
      for (; i < end; i++) {
        const dispatch = commands[i] as Extract<Command, { do: "dispatch" }>;
        encodeDispatch(pass, dispatch, before);
        before = dispatch;
      }
      pass.end();
      continue;
    }
    if (command.do === "clear") encoder.clearBuffer(command.buffer, command.from, command.bytes);
    else {
      const source = command.source === "upload" ? (upload as GPUBuffer) : command.source;
      encoder.copyBufferToBuffer(source, command.from, command.target, command.to, command.bytes);
    }
    i++;
  }
}

/** Sets only what differs from the dispatch `before` it in the same pass: the slices of one dispatch differ in their box alone. */
function encodeDispatch(pass: GPUComputePassEncoder, { pipeline, groups, workgroups, box }: Dispatch, before: Dispatch | undefined): void {
  if (pipeline !== before?.pipeline) pass.setPipeline(pipeline);
  groups.forEach((group, index) => {
    if (index === box?.group) pass.setBindGroup(index, group, [box.offset]);
    else if (group !== before?.groups[index]) pass.setBindGroup(index, group);
  });
  pass.dispatchWorkgroups(...workgroups);
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
