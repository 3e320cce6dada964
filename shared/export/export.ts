/** A job's results as a file: reads final units in order, reduces as the job says, and writes the owner's format. */
import type { ResultFormat } from "../api.ts";
import { counted } from "../counted.ts";
import { IdlewaveError } from "../errors.ts";
import type { JobPlan } from "../plan.ts";
import { pieces, type SourceUnit } from "../reduce/pieces.ts";
import { csv } from "./csv.ts";
import { json } from "./json.ts";
import { ndjson } from "./ndjson.ts";
import { npy } from "./npy.ts";
import { png } from "./png.ts";
import { raw } from "./raw.ts";
import { badFormat, type Chunks, type Results, type ResultsMeta } from "./results.ts";

interface ExportedResults {
  mime: string;
  /** Without the dot. */
  extension: string;
  /** Streamed where format and reduction allow; an error while reading ends it. */
  chunks: AsyncIterable<Uint8Array>;
}

const WRITERS: Record<ResultFormat, { mime: string; write: (results: Results) => Chunks }> = {
  raw: { mime: "application/octet-stream", write: raw },
  npy: { mime: "application/octet-stream", write: npy },
  csv: { mime: "text/csv; charset=utf-8", write: csv },
  ndjson: { mime: "application/x-ndjson", write: ndjson },
  png: { mime: "image/png", write: png },
  json: { mime: "application/json", write: json },
};

/**
 * The results of one output (default: the first) in `format`. `source` yields each unit's framed result bytes, ascending;
 * null, or a unit left out, is a hole. Throws `no-output` for an unknown one and `bad-format`, with why, for a format
 * that cannot hold these results, before anything is read.
 */
export function exportResults(
  plan: JobPlan,
  output: string | undefined,
  format: ResultFormat,
  source: AsyncIterable<SourceUnit>,
  meta: ResultsMeta,
): ExportedResults {
  const index = output === undefined ? 0 : plan.outputs.findIndex(({ name }) => name === output);
  const chosen = plan.outputs[index];
  if (!chosen) throw new IdlewaveError("no-output", { output: output ?? "", outputs: plan.outputs.map(({ name }) => name).join(", ") });
  const { mime, write } = WRITERS[format];
  const chunks = write({ plan, output: chosen, pieces: pieces(plan, index, source), meta });
  return { mime, extension: format === "raw" ? "bin" : format, chunks };
}

/** Missing units that are written one by one at most. */
export const MAX_WRITTEN_HOLES = 10_000_000;
/** What is written for missing units at most, as large as results would be there. */
export const MAX_HOLE_BYTES = 4 * 1024 ** 3;
const WRITES_EACH_HOLE: ReadonlySet<ResultFormat> = new Set(["csv", "json", "npy"]);

/** Throws `bad-format` when `format` would have something to write for each of too many missing units. */
export function needFewHoles(plan: JobPlan, output: string | undefined, format: ResultFormat, holes: number): void {
  const chosen = plan.outputs.find(({ name }) => name === output) ?? plan.outputs[0];
  const kind = chosen?.reduce.kind;
  if ((kind !== "concat" && kind !== "image") || !WRITES_EACH_HOLE.has(format)) return;
  const filled = format === "json" && kind === "concat" ? 0 : (chosen?.byteLength ?? 0);
  const most = Math.min(MAX_WRITTEN_HOLES, Math.floor(MAX_HOLE_BYTES / Math.max(1, filled)));
  if (holes <= most) return;
  const each = filled === 0 ? "" : `, ${counted(filled, "byte")} where a result would be`;
  const why = `${counted(holes, "unit")} are missing and something is written for each${each}, for at most ${most} of them; ndjson lists missing units in runs`;
  throw badFormat(format, why);
}

export type { ResultsMeta, SourceUnit };
