/** `watch <job>`: follows a job until it ends. Exit code 0 when it is done, 1 when it was cancelled or failed. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { type JobStatus, JobStatusSchema, type NetworkInfo, NetworkSchema } from "../../shared/api.ts";
import { counted } from "../../shared/counted.ts";
import { waitsFor } from "../../shared/waits-for.ts";
import { type Connection, findJob, sendJson } from "./api.ts";
import { progressBar } from "./bar.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note, printJobLine, printJson } from "./print.ts";

const POLL_MS = 1_000;
/** Polls in a row in which units wait for others, or for their check, before it is said: in passing they always do. */
const LASTING_POLLS = 5;
/** Polls over which volunteers count as at work, a minute: between two short units they hold none. */
const AT_WORK_POLLS = 60;
/** A coordinator that answers nothing for so long is not waited for any longer. */
const GIVE_UP_MS = 10 * 60_000;

/** Ends when the job is done, with its line. With `json`, each status that differs from the last is a line, and no other. */
export async function watchJob(connection: Connection, id: number, json: boolean): Promise<void> {
  let job = await sendJson(connection, `/api/jobs/${id}`, JobStatusSchema);
  const bar = json ? undefined : progressBar(job.title, job.units.total, "units");
  let printed = "";
  let waited = 0;
  const atWork = new Most(AT_WORK_POLLS);
  try {
    for (;;) {
      if (bar) {
        const volunteers = atWork.with(job.volunteers);
        const short = await shortOf(connection, job, volunteers);
        waited = short?.mayPass ? waited + 1 : 0;
        const said = short && (!short.mayPass || waited > LASTING_POLLS) ? short.hint : "";
        bar.update(job.units.final, more(job, short?.volunteers === 0 ? 0 : volunteers, said));
      }
      const line = JSON.stringify(job);
      if (json && line !== printed) printJson(job);
      printed = line;
      if (hasEnded(job)) break;
      job = await nextStatus(connection, id);
    }
  } finally {
    bar?.stop();
  }
  if (job.state === "done") {
    if (!json) printJobLine(job);
    return;
  }
  throw new CliError(EXIT.failure, job.state, `Job ${id} is ${job.state}${job.reason ? `: ${job.reason}` : ""}.`, endedTodo(id));
}

function endedTodo(id: number): string {
  return `${invocation(`results ${id} --partial --out <file>`)} writes what is final; submit the package again to run it once more.`;
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

/** Fewer are there than a unit of the job needs. */
interface Short {
  volunteers: number;
  /** It is so in passing mostly, and worth no word unless it lasts. */
  mayPass: boolean;
  hint: string;
}

/** `atWork`: who had units lately. Undefined when enough are there, when nothing waits for more, or when it is not known. */
async function shortOf(connection: Connection, job: JobStatus, atWork: number): Promise<Short | undefined> {
  if (job.state !== "running" || job.volunteers >= job.verification.quorum) return undefined;
  return job.pool ? shortOfMembers(job.pool, job, atWork) : await shortOfVolunteers(connection, job);
}

/** Only its owner is told who is connected for a pool. */
function shortOfMembers({ id, name }: { id: number; name: string }, { verification, units }: JobStatus, atWork: number): Short | undefined {
  const { quorum } = verification;
  if (atWork >= quorum || (atWork > 0 && units.voted === 0)) return undefined;
  const link = `the pool's link (${invocation(`pool invite ${id}`)} makes a new one, and the old one is good no more)`;
  const hint =
    atWork === 0
      ? `No member of ${name} is at work: open ${link} on a machine that is to compute it.`
      : `${counted(atWork, "member")} of ${name} at work, and a unit needs ${quorum}: open ${link} on another machine too.`;
  return { volunteers: atWork, mayPass: true, hint };
}

async function shortOfVolunteers({ url }: Connection, { verification, units }: JobStatus): Promise<Short | undefined> {
  const { quorum } = verification;
  const network = await sendJson({ url, token: undefined }, "/api/network", NetworkSchema).catch((error: unknown) => {
    // The next look at the job meets the same, and has the words for it.
    if (error instanceof CliError && error.passing) return undefined;
    throw error;
  });
  if (!network || network.volunteers >= quorum || (network.volunteers > 0 && units.voted === 0)) return undefined;
  return { volunteers: network.volunteers, mayPass: network.volunteers > 0, hint: hintOf(url, network, quorum) };
}

/** What a job that waits for volunteers needs. */
function hintOf(url: string, { volunteers, allowSoftware }: NetworkInfo, quorum: number): string {
  const card = allowSoftware ? "" : ` Without a graphics card, start the coordinator with ${invocation("serve --allow-software")}.`;
  if (volunteers === 0) return `Nobody is connected: open ${url} in a browser, and press the button there.${card}`;
  return `${counted(volunteers, "volunteer")} connected, and a unit needs ${quorum}: open ${url} in another browser or profile too.${card}`;
}

/** The largest of the last few numbers. */
class Most {
  private readonly last: number[] = [];
  private readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  with(value: number): number {
    this.last.push(value);
    if (this.last.length > this.length) this.last.shift();
    return Math.max(...this.last);
  }
}

function more(job: JobStatus, volunteers: number, hint: string): string {
  if (job.state !== "running") return `(${job.state}${job.reason ? `: ${job.reason}` : ""})`;
  const { leased, voted } = job.units;
  // A reason says what they wait for, or that nobody can help them.
  const waiting =
    leased === 0 && voted > 0 && job.reason === ""
      ? `, ${counted(voted, "unit")} ${voted === 1 ? "waits" : "wait"} for ${waitsFor(job, "another volunteer")}`
      : "";
  const pace = `${job.unitsPerMinute.toFixed(0)} a minute, ${counted(volunteers, job.pool ? "member" : "volunteer")} at work${waiting}`;
  return `${pace}${job.reason ? ` (${job.reason})` : ""}${hint ? `. ${hint}` : ""}`;
}

export function watchVerb(program: Command): void {
  verb(program, "watch <job>", "follow a job, by number or name, until it ends").action(async (job: string, options: VerbOptions) => {
    const connection = connectionOf(options);
    await watchJob(connection, (await findJob(connection, job)).id, options.json === true);
  });
}
