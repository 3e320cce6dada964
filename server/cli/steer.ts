/** `pause`, `halt`, `resume` and `cancel <job>`: one request with four words. */
import type { Command } from "commander";
import { JobStatusSchema } from "../../shared/api.ts";
import { findJob, posted, send, sendJson } from "./api.ts";
import { connectionAs, type VerbOptions, verb } from "./options.ts";
import { printJobLine, printJson } from "./print.ts";
import { gpuHoursOption } from "./quote.ts";

const WORDS = {
  pause: "give out no more units of a job; what is out still counts",
  halt: "pause a job and stop it on all volunteers' machines at once",
  resume: "go on with a paused job, or start a draft",
  cancel: "end a job for good; its final units stay",
} as const;

export function steerVerbs(program: Command): void {
  for (const [word, description] of Object.entries(WORDS)) {
    const command = verb(program, `${word} <job>`, description);
    if (word === "resume") command.addOption(gpuHoursOption());
    command.action(async (job: string, options: VerbOptions & { maxGpuHours?: number }) => {
      const connection = connectionAs("owner", options);
      const { id } = await findJob(connection, job);
      const { maxGpuHours } = options;
      if (maxGpuHours !== undefined) {
        await send(connection, `/api/jobs/${id}/cap`, posted({ maxGpuHours }));
      }
      const after = await sendJson(connection, `/api/jobs/${id}/${word}`, JobStatusSchema, { method: "POST" });
      if (options.json) printJson(after);
      else printJobLine(after);
    });
  }
}
