/** The part of the auditor that runs slices of units again, or the checkers of their jobs, task after task: it has no token, and no way to the coordinator but to its blobs. */
import { createHash, randomInt } from "node:crypto";
import type { OpenAdapter } from "../../client/donor/adapter.ts";
import type { Inputs } from "../../client/donor/inputs/inputs.ts";
import { bytesIn, type Checked, MAX_RANGES } from "../../shared/checks.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { messageOf } from "../../shared/thrown.ts";
import { beat, type CheckMessage, tellParent } from "./audit-part.ts";
import { openGpu } from "./gpu.ts";

interface Opened {
  /** SHA-256 of its plan. */
  hash: string;
  /** Frees its engine and device. */
  close: () => void;
  check: Check;
}

type Check = (unit: CheckMessage["units"][number]) => Promise<Checked>;

/** Never resolves: whoever started the process ends it. Rejects with `CliError` when there is no GPU. */
export async function checkPart(gpu: string | undefined): Promise<void> {
  beat(() => process.exit());
  const adapter = await openGpu(gpu);
  // The job of the last task alone: the coordinator keeps to one for a while, and for another a device is opened anew.
  let opened: Promise<Opened | undefined> = Promise.resolve(undefined);
  process.on("message", (message: CheckMessage) => {
    opened = opened.then((known) => perform(adapter, message, known));
  });
  const { features, limits } = adapter.host;
  tellParent({ type: "ready", features, limits });
  await new Promise(() => undefined);
}

/** Tells of each unit what was found. Returns what is open afterwards. */
async function perform(
  adapter: OpenAdapter,
  { origin, plan: hash, how, units }: CheckMessage,
  known: Opened | undefined,
): Promise<Opened | undefined> {
  let opened = known?.hash === hash ? known : undefined;
  try {
    if (!opened) known?.close();
    opened ??= await open(adapter, origin, hash, how);
    for (const each of units) tellParent({ type: "checked", unit: each.unit, found: await opened.check(each) });
    return opened;
  } catch (error) {
    const { InputError } = await import("../../client/donor/inputs/inputs.ts");
    tellParent({ type: error instanceof InputError ? "unfetched" : "lost", why: messageOf(error) });
    // The process is ended in both cases; of a device that hangs nothing may be asked.
    return undefined;
  }
}

/** Rejects when it cannot be run, and with `InputError` when something of it could not be fetched. */
async function open(adapter: OpenAdapter, origin: string, hash: string, how: CheckMessage["how"]): Promise<Opened> {
  const { Inputs } = await import("../../client/donor/inputs/inputs.ts");
  const inputs = new Inputs(origin);
  const plan = await inputs.plan(hash);
  const device = await adapter.openDevice(plan.requires);
  const { check, destroy } = await (how === "checker" ? judging : sampling)(device, plan, inputs);
  const close = () => {
    destroy();
    device.destroy();
  };
  return { hash, close, check };
}

type Opening = (device: GPUDevice, plan: JobPlan, inputs: Inputs) => Promise<{ check: Check; destroy: () => void }>;

/** Runs the job's own checker over a result. */
const judging: Opening = async (device, plan, inputs) => {
  const [{ openChecker }, { inputOf }] = await Promise.all([
    import("../../client/canary/checker.ts"),
    import("../../client/canary/unit-input.ts"),
  ]);
  const checker = await openChecker(device, plan, await inputs.files(plan));
  if (!checker) throw new Error("The job has no checker.");
  const check: Check = async ({ unit, result }) => {
    if (!result) throw new Error(`Unit ${unit} came without its result.`);
    return { accepted: (await checker.accepts(await inputOf(inputs, plan, unit), result)).isAccepted };
  };
  return { check, destroy: () => checker.destroy() };
};

/** Runs slices again. */
const sampling: Opening = async (device, plan, inputs) => {
  const [{ openEngine }, { Direct }, { samplerOf }, { rangesOf }, { inputOf }] = await Promise.all([
    import("../../client/engine/engine.ts"),
    import("../../client/canary/direct.ts"),
    import("../../client/canary/sampling.ts"),
    import("../../client/canary/sampler.ts"),
    import("../../client/canary/unit-input.ts"),
  ]);
  const engine = await openEngine(device, plan, await inputs.files(plan));
  const sampler = samplerOf(engine, new Direct(engine), randomInt);
  const check: Check = async ({ unit, slices, bytes }) => {
    const written = await sampler.written(await inputOf(inputs, plan, unit), slices, bytes);
    const ranges = rangesOf(written);
    if (ranges.length > 2 * MAX_RANGES) throw new Error("What the slices wrote lies in too many places.");
    const found = bytesIn(written.result, ranges, written.bytes);
    if (!found) throw new Error("ranges are not those of the bytes that were written");
    return { ranges, digest: createHash("sha256").update(found).digest("hex") };
  };
  return { check, destroy: () => engine.destroy() };
};
