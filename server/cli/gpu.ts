/** This machine's GPU for the command line, and what can go wrong with it, in words. */
import type { OpenAdapter } from "../../client/donor/adapter.ts";
import { EngineError, isEndless } from "../../client/engine/engine-error.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import { messageOf } from "../../shared/thrown.ts";
import { CliError, EndlessKernel, EXIT } from "./exit.ts";
import { type Judged, lackingOf } from "./lacking.ts";
import { needGpu } from "./probe.ts";
import { noGpu } from "./software.ts";

/** The adapter, also a software one: it is the owner's own machine. */
export async function openGpu(name: string | undefined): Promise<OpenAdapter> {
  const [{ openAdapter }, { openDawn }] = await Promise.all([import("../../client/donor/adapter.ts"), import("../../client/dawn/gpu.ts")]);
  if (name === undefined) await needGpu();
  let gpu: GPU;
  try {
    gpu = openDawn(name);
  } catch (error) {
    throw new CliError(EXIT.failure, "no-gpu", `There is no GPU ${name}: ${messageOf(error)}`, "Name another, or leave --gpu out.");
  }
  const adapter = await openAdapter({ allowSoftware: true, machine: { gpu, browser: "node", os: process.platform } });
  if (adapter.kind === "adapter") return adapter;
  throw noGpu();
}

/** What went wrong while the GPU computed the job of this name; what it lacks is told where admission `judged` the job. */
export function failureOf(error: unknown, job: string, { name: gpu, host }: OpenAdapter, judged?: Judged): CliError {
  if (error instanceof CliError) return error;
  if (isEndless(error))
    return new EndlessKernel(
      `The kernel of ${job} did not end on ${gpu}. ${error.message}`,
      "Give each loop a bound, divide the work among more workgroups or passes, and call functions in loops instead of one after the other.",
    );
  if (error instanceof IdlewaveError) return new CliError(EXIT.failure, error.code, error.message, error.todo);
  const lacking = error instanceof EngineError || !judged ? [] : lackingOf(judged, host);
  if (lacking.length > 0) {
    const todo = "Mend what needs it, or name another GPU with --gpu.";
    return new CliError(EXIT.failure, "gpu-lacks", `${gpu} cannot run the job. ${lacking.join(" ")}`, todo);
  }
  return new CliError(
    EXIT.failure,
    "gpu-failed",
    `${gpu} could not run the job: ${messageOf(error)}`,
    "Mend the kernel or what the job requires, or name another GPU with --gpu.",
  );
}
