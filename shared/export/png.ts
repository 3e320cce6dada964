/** The picture in the sea ramp, ink on paper. Missing tiles are transparent. */
import { encode } from "fast-png";
import { equalise, RAMPS, rampColour } from "../ramp.ts";
import { elementsOf } from "../reduce/elements.ts";
import { image, imageSize } from "../reduce/image.ts";
import { badFormat, type Chunks, type Results } from "./results.ts";

/** The whole picture is held to be compressed: 4 bytes a pixel. */
const MAX_PIXELS = 1 << 26;

/** Throws `bad-format` when the output is no picture or has too many pixels. */
export function png(results: Results): Chunks {
  const { output, plan } = results;
  if (output.reduce.kind !== "image") throw badFormat("png", `output ${output.name} is reduced by ${output.reduce.kind}, not image`);
  const { width, height } = imageSize(output, output.reduce, plan.units.count);
  if (width * height > MAX_PIXELS) throw badFormat("png", `${width} x ${height} pixels are more than ${MAX_PIXELS}; npy holds them`);
  return chunks(results);
}

async function* chunks({ plan, output, pieces, meta }: Results): Chunks {
  const { reduce } = output;
  if (reduce.kind !== "image") return;
  const { width, height, tileWidth } = imageSize(output, reduce, plan.units.count);
  const data = new Uint8Array(width * height * 4);
  for await (const band of image(output, reduce, plan.units.count, pieces)) {
    const elements = elementsOf(output.dtype, band.bytes);
    for (let i = 0; i < elements.length; i++) {
      if (!band.present[Math.floor((i % width) / tileWidth)]) continue;
      const step = equalise(Number(elements.at(i)), reduce.range, reduce.scale);
      data.set([...rampColour(RAMPS.seaLight, step), 255], 4 * (band.y * width + i));
    }
  }
  yield encode({ width, height, data, depth: 8, channels: 4, text: { Title: meta.name, Software: "Idlewave" } });
}
