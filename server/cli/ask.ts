/** A job's owner at a terminal, asked once it was measured whether it is to run. */
import { createInterface } from "node:readline/promises";
import { setTimeout as delay } from "node:timers/promises";
import { type JobStatus, JobStatusSchema } from "../../shared/api.ts";
import { type Connection, sendJson } from "./api.ts";
import { invocation } from "./invocation.ts";
import { note } from "./print.ts";
import { quoteWords } from "./quote.ts";

const POLL_MS = 500;

/** Waits until a job has left the canary. */
export async function untilMeasured(connection: Connection, id: number): Promise<JobStatus> {
  let told = "";
  for (;;) {
    const job = await sendJson(connection, `/api/jobs/${id}`, JobStatusSchema);
    if (job.state !== "canary") return job;
    if (job.reason !== told) note(`Job ${id}: ${job.reason}.`);
    told = job.reason;
    await delay(POLL_MS);
  }
}

/** Shows the quote of a job that was measured and waits for its owner, and asks; starts it, or says how that is done later. */
export async function askOwner(connection: Connection, job: JobStatus): Promise<JobStatus> {
  note(`Job ${job.id}: ${quoteWords(job) || "its time could not be measured, so there is no quote"}.`);
  note(`It is verified by ${job.verification.tier}: ${job.verification.limits}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question("Start it? [y/N] ").finally(() => terminal.close());
  if (/^y(es)?$/i.test(answer.trim())) return await sendJson(connection, `/api/jobs/${job.id}/resume`, JobStatusSchema, { method: "POST" });
  note(`It waits: ${invocation(`resume ${job.id}`)} starts it, ${invocation(`cancel ${job.id}`)} ends it.`);
  return job;
}
