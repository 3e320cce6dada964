/** Comma-separated values with a header line; pictures are a bare matrix. A hole is an empty cell. */
import { DTYPE_BYTES } from "../plan.ts";
import { concat } from "../reduce/concat.ts";
import { elementsOf } from "../reduce/elements.ts";
import { fold } from "../reduce/fold.ts";
import { binEdge } from "../reduce/histogram.ts";
import { image, imageSize } from "../reduce/image.ts";
import { badFormat, type Chunks, needComplete, type Results } from "./results.ts";
import { encodeText, plainText } from "./text.ts";

/** Spreadsheets stop at 16,384 columns. */
const MAX_COLUMNS = 16_384;

/** Throws `bad-format` for rows of more columns than tables can hold, and where there is no place for holes. */
export function csv(results: Results): Chunks {
  const { output, plan } = results;
  switch (output.reduce.kind) {
    case "concat":
      needColumns(output.shape.reduce((product, side) => product * side, 1));
      return encodeText(unitRows(results));
    case "image":
      needColumns(imageSize(output, output.reduce, plan.units.count).width);
      return encodeText(pixelRows(results));
    case "sum":
    case "min":
    case "max":
    case "count":
      if (output.reduce.over === "units") needComplete(results, "csv", "ndjson and json");
      return encodeText(folded(results));
    case "histogram":
    case "topk":
      needComplete(results, "csv", "ndjson and json");
      return encodeText(folded(results));
    default:
      return output.reduce satisfies never;
  }
}

function needColumns(columns: number): void {
  if (columns > MAX_COLUMNS)
    throw badFormat("csv", `a row would have ${columns} columns, at most ${MAX_COLUMNS} are written; npy holds them`);
}

async function* unitRows({ output, pieces }: Results): AsyncGenerator<string> {
  const length = output.byteLength / DTYPE_BYTES[output.dtype];
  const names = Array.from({ length }, (_, i) => columnName(output.shape, i));
  yield `unit,${names.join(",")}\n`;
  const empty = ",".repeat(length);
  for await (const { unit, bytes } of concat(pieces)) {
    if (!bytes) yield `${unit}${empty}\n`;
    else {
      const elements = elementsOf(output.dtype, bytes);
      let row = String(unit);
      for (let i = 0; i < elements.length; i++) row += `,${plainText(elements.at(i))}`;
      yield `${row}\n`;
    }
  }
}

/** `value`, or `value_2_0` for the element [2][0] of an array. */
function columnName(shape: readonly number[], index: number): string {
  return shape.every((side) => side === 1) ? "value" : `value_${placeOf(shape, index).join("_")}`;
}

/** Row-major index to one index an axis. */
function placeOf(shape: readonly number[], index: number): number[] {
  const place: number[] = [];
  let rest = index;
  for (const side of shape.toReversed()) {
    place.unshift(rest % side);
    rest = Math.floor(rest / side);
  }
  return place;
}

async function* pixelRows({ plan, output, pieces }: Results): AsyncGenerator<string> {
  if (output.reduce.kind !== "image") return;
  const { width, tileWidth, tileHeight } = imageSize(output, output.reduce, plan.units.count);
  for await (const band of image(output, output.reduce, plan.units.count, pieces)) {
    const elements = elementsOf(output.dtype, band.bytes);
    for (let y = 0; y < tileHeight; y++) {
      const row: string[] = [];
      for (let x = 0; x < width; x++) row.push(band.present[Math.floor(x / tileWidth)] ? plainText(elements.at(y * width + x)) : "");
      yield `${row.join(",")}\n`;
    }
  }
}

async function* folded({ output, pieces }: Results): AsyncGenerator<string> {
  if (output.reduce.kind === "concat" || output.reduce.kind === "image") return;
  const { value, units, holes } = await fold(output, output.reduce, pieces);
  switch (value.kind) {
    case "number":
      yield "value,units,holes\n";
      yield `${plainText(value.value)},${units},${holes.reduce((total, run) => total + run.length, 0)}\n`;
      return;
    case "array":
      yield `${value.shape.map((_, axis) => `axis_${axis}`).join(",")},value\n`;
      for (const [i, element] of (value.values ?? []).entries()) yield `${placeOf(value.shape, i).join(",")},${plainText(element)}\n`;
      return;
    case "histogram": {
      const bins = value.counts.length;
      yield "from,to,count\n";
      yield `-inf,${plainText(value.range[0])},${value.below}\n`;
      for (const [bin, count] of value.counts.entries()) {
        yield `${plainText(binEdge(bin, bins, value.range))},${plainText(binEdge(bin + 1, bins, value.range))},${count}\n`;
      }
      yield `${plainText(value.range[1])},inf,${value.above}\n`;
      if (value.nan > 0) yield `NaN,NaN,${value.nan}\n`;
      return;
    }
    case "topk":
      yield "rank,value,unit,index\n";
      for (const [i, entry] of value.entries.entries()) yield `${i + 1},${plainText(entry.value)},${entry.unit},${entry.index}\n`;
      return;
    default:
      value satisfies never;
  }
}
