/**
 * One JSON object: job, name, output, dtype, shape, reduce, value, units, holes. Elements of u64 and i64 and exact sums and
 * counts are decimal strings whatever their size, all other integers numbers; NaN and infinities are strings. A hole in concatenated units or in a picture is null; `holes` lists the runs.
 */
import type { UnitRun } from "../ids.ts";
import { elementsOf } from "../reduce/elements.ts";
import { fold } from "../reduce/fold.ts";
import { image, imageSize } from "../reduce/image.ts";
import type { Piece } from "../reduce/pieces.ts";
import type { Reduced, ReducedValue, Seen } from "../reduce/reduced.ts";
import type { Chunks, Results } from "./results.ts";
import { encodeText, jsonText, nestedText } from "./text.ts";

export function json(results: Results): Chunks {
  return encodeText(text(results));
}

async function* text(results: Results): AsyncGenerator<string> {
  const { output, pieces, meta } = results;
  const head = { job: meta.job, name: meta.name, output: output.name, dtype: output.dtype, shape: output.shape, reduce: output.reduce };
  yield `${JSON.stringify(head).slice(0, -1)},"value":`;
  let seen: Seen = { units: 0, holes: [] };
  if (output.reduce.kind === "concat") yield* unitList(results, seen);
  else if (output.reduce.kind === "image") yield* pixelList(results, seen);
  else {
    const reduced = await fold(output, output.reduce, pieces);
    seen = reduced;
    yield* valueText(reduced.value);
  }
  yield `,${accountText(seen)}}\n`;
}

/** `"units":n,"holes":[{start,length}…]`. */
export function accountText({ units, holes }: Pick<Reduced, "units" | "holes">): string {
  return `"units":${units},"holes":${JSON.stringify(holes)}`;
}

async function* unitList({ output, pieces }: Results, seen: Seen): AsyncGenerator<string> {
  let separator = "[";
  for await (const piece of pieces) {
    if ("hole" in piece) {
      seen.holes.push(piece.hole);
      for (const part of nulls(piece.hole)) {
        yield separator + part;
        separator = ",";
      }
      continue;
    }
    seen.units++;
    yield separator;
    separator = ",";
    const elements = elementsOf(output.dtype, piece.bytes);
    yield* nestedText(output.shape, (i) => jsonText(elements.at(i)));
  }
  yield "]";
}

function* nulls(run: UnitRun): Generator<string> {
  for (let i = 0; i < run.length; i++) yield "null";
}

async function* pixelList({ plan, output, pieces }: Results, seen: Seen): AsyncGenerator<string> {
  if (output.reduce.kind !== "image") return;
  const { width, tileWidth, tileHeight } = imageSize(output, output.reduce, plan.units.count);
  let separator = "[";
  for await (const band of image(output, output.reduce, plan.units.count, counted(pieces, seen))) {
    const elements = elementsOf(output.dtype, band.bytes);
    for (let y = 0; y < tileHeight; y++) {
      const row: string[] = [];
      for (let x = 0; x < width; x++) row.push(band.present[Math.floor(x / tileWidth)] ? jsonText(elements.at(y * width + x)) : "null");
      yield `${separator}[${row.join(",")}]`;
      separator = ",";
    }
  }
  yield "]";
}

async function* counted(pieces: AsyncIterable<Piece>, seen: Seen): AsyncGenerator<Piece> {
  for await (const piece of pieces) {
    if ("hole" in piece) seen.holes.push(piece.hole);
    else seen.units++;
    yield piece;
  }
}

/** A reduction's value as JSON. */
export function* valueText(value: ReducedValue): Generator<string> {
  switch (value.kind) {
    case "number":
      yield jsonText(value.value);
      return;
    case "array": {
      const { values } = value;
      if (values === null) yield "null";
      else yield* nestedText(value.shape, (i) => jsonText(values[i] ?? null));
      return;
    }
    case "histogram":
      yield JSON.stringify({ range: value.range, counts: value.counts, below: value.below, above: value.above, nan: value.nan });
      return;
    case "topk":
      yield `[${value.entries.map(({ value: top, unit, index }) => `{"value":${jsonText(top)},"unit":${unit},"index":${index}}`).join(",")}]`;
      return;
    default:
      value satisfies never;
  }
}
