/** A unit's result as the few bytes of its square: what the picture of a job that is an image is made of. */
import { MAX_TILE_SIDE } from "./picture.ts";
import type { ImageReduce, JobPlan, OutputPlan } from "./plan.ts";
import { equalise } from "./ramp.ts";
import { elementsOf } from "./reduce/elements.ts";
import { unframe } from "./result.ts";

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

/** `side`: pixels to a side at most. */
export function tileShape(output: OutputPlan, image: ImageReduce | null, side = MAX_TILE_SIDE): TileShape {
  if (!image) return { width: 1, height: 1, factor: 1 };
  const [height = 1, width = 1] = output.shape;
  const factor = Math.max(Math.ceil(height / side), Math.ceil(width / side));
  return { width: Math.ceil(width / factor), height: Math.ceil(height / factor), factor };
}

/** One byte a pixel, 0 … 255 over the declared range; larger tiles are averaged down. Yields before each row the source pixels that it takes. */
export function* imageTile(plan: JobPlan, bytes: Uint8Array, side = MAX_TILE_SIDE): Generator<number, Uint8Array<ArrayBuffer>> {
  const { output, index, image } = shownOutput(plan);
  if (!image) throw new RangeError("this job is no image");
  const elements = elementsOf(output.dtype, unframe(plan, bytes)[index] as Uint8Array);
  const [height = 1, width = 1] = output.shape;
  const shape = tileShape(output, image, side);
  const tile = new Uint8Array(shape.width * shape.height);
  for (let y = 0; y < shape.height; y++) {
    yield width * shape.factor;
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
