/** The bytes alone: units one after another, the picture's pixels, or the reduction's value, little-endian. */
import { fold } from "../reduce/fold.ts";
import { image } from "../reduce/image.ts";
import { binaryOf } from "./binary.ts";
import { type Chunks, needComplete, type Results } from "./results.ts";

/** Throws `bad-format` when units are missing: bytes alone cannot say which. */
export function raw(results: Results): Chunks {
  needComplete(results, "raw", "npy, csv, ndjson and json");
  return bytes(results);
}

async function* bytes({ plan, output, pieces }: Results): Chunks {
  const { reduce } = output;
  if (reduce.kind === "image") {
    for await (const band of image(output, reduce, plan.units.count, pieces)) yield band.bytes;
  } else if (reduce.kind === "concat") {
    for await (const piece of pieces) {
      if ("hole" in piece) throw new RangeError(`unit ${piece.hole.start} is missing from complete results`);
      yield piece.bytes;
    }
  } else {
    const { value } = await fold(output, reduce, pieces);
    yield binaryOf(value, "raw").bytes;
  }
}
