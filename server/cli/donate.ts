/** `donate`: lends this machine's GPU to a coordinator, without a browser. */
import { homedir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { DonorPhase, DonorState, Dose } from "../../client/donor/state.ts";
import { counted } from "../../shared/counted.ts";
import { findJob } from "./api.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note, printJson } from "./print.ts";
import { againWithSoftwareDriver, hasSoftwareDriver, noGpu } from "./software.ts";

const SHARES: Record<string, Dose> = { "10": 0.1, "25": 0.25, "50": 0.5, "90": 0.9 };
/** A line about the work at most this often; a new phase is told at once. */
const LINE_EVERY_MS = 10_000;

interface DonateOptions extends VerbOptions {
  job?: string;
  intensity: string;
  home: string;
  gpu?: string;
  software?: boolean;
  untilIdle?: boolean;
}

export function donateVerb(program: Command): void {
  verb(program, "donate", "lend this machine's GPU to the coordinator, without a browser")
    .option("--job <job>", "only this job, by number or name")
    .addOption(new Option("--intensity <percent>", "share of the GPU").choices(Object.keys(SHARES)).default("90"))
    .option("--home <folder>", "where the key and unsent results are", join(homedir(), ".idlewave"))
    .option("--gpu <name>", "part of the name of the GPU to use")
    .option("--software", "compute on the processor, with Chromium's software driver")
    .option("--until-idle", "end when there is no work")
    .action(async (options: DonateOptions) => {
      if (!options.software || hasSoftwareDriver()) return donate(options);
      const code = await againWithSoftwareDriver();
      // It has said all there was to say.
      if (code !== EXIT.ok) throw new CliError(code as ExitCode, "failed", "", "");
    });
}

async function donate(options: DonateOptions): Promise<void> {
  const connection = connectionOf(options);
  const job = options.job === undefined ? 0 : (await findJob(connection, options.job)).id;
  const { startDonor } = await import("../../client/dawn/donor.ts");
  const teller = new Teller(options.json === true);
  let last: DonorPhase = { kind: "off" };
  let halt: () => void = () => undefined;
  const donor = await startDonor({
    ...{ origin: new URL(connection.url).origin, dose: SHARES[options.intensity] ?? 0.9, job },
    ...{ home: options.home, gpu: options.gpu },
    onState: (state) => {
      last = state.phase;
      teller.tell(state);
      if (options.untilIdle && isIdle(state)) halt();
    },
  }).catch((error: unknown) => {
    throw new CliError(EXIT.failure, "no-donor", error instanceof Error ? error.message : String(error), "");
  });
  halt = () => void donor.stop().catch((error: unknown) => note(String(error)));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, halt);
  await donor.ended;
  const failure = failureOf(last);
  if (failure) throw failure;
}

/** Nothing to do, and everything that was done is answered for. */
function isIdle({ phase, running, unsent }: DonorState): boolean {
  const rests = phase.kind === "job-done" || (phase.kind === "waiting" && phase.reason !== "quota");
  return rests && running === 0 && unsent === 0;
}

class Teller {
  private readonly json: boolean;
  private kind = "";
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(json: boolean) {
    this.json = json;
  }

  tell(state: DonorState): void {
    const { phase, publicKey, credit, units, gpuSeconds, job } = state;
    if (phase.kind === "off") return;
    const isNew = phase.kind !== this.kind;
    if (!isNew && performance.now() - this.toldAt < LINE_EVERY_MS) return;
    this.kind = phase.kind;
    this.toldAt = performance.now();
    if (this.json) printJson({ phase: phase.kind, job: job?.id ?? null, publicKey, credit, units, gpuSeconds });
    else note(`${words(state)}. ${counted(units.final, "unit")} verified, ${credit.final.toFixed(4)} credits.`);
  }
}

function words({ phase, job, adapter }: DonorState): string {
  switch (phase.kind) {
    case "off":
    case "starting":
      return "Connecting";
    case "running":
      return `Computing ${job?.title ?? "a job"} on ${adapter}`;
    case "offline":
      return "No connection to the coordinator; what is finished is kept";
    case "waiting":
      return `No work now (${phase.reason})`;
    case "job-done":
      return `${job?.title ?? "The job"} is done`;
    case "refused":
      return `Unit ${phase.unit} was refused: two others agree on something else`;
    case "device-lost":
      return "The GPU was lost; it is opened again";
    case "no-webgpu":
    case "no-adapter":
    case "software-adapter":
    case "another-version":
    case "another-tab":
    case "forgotten":
    case "stopped":
    case "failed":
      return "Stopping";
    default:
      return phase satisfies never;
  }
}

function failureOf(phase: DonorPhase): CliError | undefined {
  switch (phase.kind) {
    case "no-webgpu":
    case "no-adapter":
      return noGpu();
    case "software-adapter":
      return new CliError(
        EXIT.failure,
        "software-adapter",
        "This network takes no software adapters, and no graphics card was found.",
        "On a coordinator of your own set allowSoftware.",
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
    case "failed":
      return new CliError(EXIT.failure, "failed", phase.message, "");
    default:
      return undefined;
  }
}
