/** The measurements of the page `/bench`, one after the other: the engine's goals that need no coordinator, on this GPU. */
import { BENCHMARK_GFLOP } from "../../shared/credit.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { BENCHMARK_PLAN, BENCHMARK_SOURCE } from "../engine/benchmark-plan.ts";
import type { BenchResult } from "./bench-result.ts";
import { judgeSlices } from "./goals.ts";
import { stopMillis, submitsOf, throughput } from "./measure.ts";
import { median } from "./median.ts";

/** Slice targets while a person is there, and while none is, µs. */
const POLITE_MICROS = 4_000;
const IDLE_MICROS = 30_000;
/** A unit of the comparison takes about so long, in seconds. */
const UNIT_SECONDS = 0.2;
const UNITS = 4;
const PAIRS = 3;
/** Rounds of the benchmark as it is written. */
const ROUNDS = 250;
/** GFLOP/s for each thousand workgroups that a fast GPU gets at once. */
const GFLOPS_A_ROW = 20;
const MOST_ROWS = 64;
const MOST_ROUNDS = 1_000_000;
/** A unit whose slices are looked at, in seconds: some eighty of them. */
const SLICED_SECONDS = 0.4;
const STOPS = 3;
const STOP_AFTER_MS = 87;

/** The benchmark with more rounds and rows of a thousand workgroups. */
export function longer(rounds: number, rows: number): JobPlan {
  const [pass] = BENCHMARK_PLAN.passes;
  const [work, ...others] = BENCHMARK_PLAN.buffers;
  if (!pass || !work) throw new Error("the benchmark has no pass or no buffer");
  const [unit] = work.writes;
  if (!unit) throw new Error("the benchmark writes nothing");
  const write = { offset: 4, as: "u32" as const, value: { scale: "1", offset: String(rounds) } };
  return {
    ...BENCHMARK_PLAN,
    passes: [{ ...pass, workgroups: [1000, rows, 1] }],
    buffers: [{ ...work, writes: [unit, write] }, ...others],
  };
}

/** The same work by the kernel as it was written, in one piece. */
function whole(plan: JobPlan): JobPlan {
  return {
    ...plan,
    kernel: BENCHMARK_SOURCE,
    passes: plan.passes.map((pass) => ({ ...pass, entryPoint: "main" })),
    slicing: { whole: "It is what slices are compared with." },
  };
}

/** Operations of a unit, in 10^9. */
export function gflopOf(rounds: number, rows: number): number {
  return (BENCHMARK_GFLOP * rows * rounds) / ROUNDS;
}

/** Rounds and rows that keep a GPU of this speed busy for so long. */
export function sizeFor(gflops: number, seconds: number): { rounds: number; rows: number } {
  const rows = Math.max(1, Math.min(MOST_ROWS, Math.round(gflops / GFLOPS_A_ROW)));
  const rounds = Math.round((gflops * seconds * ROUNDS) / (BENCHMARK_GFLOP * rows));
  return { rows, rounds: Math.max(1, Math.min(MOST_ROUNDS, rounds)) };
}

/** Measures. `tell`: what is done, 0 … 1, and what is measured now. Rejects with what WebGPU says. */
export async function runCourse(
  tell: (done: number, now: string) => void,
): Promise<Pick<BenchResult, "gflops" | "sliced" | "slices" | "stopMillis" | "sameBytes">> {
  const steps = 2 + 3 * PAIRS + 1 + STOPS;
  let done = 0;
  const step = <T>(now: string, measure: () => Promise<T>): Promise<T> => {
    tell(done++ / steps, now);
    return measure();
  };
  const speed = async (rounds: number, rows: number, units: number): Promise<number> => {
    const found = await step("How fast it is", () => throughput({ plan: whole(longer(rounds, rows)), targetMicros: null, units }));
    return (gflopOf(rounds, rows) * found.units) / found.seconds;
  };
  // A fast GPU is not busy with a short unit: what it does with a longer one says more.
  const guess = sizeFor(await speed(ROUNDS, 1, 2), UNIT_SECONDS);
  const gflops = await speed(guess.rounds, guess.rows, 2);

  const { rounds, rows } = sizeFor(gflops, UNIT_SECONDS);
  const plan = longer(rounds, rows);
  const rates: { whole: number[]; polite: number[]; idle: number[] } = { whole: [], polite: [], idle: [] };
  const digests = new Set<string>();
  const ways = [
    ["whole", whole(plan), null, "Whole dispatches"],
    ["polite", plan, POLITE_MICROS, "Slices of 4 ms"],
    ["idle", plan, IDLE_MICROS, "Slices of 30 ms"],
  ] as const;
  for (let pair = 0; pair < PAIRS; pair++) {
    for (const [way, made, targetMicros, now] of ways) {
      const found = await step(now, () => throughput({ plan: made, targetMicros, units: UNITS }));
      rates[way].push(found.units / found.seconds);
      digests.add(found.digest);
    }
  }
  const size = sizeFor(gflops, SLICED_SECONDS);
  const sliced = longer(size.rounds, size.rows);
  const submits = await step("How long slices are", () => submitsOf({ plan: sliced, targetMicros: POLITE_MICROS }));
  const stops: number[] = [];
  for (let turn = 0; turn < STOPS; turn++) {
    const afterMillis = STOP_AFTER_MS * (turn + 1);
    stops.push(await step("How soon it stops", () => stopMillis({ plan: sliced, targetMicros: POLITE_MICROS, afterMillis })));
  }
  const share = (way: "polite" | "idle") => median(rates[way].map((rate, pair) => rate / (rates.whole[pair] ?? Number.NaN)));
  return {
    gflops,
    sliced: { polite: share("polite"), idle: share("idle") },
    slices: judgeSlices(submits, POLITE_MICROS),
    stopMillis: Math.max(...stops),
    sameBytes: digests.size === 1,
  };
}
