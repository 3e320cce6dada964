/** Runs in Chromium: opens engines for plans that the test sends and gives back result bytes as number arrays. */

import { watchSubmits } from "../../client/bench/watched-engine.ts";
import { classOf } from "../../client/canary/alone.ts";
import { randomBoxes } from "../../client/canary/cut.ts";
import { Direct } from "../../client/canary/direct.ts";
import { samplerOf } from "../../client/canary/sampling.ts";
import { survey } from "../../client/canary/survey.ts";
import { openAdapter } from "../../client/donor/adapter.ts";
import type { Checkpoint } from "../../client/engine/checkpoint.ts";
import { Driver } from "../../client/engine/driver.ts";
import { openEngine } from "../../client/engine/engine.ts";
import { eagerPace } from "../../client/engine/pace.ts";
import type { Engine, Position, UnitInput } from "../../client/engine/seam.ts";
import { bytesWritten } from "../../shared/canary.ts";
import type { JobPlan } from "../../shared/plan.ts";

let device: GPUDevice;
let lost: Promise<GPUDeviceLostInfo>;

async function freshDevice(): Promise<void> {
  const adapter = await openAdapter({ allowSoftware: true });
  if (adapter.kind !== "adapter") throw new Error(adapter.kind);
  device = await adapter.openDevice({ features: [], limits: {} });
  lost = device.lost;
}

interface Given {
  plan: JobPlan;
  units: { index: number; row?: number[]; pieces?: [number, number[]][] }[];
  files?: Record<string, number[]>;
}

function inputOf(unit: Given["units"][number]): UnitInput {
  return {
    index: unit.index,
    row: unit.row && new Uint8Array(unit.row),
    pieces: unit.pieces && new Map(unit.pieces.map(([buffer, bytes]) => [buffer, new Uint8Array(bytes)])),
  };
}

function filesOf(given: Given): Map<string, Uint8Array> {
  return new Map(Object.entries(given.files ?? {}).map(([hash, bytes]) => [hash, new Uint8Array(bytes)]));
}

const freePace = eagerPace(30_000);

/** Counts submits of commands from now on. */
function countSubmits(): () => number {
  let count = 0;
  const { queue } = device;
  const plain = GPUQueue.prototype.submit.bind(queue);
  queue.submit = (buffers) => {
    if ([...buffers].length > 0) count++;
    return plain(buffers);
  };
  return () => count;
}

/** The dispatches of a unit, whole and in order. */
function* positionsOf({ plan }: Engine): Iterable<Position> {
  for (const [pass, { repeat, workgroups }] of plan.passes.entries()) {
    for (let iteration = 0; iteration < repeat; iteration++) {
      yield { pass, iteration, box: { from: [0, 0, 0], size: [...workgroups] } };
    }
  }
}

async function runSeam(engine: Engine, unit: UnitInput): Promise<{ bytes: number[]; micros: number }> {
  const opened = engine.open(unit);
  let micros = 0;
  for (const position of positionsOf(engine)) micros += await engine.run(opened, position);
  return { bytes: [...(await engine.read(opened))], micros };
}

const api = {
  freshDevice,
  /** One unit after the other through the seam, waiting for each slice. */
  async compute(given: Given) {
    const engine = await openEngine(device, given.plan, filesOf(given));
    const results = [];
    for (const unit of given.units) results.push(await runSeam(engine, inputOf(unit)));
    engine.destroy();
    return results;
  },
  /**
   * What the canary finds of the units' slices, the bytes of the units whole, and what some of the first one's slices wrote, by byte
   * of its result: null where they wrote nothing. `slices`: any numbers, each taken modulo the partition's length.
   */
  async sampled(given: Given, slices: readonly number[]) {
    const engine = await openEngine(device, given.plan, filesOf(given));
    const direct = new Direct(engine);
    const below = (limit: number) => Math.floor(Math.random() * limit);
    const [pass] = given.plan.passes;
    if (!pass || given.plan.passes.length > 1 || pass.repeat > 1) return { verdict: null };
    const units = [];
    for (const unit of given.units)
      units.push({ input: inputOf(unit), bytes: new Uint8Array((await runSeam(engine, inputOf(unit))).bytes) });
    const [first] = units;
    if (!first) throw new Error("no unit");
    const boxes = randomBoxes(pass.workgroups, 7, Number.POSITIVE_INFINITY, below);
    const verdict = await classOf(engine, first.input, boxes, (...run) => direct.runOn(...run), below);
    if (verdict !== "T") return { verdict };
    const sampler = samplerOf(engine, direct, below);
    const found = await survey(sampler, units, below);
    if ("unsampled" in found) return { verdict, ...found };
    const some = [...new Set(slices.map((slice) => slice % sampler.slices.length))].sort((a, b) => a - b);
    const expected = bytesWritten(found.slices, some);
    const { result, mask, bytes } = await sampler.written(first.input, some, expected);
    const wrote = [...mask].map((mark, at) => (mark === 1 ? (result[at] as number) : null));
    engine.destroy();
    return { verdict, slices: found.slices, isExact: bytes === expected, wrote, whole: [...first.bytes] };
  },
  /** Each unit cut into these slices, all of them submitted at once. */
  async slices(given: Given, positions: Position[]) {
    const engine = await openEngine(device, given.plan, filesOf(given));
    const results = [];
    for (const unit of given.units) {
      const opened = engine.open(inputOf(unit));
      const times = await Promise.all(positions.map((position) => engine.run(opened, position)));
      results.push({ bytes: [...(await engine.read(opened))], micros: times.reduce((sum, micros) => sum + micros, 0) });
    }
    engine.destroy();
    return results;
  },
  /** All units through the driver, each given when it is wanted. */
  async drive(given: Given) {
    const engine = await openEngine(device, given.plan, filesOf(given));
    const log: string[] = [];
    const submits = countSubmits();
    const driver = new Driver({ ...freePace, busy: () => log.push("busy"), idle: () => log.push("idle") });
    const outcomes = [];
    for (const unit of given.units) {
      const computation = driver.compute(engine, inputOf(unit));
      await computation.wantsNext;
      log.push(`wants next after ${unit.index}`);
      outcomes.push(
        computation.outcome.then((outcome) => {
          log.push(`done ${unit.index}`);
          return { bytes: [...outcome.bytes], micros: outcome.gpuMicros };
        }),
      );
    }
    const results = await Promise.all(outcomes);
    await driver.stop();
    engine.destroy();
    return { results, log, submits: submits() };
  },
  /** One unit through the driver at a slice target; answers its bytes and the workgroups of each submit. */
  async atTarget(given: Given, targetMicros: number) {
    const engine = await openEngine(device, given.plan, filesOf(given));
    const { watched, submits } = watchSubmits(engine);
    const driver = new Driver(eagerPace(targetMicros));
    const { bytes } = await driver.compute(watched, inputOf(given.units[0] as Given["units"][number])).outcome;
    await driver.stop();
    engine.destroy();
    return { bytes: [...bytes], submits };
  },
  /** One unit in small slices with all its checkpoints, and then from some of them, each on an engine that has run another unit before. */
  async fromCheckpoints(given: Given, targetMicros: number, many: number) {
    const pace = eagerPace(targetMicros);
    const input = inputOf(given.units[0] as Given["units"][number]);
    const taken: Checkpoint[] = [];
    const keeper = { everyMicros: 0, maxStateBytes: 1 << 20, from: null, take: (checkpoint: Checkpoint) => void taken.push(checkpoint) };
    const once = async (from: Checkpoint | null) => {
      const engine = await openEngine(device, given.plan, filesOf(given));
      const driver = new Driver(pace);
      if (from) await driver.compute(engine, { ...input, index: input.index + 1 }).outcome;
      const keeping = from ? { ...keeper, from, take: () => undefined } : keeper;
      const { bytes } = await driver.compute(engine, input, () => undefined, keeping).outcome;
      await driver.stop();
      engine.destroy();
      return [...bytes];
    };
    const whole = await once(null);
    const step = Math.max(1, Math.floor(taken.length / many));
    const some = taken.filter((_, at) => at % step === 0);
    const resumed: number[][] = [];
    for (const checkpoint of some) resumed.push(await once(checkpoint));
    return { whole, places: some.map(({ place }) => place), resumed };
  },
  async stopHalfway(given: Given) {
    const engine = await openEngine(device, given.plan, filesOf(given));
    const driver = new Driver(freePace);
    const settled: string[] = [];
    const all = given.units.map(async (unit, i) => {
      const { outcome } = driver.compute(engine, inputOf(unit));
      await outcome.then(
        () => settled.push(`${unit.index} done`),
        (error: Error) => settled.push(`${unit.index} ${error.name}`),
      );
      if (i === 0) await driver.stop();
    });
    await Promise.all(all);
    return settled.sort();
  },
  async failure(given: Given, box?: Position["box"]) {
    try {
      const engine = await openEngine(device, given.plan, filesOf(given));
      const opened = engine.open(inputOf(given.units[0] as Given["units"][number]));
      for (const position of positionsOf(engine)) await engine.run(opened, box ? { ...position, box } : position);
      await engine.read(opened);
      return { code: "none", message: "" };
    } catch (error) {
      return { code: (error as { code?: string }).code ?? (error as Error).name, message: (error as Error).message };
    }
  },
  /** Starts a unit and says how it ended; the test crashes the GPU process meanwhile. */
  async untilLost(given: Given) {
    const engine = await openEngine(device, given.plan, filesOf(given));
    try {
      for (;;) await runSeam(engine, inputOf(given.units[0] as Given["units"][number]));
    } catch (error) {
      await lost;
      return (error as { code?: string }).code ?? String(error);
    }
  },
};

export type EnginePage = typeof api;
Object.assign(globalThis, { api, ready: true });
