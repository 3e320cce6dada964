/** `replay <job> <unit>`: a unit once more on this machine's GPU, beside what the coordinator holds of it. */
import { createHash } from "node:crypto";
import type { Command } from "commander";
import type { OpenAdapter } from "../../client/donor/adapter.ts";
import type { Inputs } from "../../client/donor/inputs/inputs.ts";
import type { Rerun } from "../../client/proof/rerun.ts";
import type { JobStatus } from "../../shared/api.ts";
import { type Difference, differenceOf } from "../../shared/difference.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { type Unit, UnitSchema } from "../../shared/unit.ts";
import { unitAddress } from "../../shared/unit-address.ts";
import { type Connection, findJob, send, sendJson } from "./api.ts";
import { shareBar } from "./bar.ts";
import { CliError, EXIT } from "./exit.ts";
import { failureOf, openGpu } from "./gpu.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note, print, printJson } from "./print.ts";
import { onGpu } from "./software.ts";
import { asking, ONCE_IT_LASTS, working } from "./working.ts";

interface ReplayOptions extends VerbOptions {
  gpu?: string;
  software?: boolean;
}

/** `alike`: other bytes, within the job's tolerance. `none`: the unit failed, there is no canonical result. */
type Verdict = "equal" | "alike" | "differs" | "none";

interface Replica {
  volunteer: string;
  outcome: Unit["replicas"][number]["outcome"];
  /** Empty: it did not run, or it was not kept. */
  digest: string;
  /** null: its digest was not kept. */
  equal: boolean | null;
  /** Present when it is not equal and its bytes are kept. */
  difference?: Difference;
}

export function replayVerb(program: Command): void {
  verb(program, "replay <job> <unit>", "compute a unit of a job again on this machine's GPU, and compare it with what volunteers said")
    .option("--gpu <name>", "part of the name of the GPU to use")
    .option("--software", "compute on the processor, with Chromium's software driver: slow, and the same bytes")
    .action(async (job: string, unit: string, options: ReplayOptions) => {
      await onGpu(options.software === true, () => replay(job, unit, options));
    });
}

async function replay(name: string, index: string, options: ReplayOptions): Promise<void> {
  const connection = connectionOf(options);
  const find = async () => {
    const job = await findJob(connection, name);
    return { job, unit: await endedUnit(connection, job, index) };
  };
  const { job, unit } = await asking(connection, options, find);
  const { Inputs } = await import("../../client/donor/inputs/inputs.ts");
  // A pool's inputs are its owner's to read.
  const headers = (): Record<string, string> => (connection.token ? { authorization: `Bearer ${connection.token}` } : {});
  const inputs = new Inputs(connection.url, undefined, headers);
  const adapter = await working("Opening the GPU", options.json, () => openGpu(options.gpu), ONCE_IT_LASTS);
  const [plan, result] = await compute(job, unit, inputs, adapter);
  const canonical = unit.digest === "" ? undefined : await differenceFrom(connection, unit, unit.digest, plan, result);
  const isAccepted = plan.checker && unit.digest !== "" ? await judged(connection, job, unit, plan, result, inputs, adapter) : undefined;
  const replicas: Replica[] = [];
  for (const { volunteer, outcome, digest, bytes } of unit.replicas) {
    const difference = bytes ? await differenceFrom(connection, unit, digest, plan, result) : undefined;
    const equal = digest === "" ? null : digest === result.digest;
    replicas.push({ volunteer, outcome, digest, equal, ...(difference ? { difference } : {}) });
  }
  const verdict = verdictOf(unit, result, canonical);
  const here = { gpu: adapter.name, software: adapter.host.software, gpuMillis: result.gpuMicros / 1000, digest: result.digest };
  const accepted = isAccepted === undefined ? {} : { accepted: isAccepted };
  const told = { digest: unit.digest, rule: unit.rule, ...accepted, ...(canonical ? { difference: canonical } : {}) };
  // A pool's page opens for its members alone.
  const page = job.pool ? "" : `${connection.url}${unitAddress(job, unit.unit)}`;
  if (options.json) printJson({ job: job.id, unit: unit.unit, ...(page ? { page } : {}), verdict, here, canonical: told, replicas });
  else {
    note(`Unit ${unit.unit} of ${job.name} on ${adapter.host.software ? `${adapter.name}, in software` : adapter.name}:`);
    print(`here       ${result.digest}`);
    print(
      unit.digest === "" ? "canonical  none, the unit failed" : `canonical  ${unit.digest}  ${wordsOf(verdict === "equal", canonical)}`,
    );
    if (isAccepted !== undefined) print(`checker    ${isAccepted ? "accepts" : "refuses"} the canonical result`);
    for (const each of replicas) print(`${each.volunteer.padEnd(12)}  ${each.outcome.padEnd(7)}  ${replicaWords(each)}`);
    if (page) print(`page       ${page}`);
  }
  if (verdict === "none" || verdict === "differs") throw new CliError(verdict === "none" ? EXIT.notReady : EXIT.differs, verdict, "", "");
}

function verdictOf(unit: Unit, result: Rerun, canonical: Difference | undefined): Verdict {
  if (unit.digest === "") return "none";
  if (unit.digest === result.digest) return "equal";
  return canonical?.distance === undefined ? "differs" : "alike";
}

async function endedUnit(connection: Connection, job: JobStatus, index: string): Promise<Unit> {
  if (!/^\d{1,15}$/.test(index) || Number(index) >= job.units.total) {
    const todo = `The job has the units 0 to ${(job.units.total - 1).toLocaleString("en")}.`;
    throw new CliError(EXIT.usage, "usage", `${index} is no unit of ${job.name}.`, todo);
  }
  const unit = await sendJson(connection, `/api/jobs/${job.id}/units/${Number(index)}`, UnitSchema);
  if (unit.state === "open")
    throw new CliError(EXIT.notReady, "not-ready", `Unit ${unit.unit} has not ended yet.`, "Choose one that is final, or wait.");
  if (unit.state === "dropped")
    throw new CliError(EXIT.notReady, "not-ready", `Unit ${unit.unit} has no result: its job ended before it did.`, "Choose another.");
  return unit;
}

async function compute(job: JobStatus, unit: Unit, inputs: Inputs, adapter: OpenAdapter): Promise<[JobPlan, Rerun]> {
  const [{ rerun }, { eagerPace }, { SLICE_MICROS }] = await Promise.all([
    import("../../client/proof/rerun.ts"),
    import("../../client/engine/pace.ts"),
    import("./compute.ts"),
  ]);
  const bar = shareBar(`Computing unit ${unit.unit} of ${job.name}`);
  try {
    const plan = await inputs.plan(unit.plan);
    return [plan, await rerun(adapter, inputs, plan, unit.unit, eagerPace(SLICE_MICROS), (share) => bar.update(share))];
  } catch (error) {
    throw failureOf(error, job.name, adapter);
  } finally {
    bar.stop();
  }
}

/** Whether the job's checker, here, accepts the canonical result. */
async function judged(
  connection: Connection,
  job: JobStatus,
  unit: Unit,
  plan: JobPlan,
  result: Rerun,
  inputs: Inputs,
  adapter: OpenAdapter,
): Promise<boolean | undefined> {
  const bytes = unit.digest === result.digest ? result.bytes : await bytesOf(connection, unit, unit.digest);
  try {
    const [{ openChecker }, { inputOf }] = await Promise.all([
      import("../../client/canary/checker.ts"),
      import("../../client/canary/unit-input.ts"),
    ]);
    const device = await adapter.openDevice(plan.requires);
    const checker = await openChecker(device, plan, await inputs.files(plan));
    const verdict = await checker?.accepts(await inputOf(inputs, plan, unit.unit), bytes);
    checker?.destroy();
    device.destroy();
    return verdict?.isAccepted;
  } catch (error) {
    throw failureOf(error, job.name, adapter);
  }
}

/** Undefined when the result has this digest. */
async function differenceFrom(
  connection: Connection,
  unit: Unit,
  digest: string,
  plan: JobPlan,
  result: Rerun,
): Promise<Difference | undefined> {
  if (digest === result.digest) return undefined;
  return differenceOf(plan, result.bytes, await bytesOf(connection, unit, digest));
}

async function bytesOf(connection: Connection, { job, unit }: Unit, digest: string): Promise<Uint8Array> {
  const response = await send(connection, `/api/jobs/${job}/units/${unit}/bytes?digest=${digest}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (createHash("sha256").update(bytes).digest("hex") !== digest)
    throw new CliError(
      EXIT.failure,
      "bad-answer",
      `The coordinator's bytes do not have the digest ${digest} that it tells.`,
      "Tell its operator.",
    );
  return bytes;
}

function replicaWords({ digest, equal, difference }: Replica): string {
  return equal === null ? "its digest was not kept, or it did not run" : `${digest}  ${wordsOf(equal, difference)}`;
}

function wordsOf(equal: boolean, difference: Difference | undefined): string {
  if (equal) return "equal";
  if (!difference) return "differs, its bytes were not kept";
  const { byte, element, distance } = difference;
  const from = `differs from byte ${byte.toLocaleString("en")} on`;
  const how = distance === undefined ? from : `alike, in ${Number((100 * distance).toPrecision(2))} % of the tolerance; ${from}`;
  if (!element) return how;
  const { output, index, dtype, mine, theirs } = element;
  return `${how}: ${output}[${index.join(", ")}], ${dtype}, is ${mine} here and ${theirs} there`;
}
