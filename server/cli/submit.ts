/** `submit <dir>`: sends a job package; prints the job, or every fault with its place. */
import { type Command, Option } from "commander";
import { JobListSchema, type JobStatus, NetworkSchema, type Submitted, SubmittedSchema } from "../../shared/api.ts";
import { type Connection, sendJson } from "./api.ts";
import { askOwner, untilMeasured } from "./ask.ts";
import { progressBar } from "./bar.ts";
import { CliError, EXIT } from "./exit.ts";
import { nameNeighbours, type PackageFile, packageFiles } from "./folder.ts";
import { invocation } from "./invocation.ts";
import { multipart } from "./multipart.ts";
import { connectionAs, type VerbOptions, verb } from "./options.ts";
import { note, print, printJson } from "./print.ts";
import { gpuHoursOption } from "./quote.ts";
import { hasEnded, watchJob } from "./watch.ts";
import { asking, ONCE_IT_LASTS, working } from "./working.ts";

/** Below this an upload is over before a bar could be read. */
const BAR_FROM_BYTES = 8 * 1024 * 1024;
/** Older jobs that the way to end them is told of. */
const MAX_CANCELS = 3;

/** `start`: at once ("1"), with `resume` ("0"), or with it once it was measured ("ask"). `maxGpuHours`: goes before what job.json says. */
export interface Wishes {
  start: "0" | "1" | "ask";
  maxGpuHours?: number | undefined;
}

/** Sends a package. */
export async function submitFiles(
  connection: Connection,
  files: readonly PackageFile[],
  { start, maxGpuHours }: Wishes,
): Promise<Submitted> {
  const most = maxGpuHours === undefined ? "" : `&maxGpuHours=${maxGpuHours}`;
  const total = files.reduce((bytes, file) => bytes + file.bytes, 0);
  const bar = total >= BAR_FROM_BYTES ? progressBar("sending", total / 1e6, "MB") : undefined;
  let sent = 0;
  const { contentType, body } = multipart(files, (bytes) => {
    sent += bytes;
    bar?.update(sent / 1e6);
  });
  try {
    const request = { method: "POST" as const, headers: { "content-type": contentType }, body };
    return await sendJson(connection, `/api/jobs?start=${start}${most}`, SubmittedSchema, request);
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

/** Who can be asked is asked; who cannot must have said it, where there is something to ask. */
async function wishesOf(connection: Connection, { draft, yes, maxGpuHours, json }: SubmitOptions): Promise<Wishes> {
  if (draft) return { start: "0", maxGpuHours };
  if (yes || maxGpuHours !== undefined) return { start: "1", maxGpuHours };
  if (process.stdin.isTTY && process.stderr.isTTY && !json) return { start: "ask" };
  const { measures } = await sendJson({ ...connection, token: undefined }, "/api/network", NetworkSchema);
  if (!measures) return { start: "1" };
  throw new CliError(
    EXIT.usage,
    "usage",
    "An auditor measures the job and quotes what it would take, and nobody can be asked here whether it is to run.",
    "Add --yes, whatever it takes, or --max-gpu-hours <hours>: it pauses where the quote is above that, or when it has taken it.",
  );
}

interface SubmitOptions extends VerbOptions {
  draft?: boolean;
  watch?: boolean;
  yes?: boolean;
  maxGpuHours?: number;
}

export function submitVerb(program: Command): void {
  verb(program, "submit <dir>", "send the job package in <dir>: job.json and the files it names")
    .addOption(new Option("--draft", "leave it as a draft; resume starts it"))
    .option("--yes", "start it whatever it would take, without a question")
    .addOption(gpuHoursOption())
    .option("--watch", "then watch it until it ends")
    .action(async (dir: string, options: SubmitOptions) => {
      const connection = connectionAs("owner", options);
      const files = await packageFiles(dir);
      const { jobs } = await asking(connection, options, () => sendJson(connection, "/api/jobs?own=true", JobListSchema));
      const wishes = await wishesOf(connection, options);
      const send = () => submitFiles(connection, files, wishes);
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
        note(`${job.name} is job ${job.id}: ${job.units.toLocaleString("en")} ${job.units === 1 ? "unit" : "units"}. ${job.url}`);
      }
      if (wishes.start === "ask") await startOrAsk(connection, job.id);
      if (options.watch) await watchJob(connection, job.id, options.json === true);
    });
}

/** Once it was measured. Throws `CliError` when the auditor refused it. */
async function startOrAsk(connection: Connection, id: number): Promise<void> {
  const job = await untilMeasured(connection, id);
  if (job.state === "failed")
    throw new CliError(EXIT.failure, "failed", `Job ${id} failed: ${job.reason}`, "Mend it, and submit it again.");
  if (job.state !== "paused") return;
  if (job.canary?.differs === "") await askOwner(connection, job);
  else note(`Job ${id} is paused: ${job.reason}.`);
}
