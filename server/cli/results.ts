/** `results <job>`: streams the results to a file, which is there whole or not at all. */

import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type JobStatus, RESULT_FORMATS, type ResultFormat } from "../../shared/api.ts";
import { messageOf } from "../../shared/thrown.ts";
import { type Connection, findJob, isJobNumber, jobsNamed, send } from "./api.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { connectionAs, type VerbOptions, verb } from "./options.ts";
import { note, printJson } from "./print.ts";
import { asking, ONCE_IT_LASTS, working } from "./working.ts";

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
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw new CliError(EXIT.usage, "is-folder", `${path} is a folder.`, "Name a file in it.");
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
  out?: string[];
  format?: ResultFormat[];
  output?: string;
  partial?: boolean;
}

/** A file and what is written into it. */
export interface Target {
  out: string;
  format: ResultFormat;
}

const WHAT_THEY_HOLD = `A name means its newest job; one that was cancelled or failed is passed over, unless --partial asks for what it has.
Units come in the order of their indices, unless the output is reduced:
  sum, count  raw and npy: u64, or i64 for a sum below zero; f64 for a sum of floats
  image       raw, npy, csv and json: the picture's pixels, row by row, not unit by unit
While units are missing (--partial, or run --units) an npy is one of records: array["value"][array["final"]] are those there are.`;

export function resultsVerb(program: Command): void {
  verb(program, "results <job>", "write the results of a job, by number or name, to a file")
    .option("--out <file>", "where to; - for stdout; may be given several times", collect)
    .addOption(
      new Option(
        "--format <format>",
        `${RESULT_FORMATS.join(", ")}; default: by the file's ending, raw for .bin and none; several with commas: a file each`,
      ).argParser(formatsOf),
    )
    .option("--output <name>", "which output, default the first")
    .option("--partial", "what is final so far, holes listed; npy then has a field final beside each value")
    .addHelpText("after", `\n${WHAT_THEY_HOLD}`)
    .action(async (job: string, options: ResultsOptions) => {
      if (options.out === undefined)
        throw new CliError(
          EXIT.usage,
          "usage",
          "results writes to a file, and --out names none.",
          `Write ${invocation(`results ${job} --out answer.json`)}, or --out - for stdout.`,
        );
      const connection = connectionAs("owner", options);
      const targets = targetsOf(options.out, options.format ?? []);
      for (const { out } of targets) if (out !== "-") await needFolder(out);
      const { id } = await asking(connection, options, () => jobOf(connection, job, options.partial === true));
      const request = { output: options.output, partial: options.partial === true };
      const failed: { out: string; error: CliError }[] = [];
      for (const target of targets) {
        try {
          await writeOne(connection, id, target, request, options.json === true);
        } catch (error) {
          // What is the coordinator's or the job's own would be met by the others too.
          if (targets.length === 1 || !(error instanceof CliError) || error.exit !== EXIT.failure) throw error;
          failed.push({ out: target.out, error });
        }
      }
      for (const { out, error } of failed) note(`${out} was not written. ${error.message} ${error.body.todo}`.trim());
      if (failed.length > 0) {
        const message = `${failed.length} of ${targets.length} files could not be written.`;
        throw new CliError(EXIT.failure, "not-written", message, "Leave those formats out.");
      }
    });
}

/** A name means its newest job; of whole results, the newest that was neither cancelled nor failed, if there is one. */
async function jobOf(connection: Connection, job: string, partial: boolean): Promise<JobStatus> {
  if (partial || isJobNumber(job)) return findJob(connection, job);
  const jobs = await jobsNamed(connection, job);
  const [latest] = jobs;
  const found = jobs.find(({ state }) => state !== "cancelled" && state !== "failed") ?? latest;
  if (found !== latest)
    note(`Job ${latest.id}, the newest ${job}, is ${latest.state}: ${job} is job ${found.id} here, which is ${found.state}.`);
  return found;
}

/** Asks for one file and writes it, and tells it; one to stdout is not told. */
async function writeOne(
  connection: Connection,
  job: number,
  { out, format }: Target,
  request: Omit<ResultsRequest, "format">,
  json: boolean,
): Promise<void> {
  const ask = () => fetchResults(connection, job, { ...request, format });
  const { response, holes } = await working(`Waiting for the results as ${format}`, json, ask, ONCE_IT_LASTS);
  if (holes > 0) note(`${holes.toLocaleString("en")} ${holes === 1 ? "unit has" : "units have"} no result.`);
  if (out === "-") {
    await pipeline(Readable.fromWeb(response.body as ReadableStream), process.stdout, { end: false });
    return;
  }
  const bytes = await working(`Writing ${out}`, json, () => saveBody(response, out), ONCE_IT_LASTS);
  if (json) printJson({ job, file: out, format, bytes, holes });
  else note(`${out}: ${bytes.toLocaleString("en")} bytes, ${format}.`);
}

/**
 * The files of a call: one of several `outs` has the format of its ending or the one that is given; several formats give a file
 * each, the ending of `outs`' only one replaced by theirs (`answer.json` and csv make `answer.csv`). Throws `CliError` (usage).
 */
export function targetsOf(outs: readonly string[], formats: readonly ResultFormat[]): Target[] {
  const [only, ...others] = outs;
  const [format] = formats;
  if (only === undefined || (others.length > 0 && (formats.length > 1 || outs.includes("-"))) || (formats.length > 1 && only === "-")) {
    const todo = "Give several --out and the formats by their endings, or one --out and several formats; stdout takes one.";
    throw new CliError(EXIT.usage, "usage", "It is not said which format goes where.", todo);
  }
  if (formats.length < 2) return outs.map((out) => ({ out, format: format ?? formatOf(out) }));
  const known: readonly string[] = [...RESULT_FORMATS, "bin"];
  const stem = known.includes(extname(only).slice(1).toLowerCase()) ? only.slice(0, -extname(only).length) : only;
  return formats.map((each) => ({ out: `${stem}.${each}`, format: each }));
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function formatsOf(text: string, before: readonly ResultFormat[] = []): ResultFormat[] {
  const formats = text.split(",").map((name) => {
    const found = RESULT_FORMATS.find((format) => format === name.trim());
    if (!found) throw new InvalidArgumentError(`Formats are ${RESULT_FORMATS.join(", ")}.`);
    return found;
  });
  return [...new Set([...before, ...formats])];
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
