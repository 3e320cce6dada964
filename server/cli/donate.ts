/** `donate`: lends this machine's GPU to a coordinator, without a browser. */

import { hostname } from "node:os";
import { type Command, Option } from "commander";
import type { NodeDonorOptions } from "../../client/dawn/donor.ts";
import type { Hours, Wishes } from "../../client/donor/manners/wishes.ts";
import { has } from "../../client/donor/phases.ts";
import type { DonorPhase, DonorState, Dose, Ending } from "../../client/donor/state.ts";
import type { JoinLink } from "../../shared/pool.ts";
import { InvitedSchema } from "../../shared/pool-api.ts";
import { messageOf } from "../../shared/thrown.ts";
import { HOME, link } from "./account.ts";
import { readAccount } from "./account-file.ts";
import { type Connection, findJob, posted, send, sendJson, UNTRUSTED } from "./api.ts";
import { hoursArgument, joinArgument, megabytesOf, nameArgument, poolArgument, secondsOf } from "./donate-arguments.ts";
import { endlessWords, Teller } from "./donate-lines.ts";
import { CliError, EndlessKernel, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note } from "./print.ts";
import { needGpu } from "./probe.ts";
import { noGpu, onGpu } from "./software.ts";
import { ONCE_IT_LASTS, working } from "./working.ts";

const SHARES: Record<string, Dose> = { "10": 0.1, "25": 0.25, "50": 0.5, "90": 0.9 };
const BYTES_A_MEGABYTE = 1_000_000;
/** Without work for so long `--until-idle` ends: others may just be about to come. */
const IDLE_SECONDS = 30;
/** A coordinator that does not answer is waited for so long at least, ms: on a busy machine a handshake takes seconds. */
const REACHED_WITHIN_MS = 30_000;
/** A GPU that is asked to stop and does not: what hangs on it cannot be interrupted. */
const GPU_ANSWERS_MS = 10_000;
/** A terminal's Ctrl-C reaches this process, and its parent which passes it on: within this time it is one. */
const ONE_SIGNAL_MS = 500;
const EXIT_INTERRUPTED = 130;

export interface DonateOptions extends VerbOptions {
  job?: string;
  intensity: string;
  home: string;
  gpu?: string;
  software?: boolean;
  untilIdle?: number;
  hours?: Hours;
  gpuMemory?: number;
  join?: JoinLink;
  name?: string;
  pool?: number;
  account?: string;
}

export function donateVerb(program: Command): void {
  verb(program, "donate", "lend this machine's GPU to the coordinator, without a browser")
    .option("--job <job>", "only this job, by number or name")
    .addOption(
      new Option("--join <link>", "join the pool that this link invites to, on the coordinator that it names, and lend to it alone")
        .argParser(joinArgument)
        .conflicts("pool"),
    )
    .addOption(new Option("--name <name>", "what the pool's owner and members call this machine, with --join").argParser(nameArgument))
    .addOption(new Option("--pool <number>", "lend to this pool, which was joined before, alone").argParser(poolArgument))
    .option("--account <file>", "lend as a device of the account whose key this file has")
    .addOption(new Option("--intensity <percent>", "share of the GPU").choices(Object.keys(SHARES)).default("90"))
    .option("--home <folder>", "where the key and unsent results are", HOME)
    .option("--gpu <name>", "part of the name of the GPU to use")
    .option("--software", "compute on the processor, with Chromium's software driver")
    .addOption(new Option("--hours <from-to>", "only within these hours of the day, as 22:00-07:00").argParser(hoursArgument))
    .addOption(new Option("--gpu-memory <MB>", "only jobs that take at most so much of the GPU's memory").argParser(megabytesOf))
    .addOption(
      new Option("--until-idle [seconds]", `end when there was no work for so long, default ${IDLE_SECONDS}`)
        .argParser(secondsOf)
        .preset(IDLE_SECONDS),
    )
    .action(async (options: DonateOptions) => {
      await onGpu(options.software === true, () => donate(options));
    });
}

/** Lends until it is told to stop. `audit`: as the auditor, under this token. */
export async function donate(options: DonateOptions, audit?: string): Promise<void> {
  if (options.name !== undefined && !options.join) {
    const todo = "The link to join gives it a name, also where it is a member already.";
    throw new CliError(EXIT.usage, "usage", "--name goes with --join.", todo);
  }
  const connection = connectionOf(options.join ? { ...options, url: options.join.origin } : options);
  const { origin, pathname } = new URL(connection.url);
  if (pathname !== "/") throw new CliError(EXIT.usage, "usage", `--url ${connection.url} has a path.`, `A coordinator is at ${origin}.`);
  const job = await jobOf(connection, options);
  await refuseUntrusted(connection);
  if (options.join) await tellWhoAsks(connection, options.join);
  if (options.account !== undefined) await link({ origin, home: options.home }, await readAccount(options.account), hostname());
  const teller = new Teller(options.json === true);
  let last: DonorState | undefined;
  // A donor that stops is soon without its connection, which says nothing of why.
  let ending: DonorPhase | undefined;
  let halt: (ending: Ending) => void = () => undefined;
  const rest = new Rest(options.untilIdle, () => halt("give-back"));
  const wishes: Wishes = {
    ...{ hours: options.hours ?? null, onlyAway: false, card: "strong" },
    memoryBytes: options.gpuMemory === undefined ? Number.POSITIVE_INFINITY : options.gpuMemory * BYTES_A_MEGABYTE,
  };
  const start: NodeDonorOptions = {
    ...{ origin, dose: SHARES[options.intensity] ?? 0.9, job, home: options.home, gpu: options.gpu, wishes, audit },
    join: options.join?.secret,
    name: options.name,
    // Its pass comes with the handshake.
    pool: options.pool === undefined ? undefined : { id: options.pool, name: "", pass: "" },
    onState: (state) => {
      last = state;
      teller.tell(state);
      rest.look(state);
    },
  };
  const open = async () => {
    if (options.gpu === undefined) await needGpu();
    return await (await import("../../client/dawn/donor.ts")).startDonor(start);
  };
  const donor = await working("Opening the GPU", options.json, open, ONCE_IT_LASTS).catch((error: unknown) => {
    if (error instanceof CliError) throw error;
    throw new CliError(EXIT.failure, "no-donor", messageOf(error), "");
  });
  halt = (how) => {
    ending ??= last?.phase;
    void donor.stop(how).catch((error: unknown) => note(String(error)));
  };
  const stop = stopper(halt);
  // A person stops it; who ends the process, for an update or to switch the machine off, starts it again.
  process.on("SIGINT", () => stop.signal("give-back"));
  process.on("SIGTERM", () => stop.signal("leave-begun"));
  await donor.ended;
  rest.end();
  const end = last && { ...last, phase: ending ?? last.phase };
  if (end) teller.close(end);
  const failure = stop.isAsked() || !end ? undefined : failureOf(end.phase, connection.url, options.software === true);
  if (failure) throw failure;
}

/** Number of the job to compute alone, 0 for any. Of a pool's jobs nothing can be asked before the handshake. */
async function jobOf(connection: Connection, { job, join, pool }: DonateOptions): Promise<number> {
  if (job === undefined) return 0;
  if (!join && pool === undefined) return (await findJob(connection, job)).id;
  if (/^[1-9][0-9]{0,8}$/.test(job)) return Number(job);
  throw new CliError(EXIT.usage, "usage", `--job ${job} is no number.`, "A pool's job is named by its number, which its owner knows.");
}

/** A connection would be tried for ever. A coordinator that is away is waited for, though. */
async function refuseUntrusted(connection: Connection): Promise<void> {
  await send(connection, "/healthz").catch((error: unknown) => {
    if (error instanceof CliError && error.body.code === UNTRUSTED) throw error;
  });
}

async function tellWhoAsks(connection: Connection, { secret, pin, origin }: JoinLink): Promise<void> {
  const { id, name, owner } = await sendJson(connection, "/api/pools/invited", InvitedSchema, posted({ secret }));
  const later = `donate --pool ${id} --url ${origin}${pin === undefined ? "" : ` --pin ${Buffer.from(pin, "base64url").toString("hex")}`}`;
  note(`The link is to pool ${id}, ${name}, of ${owner}: this machine computes its jobs alone. Later ${invocation(later)} goes on.`);
}

/** The first signal stops; a GPU that does not answer, or a second signal, ends the process. */
function stopper(halt: (ending: Ending) => void): { signal: (ending: Ending) => void; isAsked: () => boolean } {
  let told = 0;
  const signal = (ending: Ending) => {
    if (told === 0) {
      told = performance.now();
      const kept = ending === "leave-begun" ? " A long unit that is begun waits half a minute for its next start." : "";
      note(`Stopping: what the GPU has begun is finished, the rest goes to others.${kept}`);
      halt(ending);
      setTimeout(() => {
        note("The GPU does not answer. What was finished before is kept.");
        process.exit(EXIT.failure);
      }, GPU_ANSWERS_MS).unref();
    } else if (performance.now() - told > ONE_SIGNAL_MS) process.exit(EXIT_INTERRUPTED);
  };
  return { signal, isAsked: () => told > 0 };
}

/** Ends the run when there was nothing to do for so many seconds, and everything that was done is answered for. */
class Rest {
  private readonly seconds: number | undefined;
  private readonly onLong: () => void;
  private timer: NodeJS.Timeout | undefined;
  private isApart = false;

  constructor(seconds: number | undefined, onLong: () => void) {
    this.seconds = seconds;
    this.onLong = onLong;
  }

  look({ phase, running, unsent }: DonorState): void {
    if (this.seconds === undefined) return;
    const noneFits = phase.kind === "on-hold" && phase.reason === "memory";
    const rests = (has(phase, "rests") || noneFits) && running === 0 && (unsent === 0 || phase.kind === "offline");
    const isApart = phase.kind === "offline" || phase.kind === "starting";
    if (!rests || isApart !== this.isApart) this.end();
    this.isApart = isApart;
    if (rests) this.timer ??= setTimeout(this.onLong, isApart ? Math.max(this.seconds * 1000, REACHED_WITHIN_MS) : this.seconds * 1000);
  }

  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

function failureOf(phase: DonorPhase, url: string, software: boolean): CliError | undefined {
  switch (phase.kind) {
    case "no-webgpu":
    case "no-adapter":
      return noGpu();
    case "software-adapter":
      return new CliError(
        EXIT.failure,
        "software-adapter",
        `This network takes no software adapters${software ? "" : ", and no graphics card was found"}.`,
        `On a coordinator of your own: ${invocation("serve --allow-software")}.`,
      );
    case "another-version":
      return new CliError(
        EXIT.failure,
        "wire-version",
        "The coordinator is of another version.",
        "Update this program; what is unsent is kept.",
      );
    case "device-lost":
      return phase.final
        ? new CliError(EXIT.failure, "device-lost", `The GPU was lost ${phase.times} times.`, "Look at its driver.")
        : undefined;
    case "endless":
      return new EndlessKernel(`${endlessWords(phase)}.`, "Start again: this job is left to others from now on.");
    case "failed":
      return new CliError(EXIT.failure, "failed", phase.message, "");
    case "offline":
    case "starting":
      return new CliError(
        EXIT.unreachable,
        "unreachable",
        `${url} could not be reached; what is finished is kept.`,
        "Try again when it is there.",
      );
    case "off":
    case "running":
    case "on-hold":
    case "waiting":
    case "refused":
    case "job-done":
    case "another-tab":
    case "forgotten":
    case "stopped":
      return undefined;
    default:
      return phase satisfies never;
  }
}
