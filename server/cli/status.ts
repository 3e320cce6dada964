/** `status [job]`: one job, or all of them. */
import type { Command } from "commander";
import { JobListSchema } from "../../shared/api.ts";
import { findJob, sendJson } from "./api.ts";
import { invocation } from "./invocation.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note, printJob, printJobLine, printJson } from "./print.ts";

export function statusVerb(program: Command): void {
  verb(program, "status [job]", "show one job, by number or name, or all").action(async (job: string | undefined, options: VerbOptions) => {
    const connection = connectionOf(options);
    if (job !== undefined) {
      const found = await findJob(connection, job);
      if (options.json) printJson(found);
      else printJob(found, connection.url);
      return;
    }
    const { jobs } = await sendJson(connection, "/api/jobs", JobListSchema);
    if (options.json) return printJson({ jobs });
    for (const each of jobs) printJobLine(each);
    if (jobs.length === 0) note(`There are no jobs. Make one with ${invocation("new <dir>")}, send it with ${invocation("submit <dir>")}.`);
  });
}
