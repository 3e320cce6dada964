/** How fast a GPU is: a few units of the benchmark through the driver, sliced and paced as all that the driver runs. */

import { BENCHMARK_GFLOP } from "../../shared/credit.ts";
import { total } from "../../shared/total.ts";
import type { Driver } from "./driver.ts";
import type { Engine } from "./seam.ts";

/** So much GPU time says enough; what few units take in it is measured well on a slow GPU, and a fast one computes many. */
const ENOUGH_MICROS = 50_000;
const MOST_UNITS = 64;
/** The first unit is cut finely, for its kernel is unknown: it counts only where it is the only one. */
const UNKNOWN_UNITS = 1;

/** GFLOP/s of an engine that was opened with `BENCHMARK_PLAN`. Rejects as `Driver.compute` does. */
export async function measureGflops(driver: Driver, engine: Engine): Promise<number> {
  const times: number[] = [];
  let spent = 0;
  const outcomes: Promise<void>[] = [];
  for (let index = 0; index < MOST_UNITS && spent < ENOUGH_MICROS; index++) {
    const { wantsNext, outcome } = driver.compute(engine, { index });
    const counted = outcome.then(({ gpuMicros }) => {
      times.push(gpuMicros);
      spent += gpuMicros;
    });
    counted.catch(() => undefined); // awaited below
    outcomes.push(counted);
    await wantsNext;
  }
  await Promise.all(outcomes);
  const known = times.length > UNKNOWN_UNITS ? times.slice(UNKNOWN_UNITS) : times;
  const micros = total(known);
  return (BENCHMARK_GFLOP * known.length) / (Math.max(1, micros) / 1e6);
}
