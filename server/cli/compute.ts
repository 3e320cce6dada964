/** Computes units of a package on this machine's GPU, one after the other, as much at a time as keeps it busy. */
import { openChecker } from "../../client/canary/checker.ts";
import type { OpenAdapter } from "../../client/donor/adapter.ts";
import { Driver } from "../../client/engine/driver.ts";
import { openEngine } from "../../client/engine/engine.ts";
import { eagerPace } from "../../client/engine/pace.ts";
import type { UnitOutcome } from "../../client/engine/work.ts";
import type { SourceUnit } from "../../shared/export/export.ts";
import type { Admitted } from "../admit/package.ts";
import type { HashedFile } from "./check.ts";
import { LocalInputs, wholeFiles } from "./local-inputs.ts";

/** Units whose results are waited for at a time: the driver asks for as many as keep the GPU busy, never for so many. */
const UNITS_AT_ONCE = 128;
/** GPU time of a slice: nobody is promised a smooth screen here, and a driver's watchdog is far above it. */
export const SLICE_MICROS = 30_000;

/** What a person sees of it. */
export interface Told {
  /** Around the compilation of the kernel. */
  compiling<Result>(work: () => Promise<Result>): Promise<Result>;
  /** A unit is computed, in so many microseconds of GPU time. */
  unit(gpuMicros: number): void;
  /** The job's checker has judged a unit's result, in so many microseconds of GPU time; absent: it need not. */
  judged?(unit: number, isAccepted: boolean, gpuMicros: number): void;
}

/**
 * Framed results of the units `from <= unit < to`, ascending. Rejects with `EngineError` when the device cannot run the job;
 * after "endless" only the end of the process ends what runs.
 */
export async function* computeUnits(
  adapter: OpenAdapter,
  admitted: Admitted,
  files: readonly HashedFile[],
  { from, to }: { from: number; to: number },
  told: Told,
): AsyncGenerator<SourceUnit> {
  const { plan } = admitted;
  const device = await adapter.openDevice(plan.requires);
  const inputs = await LocalInputs.open(admitted, files);
  const whole = await wholeFiles(plan, files);
  const engine = await told.compiling(() => openEngine(device, plan, whole));
  const checker = told.judged && (await openChecker(device, plan, whole));
  const driver = new Driver(eagerPace(SLICE_MICROS));
  try {
    const waiting: { unit: number; outcome: Promise<UnitOutcome> }[] = [];
    for (let next = from; next < to || waiting.length > 0; ) {
      if (next < to && waiting.length < UNITS_AT_ONCE) {
        const { wantsNext, outcome } = driver.compute(engine, await inputs.of(next));
        // It is awaited in its turn.
        outcome.catch(() => undefined);
        waiting.push({ unit: next++, outcome });
        await wantsNext;
        continue;
      }
      const first = waiting.shift();
      if (!first) break;
      const { bytes, gpuMicros } = await first.outcome;
      told.unit(gpuMicros);
      if (checker && told.judged) {
        const verdict = await checker.accepts(await inputs.of(first.unit), bytes);
        told.judged(first.unit, verdict.isAccepted, verdict.gpuMicros);
      }
      yield { unit: first.unit, bytes };
    }
  } finally {
    await driver.stop();
    // Dawn would wait for a kernel that does not end.
    if (!driver.isHung) {
      checker?.destroy();
      engine.destroy();
      device.destroy();
    }
    await inputs.close();
  }
}
