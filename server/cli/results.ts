/** `results <job>`: streams the results to a file, which is there whole or not at all. */

import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { type Command, Option } from "commander";
import { RESULT_FORMATS, type ResultFormat } from "../../shared/api.ts";
import { messageOf } from "../../shared/thrown.ts";
import { type Connection, findJob, send } from "./api.ts";
import { CliError, EXIT } from "./exit.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note, printJson } from "./print.ts";

interface ResultsRequest {
  format: ResultFormat;
  /** Name of the output; undefined: the first. */
  output: string | undefined;
  /** Also while units are missing. */
  partial: boolean;
}

/** Asks for results; the body is to be read. `holes`: units without a result. */
export async function fetchResults(
  connection: Connection,
  job: number,
  request: ResultsRequest,
): Promise<{ response: Response; holes: number }> {
  const query = new URLSearchParams({ format: request.format });
  if (request.output !== undefined) query.set("output", request.output);
  if (request.partial) query.set("partial", "1");
  const response = await send(connection, `/api/jobs/${job}/results?${query}`);
  return { response, holes: Number(response.headers.get("idlewave-holes") ?? 0) };
}

/** Writes a response's body beside `path` and renames it when it is whole. Resolves with its length in bytes. */
export async function saveBody(response: Response, path: string): Promise<number> {
  if (!response.body) throw new CliError(EXIT.failure, "bad-answer", "The coordinator sent no results.", "");
  const part = `${path}.part`;
  const file = createWriteStream(part);
  try {
    await pipeline(Readable.fromWeb(response.body as ReadableStream), file);
  } catch (error) {
    await rm(part, { force: true });
    throw new CliError(EXIT.failure, "broken-off", `The results broke off: ${messageOf(error)}.`, "Try again.");
  }
  await rename(part, path);
  return file.bytesWritten;
}

interface ResultsOptions extends VerbOptions {
  out: string;
  format?: ResultFormat;
  output?: string;
  partial?: boolean;
}

const WHAT_THEY_HOLD = `Units come in the order of their indices, unless the output is reduced:
  sum, count  raw and npy: u64, or i64 for a sum below zero; f64 for a sum of floats
  image       raw, npy, csv and json: the picture's pixels, row by row, not unit by unit`;

export function resultsVerb(program: Command): void {
  verb(program, "results <job>", "write the results of a job, by number or name, to a file")
    .requiredOption("--out <file>", "where to; - for stdout")
    .addOption(new Option("--format <format>", "default: by the file's ending; raw for .bin and none").choices(RESULT_FORMATS))
    .option("--output <name>", "which output, default the first")
    .option("--partial", "what is final so far, holes listed")
    .addHelpText("after", `\n${WHAT_THEY_HOLD}`)
    .action(async (job: string, options: ResultsOptions) => {
      const connection = connectionOf(options);
      const format = options.format ?? formatOf(options.out);
      if (options.out !== "-") await needFolder(options.out);
      const { id } = await findJob(connection, job);
      const { response, holes } = await fetchResults(connection, id, { format, output: options.output, partial: options.partial === true });
      if (holes > 0) note(`${holes.toLocaleString("en")} ${holes === 1 ? "unit has" : "units have"} no result.`);
      if (options.out === "-") {
        await pipeline(Readable.fromWeb(response.body as ReadableStream), process.stdout, { end: false });
        return;
      }
      const bytes = await saveBody(response, options.out);
      if (options.json) printJson({ job: id, file: options.out, format, bytes, holes });
      else note(`${options.out}: ${bytes.toLocaleString("en")} bytes, ${format}.`);
    });
}

/** Throws `CliError` (usage) when the folder that `path` is to lie in is none. */
export async function needFolder(path: string): Promise<void> {
  const folder = dirname(path);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new CliError(EXIT.usage, "no-folder", `There is no folder ${folder}.`, "Make it first, or choose another --out.");
}

/** Throws `CliError` (usage) on an ending that is no format's: raw bytes under a name that promises more would mislead. */
export function formatOf(path: string): ResultFormat {
  const ending = extname(path).slice(1).toLowerCase();
  if (ending === "" || ending === "bin") return "raw";
  const found = RESULT_FORMATS.find((format) => format === ending);
  if (found) return found;
  const todo = `Known are ${RESULT_FORMATS.map((format) => `.${format}`).join(", ")}; for another name add --format.`;
  throw new CliError(EXIT.usage, "bad-format", `--out ${path} ends in .${ending}, which is no format of results.`, todo);
}
