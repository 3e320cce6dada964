/** The jobs this donor can compute right now: for each a device with what the job needs, its engine and its inputs. */

import type { JobStatus } from "../../../shared/api.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { total } from "../../../shared/total.ts";
import { measureGflops } from "../../engine/benchmark.ts";
import { BENCHMARK_PLAN } from "../../engine/benchmark-plan.ts";
import type { Keeper } from "../../engine/checkpoint.ts";
import { type Computation, Driver, DriverStopped, TooLong } from "../../engine/driver.ts";
import { openEngine } from "../../engine/engine.ts";
import { isEndless } from "../../engine/engine-error.ts";
import { memoryOf } from "../../engine/memory.ts";
import type { Pace } from "../../engine/pace.ts";
import type { Engine } from "../../engine/seam.ts";
import type { Needs, OpenAdapter } from "../adapter.ts";
import { type Barred, BarredKernel } from "../claims/barred.ts";
import type { Task } from "../claims/claims.ts";
import type { Inputs } from "../inputs/inputs.ts";

/** Jobs kept open; an assignment may be of another job than the last. */
const KEPT_BENCHES = 2;
/** One crash of the GPU process takes all devices: losses this near are one. */
const ONE_LOSS_MS = 2_000;

export interface Bench {
  status: JobStatus;
  plan: JobPlan;
  engine: Engine;
  device: GPUDevice;
}

/** The job takes more GPU memory than the visitor lends. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

/** The job's kernel was given up before it was compiled (watchdog.ts). */
export class Uncompiled extends Error {
  override readonly name = "Uncompiled";
  readonly status: JobStatus;

  constructor(status: JobStatus, why: string) {
    super(`The kernel of "${status.title}" does not compile. ${why}`);
    this.status = status;
  }
}

export class Workshop {
  private readonly adapter: OpenAdapter;
  private readonly inputs: Inputs;
  private readonly barred: Barred;
  private readonly driver: Driver;
  private readonly onLost: () => void;
  private readonly pace: Pace;
  /** What the longest pieces of jobs took that were given up for it, microseconds. */
  private readonly longPieces = new Map<number, number>();
  private readonly memoryBytes: number;
  /** GPU memory that each open job takes at most. */
  private readonly taken = new Map<number, number>();
  private readonly benches = new Map<number, Promise<Bench>>();
  private stopped = false;
  private compiler: Uncompiled | undefined;
  private lostAt = Number.NEGATIVE_INFINITY;

  /** `memoryBytes`: the GPU memory that may be taken. `onLost`: a device was lost; all benches are gone, and the next `bench` makes a new one. */
  constructor(adapter: OpenAdapter, inputs: Inputs, barred: Barred, pace: Pace, memoryBytes: number, onLost: () => void) {
    this.adapter = adapter;
    this.inputs = inputs;
    this.barred = barred;
    this.pace = pace;
    this.driver = new Driver(pace);
    this.memoryBytes = memoryBytes;
    this.onLost = onLost;
  }

  /** Opens the job or gives the open one. Rejects with `BarredKernel`, `TooLarge`, `TooLong`, `Uncompiled`, `InputError`, `EngineError`, or what the adapter says. */
  bench(job: number): Promise<Bench> {
    const known = this.benches.get(job);
    if (known) {
      this.benches.delete(job);
      this.benches.set(job, known);
      return known;
    }
    const opening = this.open(job);
    this.benches.set(job, opening);
    for (const old of [...this.benches.keys()].slice(0, -KEPT_BENCHES)) this.close(old);
    opening.catch(() => {
      if (this.benches.get(job) !== opening) return;
      this.benches.delete(job);
      this.taken.delete(job);
    });
    return opening;
  }

  /** Computes one unit, its piece of split files fetched first. */
  async compute(bench: Bench, task: Task, onProgress: (share: number) => void, keeper: Keeper): Promise<Computation> {
    const pieces = await this.inputs.pieces(bench.plan, task.unit);
    const computation = this.driver.compute(bench.engine, { index: task.unit, row: task.row, pieces }, onProgress, keeper);
    computation.outcome.catch((error: unknown) => {
      if (error instanceof TooLong) this.longPieces.set(task.job, error.micros);
    });
    return computation;
  }

  /**
   * A kernel does not end, or its compilation does not. Its device is kept as it is: in Chromium on a software adapter the GPU process waits for it as soon
   * as it is destroyed, or its worker ends, and no page has WebGPU then.
   */
  get isHung(): boolean {
    return this.driver.isHung || this.compiler !== undefined;
  }

  /** What holds the compiler. */
  get uncompiled(): Uncompiled | undefined {
    return this.compiler;
  }

  /** GFLOP/s of the GPU on the benchmark, paced as all work is. Rejects with `EngineError`, `DriverStopped`, or what the adapter says. */
  async measure(): Promise<number> {
    const device = await this.openDevice(BENCHMARK_PLAN.requires);
    let hangs = false;
    try {
      return await measureGflops(this.driver, await openEngine(device, BENCHMARK_PLAN, new Map()));
    } catch (error) {
      hangs = isEndless(error);
      throw error;
    } finally {
      if (!hangs && !this.isHung) device.destroy();
    }
  }

  /** Computes no more units of the job; what is on the GPU comes to its end. */
  async withdraw(job: number): Promise<void> {
    const bench = await this.benches.get(job)?.catch(() => undefined);
    if (bench) this.driver.withdraw(bench.engine);
  }

  close(job: number): void {
    if (this.isHung) return;
    const bench = this.benches.get(job);
    this.benches.delete(job);
    this.taken.delete(job);
    bench?.then(free, () => undefined);
  }

  /** Nothing is submitted to the GPU afterwards; resolves when it is idle, or hangs. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.driver.stop();
    for (const job of [...this.benches.keys()]) this.close(job);
  }

  private async open(job: number): Promise<Bench> {
    const [micros, longest] = [this.longPieces.get(job) ?? 0, this.pace.longestMicros()];
    if (micros > longest) throw new TooLong(micros, longest);
    const status = await this.inputs.status(job);
    if (await this.barred.has(status.plan)) throw new BarredKernel(status.title);
    const plan = await this.inputs.plan(status.plan);
    this.makeRoom(job, memoryOf(plan));
    const files = await this.inputs.files(plan);
    const device = await this.openDevice(plan.requires);
    try {
      const engine = await openEngine(device, plan, files);
      if (this.stopped) throw new DriverStopped("The donor stopped.");
      return { status, plan, device, engine };
    } catch (error) {
      if (isEndless(error)) {
        const uncompiled = new Uncompiled(status, error.message);
        this.compiler ??= uncompiled;
        throw uncompiled;
      }
      device.destroy();
      throw error;
    }
  }

  private async openDevice(needs: Needs): Promise<GPUDevice> {
    const device = await this.adapter.openDevice(needs);
    void device.lost.then((info) => info.reason !== "destroyed" && this.lose());
    return device;
  }

  /** Closes other jobs, the one used last not before the rest, until one that takes `bytes` fits. */
  private makeRoom(job: number, bytes: number): void {
    if (bytes > this.memoryBytes) {
      const [needed, lent] = [bytes, this.memoryBytes].map((each) => `${Math.ceil(each / 1e6)} MB`);
      throw new TooLarge(`The job takes ${needed} of GPU memory, and ${lent} are lent.`);
    }
    const sum = () => bytes + total(this.taken.values());
    for (const other of [...this.benches.keys()]) if (other !== job && sum() > this.memoryBytes) this.close(other);
    this.taken.set(job, bytes);
  }

  private lose(): void {
    const now = performance.now();
    for (const job of [...this.benches.keys()]) this.close(job);
    if (now - this.lostAt < ONE_LOSS_MS) return;
    this.lostAt = now;
    this.onLost();
  }
}

function free(bench: Bench): void {
  bench.engine.destroy();
  bench.device.destroy();
}
