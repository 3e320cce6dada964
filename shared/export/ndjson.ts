/**
 * A JSON object a line. Units (and a picture's tiles): `{"unit":7,"value":[…]}` in order, and `{"hole":{"start":8,"length":2}}`
 * for a run without results. Reductions: their parts, then a line with `units` and `holes`. Numbers as in json.ts.
 */
import { elementsOf } from "../reduce/elements.ts";
import { fold } from "../reduce/fold.ts";
import { binEdge } from "../reduce/histogram.ts";
import { accountText, valueText } from "./json.ts";
import type { Chunks, Results } from "./results.ts";
import { encodeText, jsonText, nestedText } from "./text.ts";

export function ndjson(results: Results): Chunks {
  const { kind } = results.output.reduce;
  return encodeText(kind === "concat" || kind === "image" ? unitLines(results) : foldedLines(results));
}

async function* unitLines({ output, pieces }: Results): AsyncGenerator<string> {
  for await (const piece of pieces) {
    if ("hole" in piece) yield `${JSON.stringify({ hole: piece.hole })}\n`;
    else {
      const elements = elementsOf(output.dtype, piece.bytes);
      yield `{"unit":${piece.unit},"value":`;
      yield* nestedText(output.shape, (i) => jsonText(elements.at(i)));
      yield "}\n";
    }
  }
}

async function* foldedLines({ output, pieces }: Results): AsyncGenerator<string> {
  if (output.reduce.kind === "concat" || output.reduce.kind === "image") return;
  const reduced = await fold(output, output.reduce, pieces);
  const { value } = reduced;
  switch (value.kind) {
    case "number":
    case "array":
      yield `{"value":${[...valueText(value)].join("")},${accountText(reduced)}}\n`;
      return;
    case "histogram": {
      const bins = value.counts.length;
      for (const [bin, count] of value.counts.entries()) {
        yield `${JSON.stringify({ from: binEdge(bin, bins, value.range), to: binEdge(bin + 1, bins, value.range), count })}\n`;
      }
      yield `{"below":${value.below},"above":${value.above},"nan":${value.nan},${accountText(reduced)}}\n`;
      return;
    }
    case "topk":
      for (const entry of value.entries) yield `{"value":${jsonText(entry.value)},"unit":${entry.unit},"index":${entry.index}}\n`;
      yield `{${accountText(reduced)}}\n`;
      return;
    default:
      value satisfies never;
  }
}
