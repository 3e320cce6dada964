/** In a worker: plans through engine and driver alone, without a donor, at a fixed slice target. */

import type { JobPlan } from "../../shared/plan.ts";
import { openAdapter } from "../donor/adapter.ts";
import { Driver } from "../engine/driver.ts";
import { openEngine } from "../engine/engine.ts";
import { eagerPace } from "../engine/pace.ts";
import type { Engine } from "../engine/seam.ts";
import { type Submit, watchSubmits } from "./watched-engine.ts";

export interface Rate {
  units: number;
  seconds: number;
}

export interface Throughput extends Rate {
  /** SHA-256 of unit 0. */
  digest: string;
  submits: number;
}

/** The card that is measured: the strongest. */
export const MEASURED = { allowSoftware: true, card: "strong" } as const;

async function openDevice(): Promise<GPUDevice> {
  const adapter = await openAdapter(MEASURED);
  if (adapter.kind !== "adapter") throw new Error("there is no adapter");
  return adapter.openDevice({ features: [], limits: {} });
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

/** Units a second once the controller knows the kernel. `targetMicros` null: no target at all. */
export function throughput({
  plan,
  targetMicros,
  units,
}: {
  plan: JobPlan;
  targetMicros: number | null;
  units: number;
}): Promise<Throughput> {
  return withEngine(plan, async (engine) => {
    const { watched, submits } = watchSubmits(engine);
    const driver = new Driver(eagerPace(targetMicros ?? Number.MAX_SAFE_INTEGER));
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
    await feed(new Driver(eagerPace(targetMicros)), watched, 1);
    return submits;
  });
}

/** Milliseconds from Stop in the midst of a unit until nothing of it is on the GPU. */
export function stopMillis({
  plan,
  targetMicros,
  afterMillis,
}: {
  plan: JobPlan;
  targetMicros: number;
  afterMillis: number;
}): Promise<number> {
  return withEngine(plan, async (engine) => {
    const driver = new Driver(eagerPace(targetMicros));
    driver.compute(engine, { index: 0 }).outcome.catch(() => undefined); // it is stopped
    await new Promise((resolve) => setTimeout(resolve, afterMillis));
    const begin = performance.now();
    await driver.stop();
    return performance.now() - begin;
  });
}
