/** One unit of a job once more, with the volunteers' own engine: no account, no connection, nothing is sent. */

import type { JobPlan } from "../../shared/plan.ts";
import type { OpenAdapter } from "../donor/adapter.ts";
import { sha256Hex } from "../donor/digest.ts";
import type { Inputs } from "../donor/inputs/inputs.ts";
import { Driver } from "../engine/driver.ts";
import { openEngine } from "../engine/engine.ts";
import { isEndless } from "../engine/engine-error.ts";
import type { Pace } from "../engine/pace.ts";

export interface Rerun {
  /** Result bytes, and their SHA-256 in hexadecimal. */
  bytes: Uint8Array;
  digest: string;
  gpuMicros: number;
}

/**
 * Computes the unit. `onProgress`: the share that is done, 0 to 1. Rejects with `InputError`, with `EngineError` when the device
 * cannot run it, and with the browser's own error when the adapter lacks what the plan requires; after "endless" nothing may be
 * asked of the GPU any more.
 */
export async function rerun(
  adapter: OpenAdapter,
  inputs: Inputs,
  plan: JobPlan,
  unit: number,
  pace: Pace,
  onProgress: (share: number) => void,
): Promise<Rerun> {
  const [files, pieces, row] = [await inputs.files(plan), await inputs.pieces(plan, unit), await inputs.row(plan, unit)];
  const device = await adapter.openDevice(plan.requires);
  const driver = new Driver(pace);
  let hangs = false;
  try {
    const engine = await openEngine(device, plan, files);
    const input = { index: unit, ...(row ? { row } : {}), ...(pieces ? { pieces } : {}) };
    const { bytes, gpuMicros } = await driver.compute(engine, input, onProgress).outcome;
    return { bytes, digest: await sha256Hex(bytes), gpuMicros };
  } catch (error) {
    hangs = isEndless(error);
    throw error;
  } finally {
    await driver.stop();
    // Dawn, and Chromium on a software adapter, would wait for a kernel that does not end.
    if (!hangs) device.destroy();
  }
}
