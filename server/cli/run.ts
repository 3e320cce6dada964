/** `run <dir>`: a job package on this machine's GPU, without a coordinator: the same admission, expansion, engine and reduction. */

import { writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Command, Option } from "commander";
import { RESULT_FORMATS, type ResultFormat } from "../../shared/api.ts";
import { concatBytes } from "../../shared/bytes.ts";
import { priceWords } from "../../shared/checker.ts";
import { compareResults, isTolerant } from "../../shared/comparator.ts";
import { counted } from "../../shared/counted.ts";
import { exportResults, needFewHoles, type SourceUnit } from "../../shared/export/export.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { type ProgressBar, progressBar } from "./bar.ts";
import { admitFolder } from "./check.ts";
import { CliError, EXIT } from "./exit.ts";
import { sifted, type Unfit, unfitWords } from "./finite.ts";
import { failureOf, openGpu } from "./gpu.ts";
import { type OfflineOptions, offlineVerb } from "./options.ts";
import { note, print, printJson } from "./print.ts";
import { formatOf, needFolder } from "./results.ts";
import { onGpu } from "./software.ts";
import { measured, plainSpread, spreadsOf, spreadWords } from "./spread.ts";
import { tooLongWords, unitTimeWords } from "./unit-time.ts";
import { ONCE_IT_LASTS, working } from "./working.ts";

/** So much of an answer is printed. */
const MAX_PRINTED_CHARACTERS = 2_000;
/** Units that are computed once more, to see whether they give the same bytes. */
const UNITS_TWICE = 2;

interface RunOptions extends OfflineOptions {
  units?: string;
  out?: string;
  format?: ResultFormat;
  output?: string;
  gpu?: string;
  software?: boolean;
}

export function runVerb(program: Command): void {
  offlineVerb(program, "run <dir>", "run the job package in <dir> on this machine's GPU, without a coordinator")
    .option("--units <a-b>", "only these units, one run, as in 0-3 or 7")
    .option("--out <file>", "write the results to this file; - for stdout")
    .addOption(new Option("--format <format>", "default: by the file's ending").choices(RESULT_FORMATS))
    .option("--output <name>", "which output, default the first")
    .option("--gpu <name>", "part of the name of the GPU to use")
    .option("--software", "compute on the processor, with Chromium's software driver: slow, and the same bytes")
    .action(async (dir: string, options: RunOptions) => {
      await onGpu(options.software === true, () => run(dir, options));
    });
}

async function run(dir: string, options: RunOptions): Promise<void> {
  const format = await formatFor(options);
  const { admitted, files } = await working(`Judging ${dir}`, options.json, () => admitFolder(dir));
  const { manifest, plan, warnings } = admitted;
  if (!options.json) for (const warning of warnings) note(warning);
  const range = rangeOf(options.units, plan.units.count);
  const units = range.to - range.from;
  const holes = plan.units.count - units;
  const open = () => Promise.all([openGpu(options.gpu), import("./compute.ts")]);
  const [adapter, { computeUnits }] = await working("Opening the GPU", options.json, open, ONCE_IT_LASTS);
  let bar: ProgressBar | undefined;
  let done = 0;
  let micros = 0;
  const judgement = { units: 0, micros: 0, refused: [] as number[] };
  const first: SourceUnit[] = [];
  const spreads = spreadsOf(plan);
  const computed = keepFirst(
    computeUnits(adapter, admitted, files, range, {
      async compiling(work) {
        const compiled = await working("Compiling the kernel", options.json, work, ONCE_IT_LASTS);
        bar = progressBar(manifest.name, units, "units");
        return compiled;
      },
      unit(unitMicros) {
        micros += unitMicros;
        bar?.update(++done);
      },
      judged(unit, isAccepted, unitMicros) {
        judgement.units++;
        judgement.micros += unitMicros;
        if (!isAccepted) judgement.refused.push(unit);
      },
    }),
    first,
  );
  const unfit: Unfit[] = [];
  const results = sifted(plan, unfit, measured(plan, spreads, computed));
  const parts: Uint8Array[] = [];
  try {
    needFewHoles(plan, options.output, format, holes);
    const meta = { job: 0, name: manifest.name, complete: holes === 0 };
    for await (const part of exportResults(plan, options.output, format, results, meta).chunks) parts.push(part);
  } catch (error) {
    throw failureOf(error, manifest.name, adapter, admitted);
  } finally {
    bar?.stop();
  }
  const bytes = concatBytes(parts);
  if (options.out === "-") await pipeline(Readable.from([bytes]), process.stdout, { end: false });
  else if (options.out !== undefined) await writeFile(options.out, bytes);
  const gpuMillisPerUnit = micros / 1000 / units;
  const again = { from: range.from, to: range.from + first.length };
  const differ = await differing(
    plan,
    first,
    computeUnits(adapter, admitted, files, again, { compiling: (work) => work(), unit: () => undefined }),
  ).catch((error: unknown) => {
    throw failureOf(error, manifest.name, adapter, admitted);
  });
  // What is refused is like nothing, whether or not it differs.
  const unstable = differ.filter((unit) => !unfit.some(({ units }) => units.includes(unit)));
  const isUnsound = unstable.length + unfit.length + judgement.refused.length > 0;
  const checkerPrice = judgement.units === 0 ? undefined : judgement.micros / judgement.units / Math.max(1, micros / units);
  if (options.json && options.out !== "-") {
    const file = options.out === undefined ? {} : { file: options.out, format, bytes: bytes.byteLength };
    const result = options.out === undefined ? { result: JSON.parse(new TextDecoder().decode(bytes)) as unknown } : {};
    printJson({
      name: manifest.name,
      units,
      gpu: adapter.name,
      software: adapter.host.software,
      gpuMillisPerUnit,
      unstable,
      ...(unfit.length > 0 ? { notFinite: unfit } : {}),
      ...(checkerPrice === undefined ? {} : { checker: { judged: judgement.units, refused: judgement.refused, price: checkerPrice } }),
      warnings,
      ...(spreads.length > 0 ? { spreads: spreads.map(plainSpread) } : {}),
      ...file,
      ...result,
    });
    if (isUnsound) throw new CliError(EXIT.differs, "unstable", "", "");
    return;
  }
  const where = adapter.host.software ? `${adapter.name}, in software` : adapter.name;
  note(`${counted(units, "unit")} on ${where}: ${unitTimeWords(gpuMillisPerUnit)} of GPU time each.`);
  const tooLong = tooLongWords(gpuMillisPerUnit, adapter.host.software);
  if (tooLong) note(tooLong);
  if (options.out === undefined) printShort(new TextDecoder().decode(bytes).trimEnd());
  else if (options.out !== "-") note(`${options.out}: ${bytes.byteLength.toLocaleString("en")} bytes, ${format}.`);
  for (const spread of spreads) note(spreadWords(spread, holes === 0 ? "all units" : `these ${counted(units, "unit")}`));
  for (const unit of unstable) note(`Unit ${unit.toLocaleString("en")} ${isTolerant(plan) ? FAR : UNSTABLE}`);
  for (const output of unfit) note(unfitWords(output, manifest));
  if (checkerPrice !== undefined) for (const line of judgedWords(manifest, judgement.units, judgement.refused, checkerPrice)) note(line);
  if (isUnsound) throw new CliError(EXIT.differs, "unstable", "", "");
}

const UNSTABLE =
  "gave other bytes the second time: the kernel may have a race, read what it did not write, or write outside of a buffer. Volunteers will not agree.";

/** What the job's checker said of so many results. */
function judgedWords({ verify }: Manifest, units: number, refused: readonly number[], price: number): string[] {
  const name = verify?.checker?.entryPoint ?? "The checker";
  if (refused.length === 0)
    return [`${name} accepts ${units === 1 ? "its result" : `all ${units} results`}, for ${priceWords(price)} each.`];
  return refused.map((unit) => `${name} refuses the result of unit ${unit.toLocaleString("en")}: no volunteer would be believed about it.`);
}

const FAR = "gave another result the second time, beyond the job's tolerance. Volunteers will not agree.";

/** The format that is asked for. Throws `CliError` (usage) where the results could not be written: before anything is computed. */
async function formatFor({ out, format }: RunOptions): Promise<ResultFormat> {
  if (out !== undefined) {
    if (out !== "-") await needFolder(out);
    return format ?? formatOf(out);
  }
  if (format === undefined || format === "json") return "json";
  throw new CliError(EXIT.usage, "usage", `--format ${format} says nothing of where to.`, "Add --out <file>, or --out - for stdout.");
}

/** Passes results on; the first few stay in `first`. */
async function* keepFirst(results: AsyncIterable<SourceUnit>, first: SourceUnit[]): AsyncGenerator<SourceUnit> {
  for await (const result of results) {
    if (first.length < UNITS_TWICE) first.push(result);
    yield result;
  }
}

/** The units whose results differ, ascending, or would be refused. */
async function differing(plan: JobPlan, results: readonly SourceUnit[], again: AsyncIterable<SourceUnit>): Promise<number[]> {
  const units: number[] = [];
  let index = 0;
  for await (const { unit, bytes } of again) {
    const before = results[index++]?.bytes;
    if (!before || !bytes || !compareResults(plan, before, bytes).isAlike) units.push(unit);
  }
  return units;
}

function printShort(text: string): void {
  if (text.length <= MAX_PRINTED_CHARACTERS) {
    print(text);
    return;
  }
  print(`${text.slice(0, text.lastIndexOf(",", MAX_PRINTED_CHARACTERS) + 1)} …`);
  note(`These are the first of ${text.length.toLocaleString("en")} characters: --out <file> writes them all.`);
}

/** `7` or `0-3`, both ends included. */
function rangeOf(text: string | undefined, count: number): { from: number; to: number } {
  if (text === undefined) return { from: 0, to: count };
  const [, first = "", last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last) + 1];
  if (first === "" || to <= from || to > count) {
    const todo = `Write one unit as 7, several as 0-3, no list; the job has the units 0 to ${(count - 1).toLocaleString("en")}.`;
    throw new CliError(EXIT.usage, "usage", `--units ${text} are no units of this job.`, todo);
  }
  return { from, to };
}
