/** `pause`, `halt`, `resume` and `cancel <job>`: one request with four words. */
import type { Command } from "commander";
import { JobStatusSchema } from "../../shared/api.ts";
import { findJob, sendJson } from "./api.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { printJobLine, printJson } from "./print.ts";

const WORDS = {
  pause: "give out no more units of a job; what is out still counts",
  halt: "pause a job and stop it on all volunteers' machines at once",
  resume: "go on with a paused job, or start a draft",
  cancel: "end a job for good; its final units stay",
} as const;

export function steerVerbs(program: Command): void {
  for (const [word, description] of Object.entries(WORDS)) {
    verb(program, `${word} <job>`, description).action(async (job: string, options: VerbOptions) => {
      const connection = connectionOf(options);
      const { id } = await findJob(connection, job);
      const after = await sendJson(connection, `/api/jobs/${id}/${word}`, JobStatusSchema, { method: "POST" });
      if (options.json) printJson(after);
      else printJobLine(after);
    });
  }
}
