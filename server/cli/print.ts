/** What the command line says: JSON for programs, sentences for people. */
import colours from "picocolors";
import type { JobStatus } from "../../shared/api.ts";
import type { CanaryFinding } from "../../shared/canary.ts";
import { priceWords } from "../../shared/checker.ts";
import type { Fault } from "../../shared/errors.ts";
import { plain, plainJson } from "../../shared/plain.ts";
import { unitAddress } from "../../shared/unit-address.ts";
import type { CliError } from "./exit.ts";
import { quoteWords } from "./quote.ts";
import { unitTimeWords } from "./unit-time.ts";

/** One JSON value a line, on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${plainJson(value)}\n`);
}

/** A line on stdout, without what a terminal would obey: whose words are in it does not matter. */
export function print(line: string): void {
  printStyled(plain(line));
}

/** A line on stdout as it is, with our colours: words of others in it went through `plain`. */
export function printStyled(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Notes that are no result go to stderr, so that results can be piped. */
export function note(line: string): void {
  noteStyled(plain(line));
}

function noteStyled(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `job.json:12:5 bindings.params.set.width  what is wrong → what would be right`. */
function faultLine({ file, line, column, field, wrong, right }: Fault): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const named = field ? ` ${colours.cyan(plain(field))}` : "";
  return `${colours.bold(plain(place))}${named}  ${colours.red(plain(wrong))} → ${colours.green(plain(right))}`;
}

/** An error on stderr, or as JSON on stdout. */
export function printError(error: CliError, json: boolean): void {
  if (error.message === "") return;
  if (json) {
    printJson({ error: error.body });
    return;
  }
  for (const fault of error.body.faults ?? []) noteStyled(faultLine(fault));
  noteStyled(`${colours.red("✗")} ${plain(`${error.message}${error.body.todo ? ` ${error.body.todo}` : ""}`)}`);
}

/** A job on one line. */
export function printJobLine(job: JobStatus): void {
  const { total, final, failed } = job.units;
  const failures = failed > 0 ? `, ${failed.toLocaleString("en")} failed` : "";
  const share = `${final.toLocaleString("en")} of ${total.toLocaleString("en")} verified${failures}`;
  const rest = `${job.state.padEnd(9)}  ${job.name.padEnd(24)}  ${share}${job.reason ? `  (${job.reason})` : ""}`;
  printStyled(`${colours.bold(String(job.id).padStart(4))}  ${plain(rest)}`);
}

const AUDITOR_WORDS: Record<JobStatus["verification"]["auditor"], string> = {
  none: "none, two who agree decide",
  away: "away, what it owes waits for it",
  behind: "behind, it looks at less than it should",
  auditing: "at work",
  unable: "it cannot run this job, two who agree decide",
};

/** A job of the coordinator at `url`, on several lines. */
export function printJob(job: JobStatus, url: string): void {
  const { units, replicas } = job;
  printStyled(`${colours.bold(plain(job.title))} ${plain(`(job ${job.id}, ${job.name})${job.for ? `, for ${job.for}` : ""}`)}`);
  const lines = [
    `  ${job.state}${job.reason ? `: ${job.reason}` : ""}`,
    `  units       ${units.final.toLocaleString("en")} of ${units.total.toLocaleString("en")} verified, ${units.leased} leased, ${units.voted} voted on, ${units.failed} failed`,
    `  replicas    ${replicas.counted} counted, ${replicas.refused} refused, ${job.executionsPerUnit.toFixed(2)} executions a unit`,
    `  volunteers  ${job.volunteers} at work, ${job.unitsPerMinute.toFixed(1)} units a minute`,
    `  checked by  ${job.verification.tier}${job.verification.quorum === 1 ? "" : ` of ${job.verification.quorum}`}, ${job.verification.compare}: ${job.verification.limits}`,
    job.pool
      ? `  pool        ${job.pool.id}, ${job.pool.name}: its members alone compute it and see it`
      : `  auditor     ${AUDITOR_WORDS[job.verification.auditor]}: ${job.verification.audited} units computed again, ${job.verification.held} held`,
  ];
  const { slices, checker } = job.verification;
  if (checker && checker.price !== null)
    lines.push(`  checker     ${priceWords(checker.price)} a result: of ${checker.judged} units so far`);
  if (slices && slices.of > 0)
    lines.push(
      `  slices      ${slices.run} of ${slices.of} run again a unit, or more of newcomers' units: of ${slices.checked} units so far`,
    );
  const most = job.maxGpuHours === null ? "" : ` of ${job.maxGpuHours} that it may take`;
  lines.push(`  GPU time    ${job.gpuHours.toPrecision(3)} hours${most}: all answers, late ones too, and the auditor's checks`);
  const quote = quoteWords(job);
  if (quote) lines.push(`  quote       ${quote}`);
  if (job.canary) lines.push(`  measured    ${measuredWords(job.canary, job.creditPerUnit)}`);
  // A pool's page opens for its members alone.
  if (units.final > 0 && !job.pool) lines.push(`  look        at any unit, and check it in a browser: ${url}${unitAddress(job)}`);
  for (const line of lines) print(line);
}

/** What slices of a kernel write, for people. */
export const CLASS_WORDS: Record<CanaryFinding["verdict"], string> = {
  T: "its slices write bytes of their own (class T)",
  R: "its slices read what they write over (class R)",
  E: "its slices write the same bytes alike (class E)",
  opaque: "what its slices write could not be told apart (opaque)",
  refused: "it was refused",
};

function measuredWords({ verdict, why, unitMicros, taken }: NonNullable<JobStatus["canary"]>, credit: number): string {
  const time = unitMicros === null ? "" : `, ${unitTimeWords(unitMicros / 1000)} a unit on the auditor's GPU`;
  const room = taken === undefined ? "" : `, its runs took ${Number((100 * taken).toPrecision(2))} % of the tolerance`;
  return `${CLASS_WORDS[verdict]}${time}${room}, ${credit.toPrecision(3)} credits a unit${why && `: ${why}`}`;
}
