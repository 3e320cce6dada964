/**
 * The canary's measurement of one job: a few of its units, spread over it, are run twice as volunteers run them, then cut at
 * random and in any order, then slice by slice alone; its checker, where it has one, judges them. What is known so far is told all the time, for the process that does it may
 * be ended at any moment: when a kernel does not end nothing else on its device ever does.
 */
import type { CanaryFinding } from "../../shared/canary.ts";
import { NOTHING_FOUND } from "../../shared/canary.ts";
import { BENCHMARK_GFLOP } from "../../shared/credit.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { messageOf } from "../../shared/thrown.ts";
import type { OpenAdapter } from "../donor/adapter.ts";
import { InputError, type Inputs } from "../donor/inputs/inputs.ts";
import { allWorkgroups } from "../engine/amounts.ts";
import { measureGflops } from "../engine/benchmark.ts";
import { BENCHMARK_PLAN } from "../engine/benchmark-plan.ts";
import { Driver } from "../engine/driver.ts";
import { openEngine } from "../engine/engine.ts";
import { EngineError, isEndless } from "../engine/engine-error.ts";
import { eagerPace } from "../engine/pace.ts";
import type { Engine, UnitInput } from "../engine/seam.ts";
import { classOf, MAX_STATE_BYTES, type SliceClass } from "./alone.ts";
import { type Checker, openChecker, tried } from "./checker.ts";
import { type Below, randomBoxes } from "./cut.ts";
import { Direct } from "./direct.ts";
import { Repeats, sentence } from "./repeats.ts";
import { samplerOf } from "./sampling.ts";
import { survey } from "./survey.ts";
import { inputOf } from "./unit-input.ts";

/** Two equal runs do not show that a kernel gives the same bytes always, nor does one unit. */
const UNITS = 3;
/** Boxes that the dispatches of each of the units are cut into: at random in any order, and alone. */
const CUTS = [
  { mixed: [1, 4], alone: 3 },
  { mixed: [2, 9], alone: 7 },
  { mixed: [3, 16], alone: 12 },
] as const;
/** Boxes of a unit at most, where its dispatches need not be cut into more. */
const MAX_MIXED_BOXES = 2048;
const SLICE_MICROS = 30_000;
/** A box that is believed to take longer is cut, microseconds: drivers reset a GPU that does not answer for two seconds. */
const LONGEST_BOX_MICROS = 500_000;

interface CanaryTask {
  adapter: OpenAdapter;
  inputs: Inputs;
  /** SHA-256 of the plan. */
  plan: string;
  below: Below;
  /** Told of what is known, each time that is more. */
  tell: (found: CanaryFinding) => void;
}

/** Rejects with `InputError`, and with `EngineError` "device-lost": both may be nothing of the job's. */
export async function measure({ adapter, inputs, plan: hash, below, tell }: CanaryTask): Promise<CanaryFinding> {
  let found = NOTHING_FOUND;
  const know = (more: Partial<CanaryFinding>): CanaryFinding => {
    found = { ...found, ...more };
    tell(found);
    return found;
  };
  try {
    const plan = await inputs.plan(hash);
    know({ benchmarkMicros: await benchmark(adapter) });
    const device = await adapter.openDevice(plan.requires);
    const files = await inputs.files(plan);
    const engine = await openEngine(device, plan, files);
    const checker = await openChecker(device, plan, files);
    return know(await inspect(engine, new Direct(engine), checker, (unit) => inputOf(inputs, plan, unit), below, know));
  } catch (error) {
    if (error instanceof InputError || (error instanceof EngineError && error.code === "device-lost")) throw error;
    if (isEndless(error)) return know(refusalOf(error));
    return know({ verdict: "opaque", why: sentence(`It could not be run on the auditor's GPU: ${messageOf(error)}`) });
  }
}

function refusalOf({ message }: EngineError): Pick<CanaryFinding, "verdict" | "why"> {
  const todo =
    "Give each loop a bound, divide the work among more workgroups or passes, and call functions in loops instead of one after the other.";
  return { verdict: "refused", why: sentence(`It does not end. ${message} ${todo}`) };
}

/** GPU time of one unit of the benchmark, microseconds. Rejects with `EngineError` "device-lost": whatever happens here is the GPU's. */
async function benchmark(adapter: OpenAdapter): Promise<number> {
  try {
    const device = await adapter.openDevice(BENCHMARK_PLAN.requires);
    const gflops = await measureGflops(new Driver(eagerPace(SLICE_MICROS)), await openEngine(device, BENCHMARK_PLAN, new Map()));
    device.destroy();
    return (BENCHMARK_GFLOP / gflops) * 1e6;
  } catch (error) {
    throw new EngineError("device-lost", `The benchmark could not be run: ${messageOf(error)}`);
  }
}

async function inspect(
  engine: Engine,
  direct: Direct,
  checker: Checker | undefined,
  inputOf: (unit: number) => Promise<UnitInput>,
  below: Below,
  know: (more: Partial<CanaryFinding>) => void,
): Promise<Partial<CanaryFinding>> {
  const { plan } = engine;
  const times: number[] = [];
  const known: { input: UnitInput; bytes: Uint8Array }[] = [];
  const driver = new Driver(eagerPace(SLICE_MICROS));
  const repeats = new Repeats(plan);
  const units = spread(plan.units.count, below);
  for (const unit of units) {
    const input = await inputOf(unit);
    const first = await driver.compute(engine, input).outcome;
    // Where it takes long this is all that is known of its time.
    know({ unitMicros: median([...times, first.gpuMicros]) });
    const second = await driver.compute(engine, input).outcome;
    times.push(second.gpuMicros);
    known.push({ input, bytes: first.bytes });
    know({ units: units.slice(0, known.length), unitMicros: median(times) });
    const differs = repeats.refuse(unit, first.bytes) ?? repeats.differ(unit, first.bytes, second.bytes, "the second time");
    know(repeats.found);
    if (differs) return differs;
  }
  const judged = checker ? await tried(checker, plan, known, below) : {};
  if (judged.verdict) return judged;
  know(judged);
  if ("whole" in plan.slicing) return { verdict: "opaque", why: sentence(`It cannot be cut into slices: ${plan.slicing.whole}`) };
  const most = mostWorkgroups(engine, median(times));
  direct.expect(median(times));
  try {
    for (const [at, { input, bytes }] of known.entries()) {
      for (const wanted of CUTS[at]?.mixed ?? []) {
        const parts = Math.min(wanted, Math.max(1, Math.floor(MAX_MIXED_BOXES / dispatchesOf(plan))));
        const cut = await direct.compute(input, (grid) => randomBoxes(grid, parts, most, below));
        const differs = repeats.differ(input.index, bytes, cut, "cut into slices in another order");
        know(repeats.found);
        if (differs) return differs;
      }
    }
    return await classify(engine, direct, known, most, below);
  } catch (error) {
    if (!isEndless(error)) throw error;
    return { verdict: "opaque", why: "A slice of it does not end when others have not run before: its workgroups wait for each other." };
  }
}

/** Why a class other than T is not checked by some of its slices. */
const SHARED = { R: "Its slices read what they write over.", E: "Some of its slices write the same bytes." };

const RANKS: readonly SliceClass[] = ["T", "R", "E"];

async function classify(
  engine: Engine,
  direct: Direct,
  known: readonly { input: UnitInput; bytes: Uint8Array }[],
  most: number,
  below: Below,
): Promise<Partial<CanaryFinding>> {
  const [pass] = engine.plan.passes;
  if (!pass || dispatchesOf(engine.plan) > 1)
    return { verdict: "opaque", why: "A unit of it is several dispatches, and slices are told apart within one alone." };
  if (engine.stateBytes > MAX_STATE_BYTES)
    return {
      verdict: "opaque",
      why: `A unit's buffers have ${engine.stateBytes} bytes, and at most ${MAX_STATE_BYTES} are compared slice by slice.`,
    };
  let verdict: SliceClass = "T";
  for (const [at, { input }] of known.entries()) {
    const boxes = randomBoxes(pass.workgroups, CUTS[at]?.alone ?? 1, most, below);
    const found = await classOf(engine, input, boxes, (...run) => direct.runOn(...run), below);
    if (!found) return { verdict: "opaque", why: "What its slices write alone is not what they write together." };
    if (RANKS.indexOf(found) > RANKS.indexOf(verdict)) verdict = found;
  }
  if (verdict !== "T") return { verdict, why: "", unsampled: SHARED[verdict] };
  return { verdict, why: "", ...(await survey(samplerOf(engine, direct, below), known, below)) };
}

/** One unit of each of UNITS equal parts of the job, ascending. */
function spread(count: number, below: Below): number[] {
  const parts = Math.min(UNITS, count);
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [Math.floor((part * count) / parts), Math.floor(((part + 1) * count) / parts)];
    return from + below(to - from);
  });
}

/** Workgroups of one box that is believed to take LONGEST_BOX_MICROS. */
function mostWorkgroups(engine: Engine, unitMicros: number): number {
  return Math.max(1, Math.floor((allWorkgroups(engine) * LONGEST_BOX_MICROS) / Math.max(1, unitMicros)));
}

function dispatchesOf({ passes }: JobPlan): number {
  return passes.reduce((all, { repeat }) => all + repeat, 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
