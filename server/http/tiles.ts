/** A unit's result as the few bytes of its square in the picture. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { MAX_TILE_SIDE } from "../../shared/picture.ts";
import type { ImageReduce, JobPlan, OutputPlan } from "../../shared/plan.ts";
import { equalise } from "../../shared/ramp.ts";
import { elementsOf } from "../../shared/reduce/elements.ts";
import { unframe } from "../../shared/result.ts";

/** Pixels that are averaged in one go: the event loop gets its turn between. */
const SLICE_PIXELS = 65_536;

export interface TileShape {
  width: number;
  height: number;
  /** Source pixels to a side of one tile pixel. */
  factor: number;
}

/** The output that the picture shows: the first image, else the first output. */
export function shownOutput(plan: JobPlan): { output: OutputPlan; index: number; image: ImageReduce | null } {
  const found = plan.outputs.findIndex((output) => output.reduce.kind === "image");
  const index = Math.max(0, found);
  const output = plan.outputs[index];
  if (!output) throw new RangeError("the plan has no output");
  return { output, index, image: output.reduce.kind === "image" ? output.reduce : null };
}

export function tileShape(output: OutputPlan, image: ImageReduce | null): TileShape {
  if (!image) return { width: 1, height: 1, factor: 1 };
  const [height = 1, width = 1] = output.shape;
  const factor = Math.max(Math.ceil(height / MAX_TILE_SIDE), Math.ceil(width / MAX_TILE_SIDE));
  return { width: Math.ceil(width / factor), height: Math.ceil(height / factor), factor };
}

/** One byte a pixel, 0 … 255 over the declared range; larger tiles are averaged down. */
export async function imageTile(plan: JobPlan, bytes: Uint8Array): Promise<Uint8Array> {
  const { output, index, image } = shownOutput(plan);
  if (!image) throw new RangeError("this job is no image");
  const elements = elementsOf(output.dtype, unframe(plan, bytes)[index] as Uint8Array);
  const [height = 1, width = 1] = output.shape;
  const shape = tileShape(output, image);
  const tile = new Uint8Array(shape.width * shape.height);
  let pixels = 0;
  for (let y = 0; y < shape.height; y++) {
    pixels += width * shape.factor;
    if (pixels > SLICE_PIXELS) {
      await nextTurn();
      pixels = 0;
    }
    for (let x = 0; x < shape.width; x++) {
      let sum = 0;
      let count = 0;
      for (let v = y * shape.factor; v < Math.min(height, (y + 1) * shape.factor); v++)
        for (let u = x * shape.factor; u < Math.min(width, (x + 1) * shape.factor); u++, count++) sum += Number(elements.at(v * width + u));
      tile[y * shape.width + x] = equalise(sum / count, image.range, image.scale);
    }
  }
  return tile;
}

/** What a unit of a job that is no image comes to: its part of the sum, else its first value. NaN counts as 0. */
export function shownValue(plan: JobPlan, bytes: Uint8Array): number {
  const { output, index } = shownOutput(plan);
  const elements = elementsOf(output.dtype, unframe(plan, bytes)[index] as Uint8Array);
  // A tone needs no more of a sum than can be added in one go.
  const many = output.reduce.kind === "sum" && output.reduce.over === "all" ? Math.min(elements.length, SLICE_PIXELS) : 1;
  let value = 0;
  for (let at = 0; at < many; at++) value += Number(elements.at(at));
  return Number.isFinite(value) ? value : 0;
}
