/** In the browser's worker: plans through engine and driver alone, at a fixed slice target. */
import { Driver } from "../../../client/engine/driver.ts";
import { openEngine } from "../../../client/engine/engine.ts";
import type { Pace } from "../../../client/engine/pace.ts";
import type { Engine } from "../../../client/engine/seam.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { type Submit, watchSubmits } from "../../browser/watched-engine.ts";
import type { Rate } from "./bare.ts";

function paceOf(targetMicros: number): Pace {
  return { targetMicros: () => targetMicros, turn: () => Promise.resolve(), busy() {}, idle() {}, end() {} };
}

async function openDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("there is no adapter");
  return adapter.requestDevice({ requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [] });
}

async function withEngine<T>(plan: JobPlan, measure: (engine: Engine) => Promise<T>): Promise<T> {
  const device = await openDevice();
  const engine = await openEngine(device, plan, new Map());
  try {
    return await measure(engine);
  } finally {
    engine.destroy();
    device.destroy();
  }
}

/** Gives units to the driver as it wants them; answers the bytes of the first. */
async function feed(driver: Driver, engine: Engine, units: number): Promise<Uint8Array> {
  const outcomes = [];
  for (let index = 0; index < units; index++) {
    const { wantsNext, outcome } = driver.compute(engine, { index });
    outcomes.push(outcome);
    await wantsNext;
  }
  const [first] = await Promise.all(outcomes);
  return first?.bytes ?? new Uint8Array();
}

/** Units a second once the controller knows the kernel, and the SHA-256 of unit 0. `targetMicros` null: no target at all. */
export function throughput({
  plan,
  targetMicros,
  units,
}: {
  plan: JobPlan;
  targetMicros: number | null;
  units: number;
}): Promise<Rate & { digest: string; submits: number }> {
  return withEngine(plan, async (engine) => {
    const { watched, submits } = watchSubmits(engine);
    const driver = new Driver(paceOf(targetMicros ?? Number.MAX_SAFE_INTEGER));
    const bytes = await feed(driver, watched, 2);
    const warm = submits.length;
    const begin = performance.now();
    await feed(driver, watched, units);
    const seconds = (performance.now() - begin) / 1000;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
    return { units, seconds, submits: submits.length - warm, digest: digest.join() };
  });
}

/** What each submit of one unit took. */
export function submitsOf({ plan, targetMicros }: { plan: JobPlan; targetMicros: number }): Promise<Submit[]> {
  return withEngine(plan, async (engine) => {
    const { watched, submits } = watchSubmits(engine);
    await feed(new Driver(paceOf(targetMicros)), watched, 1);
    return submits;
  });
}
