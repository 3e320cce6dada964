/** What the command line says: JSON for programs, sentences for people. */
import colours from "picocolors";
import type { JobStatus } from "../../shared/api.ts";
import type { Fault } from "../../shared/errors.ts";
import type { CliError } from "./exit.ts";

/** One JSON value a line, on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Notes that are no result go to stderr, so that results can be piped. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `job.json:12:5 bindings.params.set.width  what is wrong → what would be right`. */
function faultLine({ file, line, column, field, wrong, right }: Fault): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return `${colours.bold(place)}${field ? ` ${colours.cyan(field)}` : ""}  ${colours.red(wrong)} → ${colours.green(right)}`;
}

/** An error on stderr, or as JSON on stdout. */
export function printError(error: CliError, json: boolean): void {
  if (error.message === "") return;
  if (json) {
    printJson({ error: error.body });
    return;
  }
  for (const fault of error.body.faults ?? []) note(faultLine(fault));
  note(`${colours.red("✗")} ${error.message}${error.body.todo ? ` ${error.body.todo}` : ""}`);
}

/** A job on one line. */
export function jobLine(job: JobStatus): string {
  const { total, final, failed } = job.units;
  const failures = failed > 0 ? `, ${failed.toLocaleString("en")} failed` : "";
  const share = `${final.toLocaleString("en")} of ${total.toLocaleString("en")} verified${failures}`;
  return `${colours.bold(String(job.id).padStart(4))}  ${job.state.padEnd(9)}  ${job.name.padEnd(24)}  ${share}${job.reason ? `  (${job.reason})` : ""}`;
}

/** A job on several lines. */
export function jobLines(job: JobStatus): string[] {
  const { units, replicas } = job;
  return [
    `${colours.bold(job.title)} (job ${job.id}, ${job.name}), for ${job.for || "itself"}`,
    `  ${job.state}${job.reason ? `: ${job.reason}` : ""}`,
    `  units       ${units.final.toLocaleString("en")} of ${units.total.toLocaleString("en")} verified, ${units.leased} leased, ${units.voted} voted on, ${units.failed} failed`,
    `  replicas    ${replicas.counted} counted, ${replicas.refused} refused, ${job.executionsPerUnit.toFixed(2)} executions a unit`,
    `  volunteers  ${job.volunteers} now, ${job.unitsPerMinute.toFixed(1)} units a minute`,
    `  checked by  ${job.verification.tier} of ${job.verification.quorum}, ${job.verification.compare}: ${job.verification.limits}`,
  ];
}
