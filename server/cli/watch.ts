/** `watch <job>`: follows a job until it ends. Exit code 0 when it is done, 1 when it was cancelled or failed. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { type JobStatus, JobStatusSchema } from "../../shared/api.ts";
import { type Connection, findJob, sendJson } from "./api.ts";
import { progressBar } from "./bar.ts";
import { CliError, EXIT } from "./exit.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { jobLine, note, print, printJson } from "./print.ts";

const POLL_MS = 1_000;
/** A coordinator that answers nothing for so long is not waited for any longer. */
const GIVE_UP_MS = 10 * 60_000;

/** Resolves with the status of a job that is done. With `json`, each status that differs from the last is a line. */
export async function watchJob(connection: Connection, id: number, json: boolean): Promise<JobStatus> {
  let job = await sendJson(connection, `/api/jobs/${id}`, JobStatusSchema);
  const bar = json ? undefined : progressBar(job.title, job.units.total, "units");
  let printed = "";
  try {
    for (;;) {
      bar?.update(job.units.final, more(job));
      const line = JSON.stringify(job);
      if (json && line !== printed) printJson(job);
      printed = line;
      if (hasEnded(job)) break;
      job = await nextStatus(connection, id);
    }
  } finally {
    bar?.stop();
  }
  if (job.state === "done") return job;
  throw new CliError(EXIT.failure, job.state, `Job ${id} is ${job.state}${job.reason ? `: ${job.reason}` : ""}.`, "");
}

/** The status after a while; polls that fail in passing are noted and repeated. */
async function nextStatus(connection: Connection, id: number): Promise<JobStatus> {
  const giveUp = Date.now() + GIVE_UP_MS;
  for (let failures = 0; ; failures++) {
    await sleep(POLL_MS);
    try {
      return await sendJson(connection, `/api/jobs/${id}`, JobStatusSchema);
    } catch (error) {
      if (!(error instanceof CliError) || !error.passing || Date.now() > giveUp) throw error;
      if (failures === 0) note(`${error.message} Trying again.`);
    }
  }
}

export function hasEnded(job: JobStatus): boolean {
  return job.state === "done" || job.state === "cancelled" || job.state === "failed";
}

function more(job: JobStatus): string {
  if (job.state !== "running") return `(${job.state}${job.reason ? `: ${job.reason}` : ""})`;
  return `${job.unitsPerMinute.toFixed(0)} a minute, ${job.volunteers} volunteers${job.reason ? ` (${job.reason})` : ""}`;
}

export function watchVerb(program: Command): void {
  verb(program, "watch <job>", "follow a job, by number or name, until it ends").action(async (job: string, options: VerbOptions) => {
    const connection = connectionOf(options);
    const done = await watchJob(connection, (await findJob(connection, job)).id, options.json === true);
    if (!options.json) print(jobLine(done));
  });
}
