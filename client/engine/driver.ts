/**
 * The one driver above the seam. Units go through it in order, cut into chunks (controller.ts); a chunk, with the read-back of
 * each unit that it finishes, is recorded at once to be one submit (batch.ts tells when it is more). What is queued on the GPU is bounded by time, at most two targets, whatever
 * the number of units in it: within that, upload, compute and read-back of neighbours overlap. A probe runs alone. After `stop`
 * nothing is submitted.
 */
import { type Keeper, Keeping } from "./checkpoint.ts";
import { type Chunk, type Place, SliceController, START } from "./controller.ts";
import { EngineError } from "./engine-error.ts";
import { MAX_QUEUED_CHUNKS, MAX_SUBMIT_DISPATCHES } from "./limits.ts";
import { maxUnits } from "./memory.ts";
import type { Engine, OpenedUnit, Position, UnitInput } from "./seam.ts";
import { workgroupsOf } from "./slices.ts";

/** What may be queued, and how much work should lie ready behind it, in targets. */
const QUEUED_TARGETS = 2;
/** Units that wait for their turn at most, however short: their inputs are in memory. */
const MAX_WAITING_UNITS = 64;

/** When the GPU may be given work, and how much at once. */
export interface Pace {
  /** GPU time that one chunk should take, its target, microseconds. */
  targetMicros(): number;
  /** Resolves when something may be submitted. */
  turn(): Promise<void>;
  /** The queue is no longer empty; it is empty again. */
  busy(): void;
  idle(): void;
  /** The driver stops: `turn` resolves at once from now on. */
  end(): void;
}

export interface UnitOutcome {
  bytes: Uint8Array;
  gpuMicros: number;
}

export interface Computation {
  /** Resolves when another unit is wanted, so that the GPU does not run dry; never rejects. */
  wantsNext: Promise<void>;
  /** Rejects with `EngineError`, `ExpandError` or `DriverStopped`. */
  outcome: Promise<UnitOutcome>;
}

/** The unit was not finished because the driver stopped. */
export class DriverStopped extends Error {
  override readonly name = "DriverStopped";
}

/** A unit that is not wholly submitted. */
interface Work {
  engine: Engine;
  input: UnitInput;
  onProgress(share: number): void;
  keeping: Keeping | undefined;
  resolve(outcome: UnitOutcome | Promise<UnitOutcome>): void;
  reject(error: unknown): void;
  opened: OpenedUnit | undefined;
  place: Place;
  /** GPU times of what was submitted of it. */
  times: Promise<number>[];
  workgroupsRecorded: number;
  workgroupsDone: number;
}

/** What of one unit is in a chunk, and where the unit is then. */
interface Share {
  work: Work;
  positions: Position[];
  next: Place;
}

export class Driver {
  private readonly pace: Pace;
  private readonly controllers = new WeakMap<Engine, SliceController>();
  private readonly lane: Work[] = [];
  private readonly queue = new Set<Chunk>();
  private isPumping = false;
  private stopped = false;
  private readonly waiting: (() => void)[] = [];
  private readonly hungry: (() => void)[] = [];

  constructor(pace: Pace) {
    this.pace = pace;
  }

  /**
   * Starts one unit, after those before it, or goes on with it where its keeper says. Give the next when `wantsNext` resolves.
   * `onProgress` gets the share of its workgroups that are done.
   */
  compute(
    engine: Engine,
    input: UnitInput,
    onProgress: (share: number) => void = () => undefined,
    keeper: Keeper | null = null,
  ): Computation {
    const outcome = new Promise<UnitOutcome>((resolve, reject) => {
      const { place, gpuMicros } = keeper?.from ?? { place: START, gpuMicros: 0 };
      const done = workgroupsBefore(engine, place);
      const work: Work = {
        ...{ engine, input, onProgress, resolve, reject, keeping: keeper ? new Keeping(engine, keeper) : undefined },
        ...{ opened: undefined, place, times: [Promise.resolve(gpuMicros)], workgroupsRecorded: done, workgroupsDone: done },
      };
      if (this.stopped) reject(new DriverStopped("The driver stopped."));
      else this.lane.push(work);
    });
    const wantsNext = new Promise<void>((resolve) => this.hungry.push(resolve));
    this.wake();
    void this.pump();
    return { wantsNext, outcome };
  }

  /** Nothing is submitted afterwards; resolves when what is submitted has finished. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.pace.end();
    for (const work of [...this.lane]) this.fail(work, new DriverStopped("The driver stopped."));
    this.wake();
    while (this.queue.size > 0) await this.change();
  }

  private async pump(): Promise<void> {
    if (this.isPumping) return;
    this.isPumping = true;
    while (this.lane.length > 0) {
      if (!this.hasRoom(this.compose().chunk)) {
        await this.change();
        continue;
      }
      await this.pace.turn();
      if (this.lane.length === 0) break;
      // The wait may have been long: the target may be another by now.
      const { chunk, shares } = this.compose();
      if (this.hasRoom(chunk)) this.submit(chunk, shares);
    }
    this.isPumping = false;
  }

  /** The next chunk, from the first units of the lane. */
  private compose(): { chunk: Chunk; shares: Share[] } {
    const { engine } = this.lane[0] as Work;
    const controller = this.controllerOf(engine);
    const chunk = controller.chunk(this.pace.targetMicros());
    const shares: Share[] = [];
    let boxes = 0;
    for (const work of this.lane.slice(0, maxUnits(engine.plan))) {
      if (work.engine !== engine) break;
      const share: Share = { work, positions: [], next: work.place };
      for (; boxes < MAX_SUBMIT_DISPATCHES; boxes++) {
        const added = chunk.add(share.next);
        if (!added) break;
        share.positions.push(added.position);
        share.next = added.next;
      }
      if (share.positions.length > 0) shares.push(share);
      if (!controller.isEnd(share.next)) break;
    }
    return { chunk, shares };
  }

  private hasRoom(chunk: Chunk): boolean {
    if (this.queue.size === 0) return true;
    if (chunk.isProbe || this.queue.size >= MAX_QUEUED_CHUNKS) return false;
    let queuedMicros = chunk.micros;
    for (const queued of this.queue) {
      if (queued.isProbe) return false;
      queuedMicros += queued.micros;
    }
    return queuedMicros <= QUEUED_TARGETS * this.pace.targetMicros();
  }

  /** All of it is recorded in one turn of the event loop, so that it shares a submit. */
  private submit(chunk: Chunk, shares: readonly Share[]): void {
    if (this.queue.size === 0) this.pace.busy();
    this.queue.add(chunk);
    const times = shares.map((share) => this.record(share));
    void Promise.allSettled(times).then((results) => {
      let micros = 0;
      for (const result of results) micros += result.status === "fulfilled" ? result.value : Number.NaN;
      const controller = shares[0] && this.controllers.get(shares[0].work.engine);
      if (Number.isFinite(micros)) controller?.learn(chunk, micros);
      this.queue.delete(chunk);
      if (this.queue.size === 0) this.pace.idle();
      this.wake();
    });
    this.wake();
  }

  /** Resolves with the GPU time of a unit's share of a chunk. */
  private async record({ work, positions, next }: Share): Promise<number> {
    const { engine } = work;
    try {
      const opened = work.opened ?? engine.open(work.input);
      if (!work.opened) work.keeping?.begin(opened);
      work.opened = opened;
      work.place = next;
      const time = Promise.all(positions.map((position) => engine.run(opened, position))).then(sum);
      work.times.push(time);
      for (const { box } of positions) work.workgroupsRecorded += workgroupsOf(box.size);
      if (this.controllerOf(engine).isEnd(next)) this.finish(work, opened);
      else work.keeping?.keep(opened, next, work.times);
      const micros = await time;
      work.keeping?.ran(micros);
      for (const { box } of positions) work.workgroupsDone += workgroupsOf(box.size);
      work.onProgress(work.workgroupsDone / allWorkgroups(engine));
      return micros;
    } catch (error) {
      this.fail(work, error);
      throw error;
    }
  }

  /** All of the unit is recorded: reads it. Throws `EngineError` when it is not: its bytes would be those of a part. */
  private finish(work: Work, opened: OpenedUnit): void {
    const all = allWorkgroups(work.engine);
    if (work.workgroupsRecorded !== all) {
      const what = `Unit ${opened.index} came to its end with ${work.workgroupsRecorded} of ${all} workgroups run`;
      throw new EngineError("validation", `${what}: it is not read. This is an error of the client; please report it.`);
    }
    this.lane.splice(this.lane.indexOf(work), 1);
    const outcome = Promise.all([work.engine.read(opened), Promise.all(work.times).then(sum)]);
    work.resolve(outcome.then(([bytes, gpuMicros]) => ({ bytes, gpuMicros })));
  }

  /** Takes the unit out of the lane, if it is there; it is over when what was submitted of it is. */
  private fail(work: Work, error: unknown): void {
    const at = this.lane.indexOf(work);
    if (at < 0) return;
    this.lane.splice(at, 1);
    if (work.opened) work.engine.close(work.opened);
    void Promise.allSettled(work.times).then(() => work.reject(error));
  }

  private controllerOf(engine: Engine): SliceController {
    let controller = this.controllers.get(engine);
    if (!controller) {
      controller = new SliceController(engine.plan.passes, "group" in engine.plan.slicing);
      this.controllers.set(engine, controller);
    }
    return controller;
  }

  /** Whether little enough lies ready that another unit is wanted. */
  private get isHungry(): boolean {
    if (this.lane.length >= MAX_WAITING_UNITS) return false;
    let micros = 0;
    for (const { engine, place } of this.lane) micros += this.controllerOf(engine).left(place);
    return micros < QUEUED_TARGETS * this.pace.targetMicros();
  }

  /** Resolves at the next change of lane or queue. */
  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
    if (this.stopped || this.isHungry) for (const resolve of this.hungry.splice(0)) resolve();
  }
}

function workgroupsBefore(engine: Engine, { pass, iteration, done }: Place): number {
  let workgroups = done;
  engine.plan.passes.slice(0, pass + 1).forEach((each, index) => {
    workgroups += (index < pass ? each.repeat : iteration) * workgroupsOf(each.workgroups);
  });
  return workgroups;
}

function allWorkgroups(engine: Engine): number {
  return engine.plan.passes.reduce((all, pass) => all + pass.repeat * workgroupsOf(pass.workgroups), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
