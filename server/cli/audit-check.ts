/** The part of the auditor that runs slices of units again, task after task: it has no token, and no way to the coordinator but to its blobs. */
import { createHash, randomInt } from "node:crypto";
import type { OpenAdapter } from "../../client/donor/adapter.ts";
import { bytesIn, MAX_RANGES } from "../../shared/checks.ts";
import { messageOf } from "../../shared/thrown.ts";
import { beat, type Checked, type CheckMessage, tellParent } from "./audit-part.ts";
import { openGpu } from "./gpu.ts";

interface Opened {
  /** SHA-256 of its plan. */
  hash: string;
  /** Frees its engine and device. */
  close: () => void;
  check: (unit: number, slices: readonly number[], bytes: number) => Promise<Checked>;
}

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
  { origin, plan: hash, units }: CheckMessage,
  known: Opened | undefined,
): Promise<Opened | undefined> {
  let opened = known?.hash === hash ? known : undefined;
  try {
    if (!opened) known?.close();
    opened ??= await open(adapter, origin, hash);
    for (const { unit, slices, bytes } of units) tellParent({ type: "checked", unit, found: await opened.check(unit, slices, bytes) });
    return opened;
  } catch (error) {
    const { InputError } = await import("../../client/donor/inputs/inputs.ts");
    tellParent({ type: error instanceof InputError ? "unfetched" : "lost", why: messageOf(error) });
    // The process is ended in both cases; of a device that hangs nothing may be asked.
    return undefined;
  }
}

/** Rejects when it cannot be run, and with `InputError` when something of it could not be fetched. */
async function open(adapter: OpenAdapter, origin: string, hash: string): Promise<Opened> {
  const [{ openEngine }, { Inputs }, { Direct }, { samplerOf }, { rangesOf }] = await Promise.all([
    import("../../client/engine/engine.ts"),
    import("../../client/donor/inputs/inputs.ts"),
    import("../../client/canary/direct.ts"),
    import("../../client/canary/sampling.ts"),
    import("../../client/canary/sampler.ts"),
  ]);
  const inputs = new Inputs(origin);
  const plan = await inputs.plan(hash);
  const files = await inputs.files(plan);
  const device = await adapter.openDevice(plan.requires);
  const engine = await openEngine(device, plan, files);
  const sampler = samplerOf(engine, new Direct(engine), randomInt);
  const check: Opened["check"] = async (unit, slices, bytes) => {
    const [pieces, row] = [await inputs.pieces(plan, unit), await inputs.row(plan, unit)];
    const written = await sampler.written({ index: unit, ...(row ? { row } : {}), ...(pieces ? { pieces } : {}) }, slices, bytes);
    const ranges = rangesOf(written);
    if (ranges.length > 2 * MAX_RANGES) throw new Error("What the slices wrote lies in too many places.");
    const found = bytesIn(written.result, ranges, written.bytes);
    if (!found) throw new Error("ranges are not those of the bytes that were written");
    return { ranges, digest: createHash("sha256").update(found).digest("hex") };
  };
  const close = () => {
    engine.destroy();
    device.destroy();
  };
  return { hash, close, check };
}
