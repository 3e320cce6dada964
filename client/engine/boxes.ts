/**
 * Which box of workgroups a dispatch runs, for the kernel to read: one uniform buffer of places, each written once and bound by
 * a dynamic offset, so that a box costs no bind group of its own. When all places are taken they are written anew from the first.
 */
import { SLICE_BYTES } from "../../shared/plan.ts";
import { MAX_SUBMIT_DISPATCHES } from "./limits.ts";
import type { WorkgroupBox } from "./seam.ts";

/** WebGPU's default `minUniformBufferOffsetAlignment`, which every device takes. */
const PLACE_BYTES = 256;
/** Room for the boxes of one submit, in 256 KiB: a unit's come back with the next unit, and most units have fewer. */
const PLACES = MAX_SUBMIT_DISPATCHES;

const COPY_DST = 8;
const UNIFORM = 64;

export class BoxPlaces {
  readonly buffer: GPUBuffer;
  private readonly device: GPUDevice;
  private readonly flush: () => void;
  private readonly taken = new Map<string, number>();

  /** `flush` submits what is recorded: it reads the places that are written next. */
  constructor(device: GPUDevice, flush: () => void) {
    this.device = device;
    this.flush = flush;
    this.buffer = device.createBuffer({ size: PLACES * PLACE_BYTES, usage: UNIFORM | COPY_DST, label: "boxes" });
  }

  /** Byte offset of the place that holds a box beginning at `from` in a dispatch of `workgroups`. */
  offsetOf(from: WorkgroupBox["from"], workgroups: readonly [number, number, number]): number {
    const key = `${from} ${workgroups}`;
    let place = this.taken.get(key);
    if (place === undefined) {
      if (this.taken.size === PLACES) {
        this.flush();
        this.taken.clear();
      }
      place = this.taken.size;
      this.taken.set(key, place);
      // The queue orders this write after the submits that read the place's last content.
      this.device.queue.writeBuffer(this.buffer, place * PLACE_BYTES, new Uint32Array([...from, 0, ...workgroups, 0]), 0, SLICE_BYTES / 4);
    }
    return place * PLACE_BYTES;
  }

  destroy(): void {
    this.buffer.destroy();
  }
}
