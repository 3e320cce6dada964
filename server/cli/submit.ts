/** `submit <dir>`: sends a job package; prints the job, or every fault with its place. */
import { type Command, Option } from "commander";
import { JobListSchema, type JobStatus, type Submitted, SubmittedSchema } from "../../shared/api.ts";
import { type Connection, sendJson } from "./api.ts";
import { progressBar } from "./bar.ts";
import { CliError } from "./exit.ts";
import { nameNeighbours, type PackageFile, packageFiles } from "./folder.ts";
import { invocation } from "./invocation.ts";
import { multipart } from "./multipart.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note, print, printJson } from "./print.ts";
import { hasEnded, watchJob } from "./watch.ts";
import { asking, ONCE_IT_LASTS, working } from "./working.ts";

/** Below this an upload is over before a bar could be read. */
const BAR_FROM_BYTES = 8 * 1024 * 1024;
/** Older jobs that the way to end them is told of. */
const MAX_CANCELS = 3;

/** Sends a package. `draft`: it waits for `resume`. */
export async function submitFiles(connection: Connection, files: readonly PackageFile[], draft: boolean): Promise<Submitted> {
  const total = files.reduce((bytes, file) => bytes + file.bytes, 0);
  const bar = total >= BAR_FROM_BYTES ? progressBar("sending", total / 1e6, "MB") : undefined;
  let sent = 0;
  const { contentType, body } = multipart(files, (bytes) => {
    sent += bytes;
    bar?.update(sent / 1e6);
  });
  try {
    const request = { method: "POST" as const, headers: { "content-type": contentType }, body };
    return await sendJson(connection, `/api/jobs${draft ? "?start=0" : ""}`, SubmittedSchema, request);
  } finally {
    bar?.stop();
  }
}

/** Another job has the name already: it is likely that this one is to replace it. */
function noteOlder(jobs: readonly JobStatus[], { id, name }: Submitted): void {
  const older = jobs.filter((job) => job.name === name);
  const latest = older.reduce<JobStatus | undefined>((last, job) => (last && last.id > job.id ? last : job), undefined);
  if (!latest) return;
  const going = older.filter((job) => !hasEnded(job)).sort((a, b) => a.id - b.id);
  const stop = going.slice(-MAX_CANCELS).map((job) => ` Job ${job.id} is ${job.state}: ${invocation(`cancel ${job.id}`)} ends it.`);
  note(`There is a job ${name} already: ${latest.id}. The name now means ${id}; use numbers for older ones.${stop.join("")}`);
}

export function submitVerb(program: Command): void {
  verb(program, "submit <dir>", "send the job package in <dir>: job.json and the files it names")
    .addOption(new Option("--draft", "leave it as a draft; resume starts it"))
    .option("--watch", "then watch it until it ends")
    .action(async (dir: string, options: VerbOptions & { draft?: boolean; watch?: boolean }) => {
      const connection = connectionOf(options);
      const files = await packageFiles(dir);
      const { jobs } = await asking(connection, options, () => sendJson(connection, "/api/jobs", JobListSchema));
      const send = () => submitFiles(connection, files, options.draft === true);
      const job = await working(`Sending ${dir} to ${connection.url}, which judges it`, options.json, send, ONCE_IT_LASTS).catch(
        async (error: unknown) => {
          if (!(error instanceof CliError) || !error.body.faults) throw error;
          const { code, message, todo, faults } = error.body;
          throw new CliError(error.exit, code, message, todo, await nameNeighbours(dir, faults, files));
        },
      );
      noteOlder(jobs, job);
      if (options.json) printJson(job);
      else {
        for (const warning of job.warnings) note(warning);
        print(String(job.id));
        note(`${job.name} is job ${job.id}: ${job.units.toLocaleString("en")} units. ${job.url}`);
      }
      if (options.watch) await watchJob(connection, job.id, options.json === true);
    });
}
