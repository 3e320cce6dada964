/** `portability <job>`: which kinds of GPUs agree on its kernel, and which do not and where. */
import type { Command } from "commander";
import { type PortabilityExample, type PortabilityReport, PortabilitySchema } from "../../shared/portability.ts";
import { leftOutWords, NO_PAIRS, pairWords } from "../../shared/portability-words.ts";
import { findJob, sendJson } from "./api.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note, print, printJson } from "./print.ts";

export function portabilityVerb(program: Command): void {
  verb(program, "portability <job>", "which vendors' GPUs agree on a job's kernel, and which differ and where").action(
    async (name: string, options: VerbOptions) => {
      const connection = connectionOf(options);
      const job = await findJob(connection, name);
      const report = await sendJson(connection, `/api/jobs/${job.id}/portability`, PortabilitySchema);
      if (options.json) printJson(report);
      else printReport(job.name, report);
    },
  );
}

function printReport(name: string, report: PortabilityReport): void {
  const pairs = pairWords(report);
  if (pairs.length === 0) print(NO_PAIRS);
  else note(`${name}, compared ${report.compare}; kinds of GPUs as volunteers' browsers tell them:`);
  for (const { who, lines } of pairs) {
    print(who);
    for (const { words, examples } of lines)
      for (const line of [words, ...examples.map((each) => `  ${exampleWords(each)}`)]) print(`  ${line}`);
  }
  for (const left of leftOutWords(report)) note(left);
}

function exampleWords({ unit, audited, byte, output, dtype, index, right, deviating }: PortabilityExample): string {
  const where =
    output === ""
      ? `from byte ${byte.toLocaleString("en")} on`
      : `${output}[${index.join(", ")}], ${dtype}, is ${deviating}, and ${right} is right`;
  return `unit ${unit}: ${where}, by ${audited ? "the auditor's word" : "the volunteers' votes"}`;
}
