/**
 * The one driver above the seam. Units go through it in order, cut into chunks (controller.ts); a chunk, with the read-back of
 * each unit that it finishes, is recorded at once to be one submit (batch.ts tells when it is more). What is queued on the GPU is bounded by time, at most two targets, whatever
 * the number of units in it: within that, upload, compute and read-back of neighbours overlap. A probe runs alone. After `stop`
 * nothing is submitted. When the GPU does not come to the end of what it was given (watchdog.ts) the driver has stopped too: the
 * units of that chunk are rejected with "endless", all others as by `stop`, and their engines must be left as they are.
 */
import { total } from "../../shared/total.ts";
import { allWorkgroups } from "./amounts.ts";
import type { Keeper } from "./checkpoint.ts";
import { type Chunk, SliceController } from "./controller.ts";
import type { EngineError } from "./engine-error.ts";
import { MAX_QUEUED_CHUNKS, MAX_SUBMIT_DISPATCHES } from "./limits.ts";
import { maxUnits } from "./memory.ts";
import type { Pace } from "./pace.ts";
import type { Engine, OpenedUnit, UnitInput } from "./seam.ts";
import { workgroupsOf } from "./slices.ts";
import { type Every, Watchdog } from "./watchdog.ts";
import { mustBeWhole, type Share, type UnitOutcome, type Work, workOf } from "./work.ts";

/** What may be queued, and how much work should lie ready behind it, in targets. */
const QUEUED_TARGETS = 2;
/** Units that wait for their turn at most, however short: their inputs are in memory. */
const MAX_WAITING_UNITS = 64;

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

/** Nothing was submitted: a piece of the unit that cannot be cut takes longer than the pace allows at this moment. */
export class TooLong extends Error {
  override readonly name = "TooLong";
  /** What it takes, microseconds. */
  readonly micros: number;

  constructor(micros: number, longestMicros: number) {
    super(`A piece of it takes ${Math.round(micros / 1000)} ms of GPU time at once, and ${longestMicros / 1000} ms are allowed now.`);
    this.micros = micros;
  }
}

export class Driver {
  private readonly pace: Pace;
  private readonly controllers = new WeakMap<Engine, SliceController>();
  private readonly watchdog: Watchdog;
  /** Engines of which a unit has ended. */
  private readonly known = new WeakSet<Engine>();
  /** Units that are not wholly submitted. */
  private readonly lane: Work[] = [];
  /** Units that are, or are given up, and whose outcome is not known. */
  private readonly ending = new Set<Work>();
  /** Oldest first. */
  private readonly queue = new Map<Chunk, readonly Share[]>();
  /** The chunk that the watchdog waits for. */
  private watched: Chunk | undefined;
  private isPumping = false;
  private stopped = false;
  private hung = false;
  private readonly waiting: (() => void)[] = [];
  private readonly hungry: (() => void)[] = [];

  /** `every`: the watchdog's timer. */
  constructor(pace: Pace, every?: Every) {
    this.pace = pace;
    this.watchdog = new Watchdog((error) => this.hang(error), every);
  }

  /** The GPU does not come to the end of what it was given. */
  get isHung(): boolean {
    return this.hung;
  }

  /**
   * Starts one unit, after those before it, or goes on with it where its keeper says. Give the next when `wantsNext` resolves.
   * `onProgress` gets the share of its workgroups that are done: from the moment on that the first of them are submitted.
   */
  compute(
    engine: Engine,
    input: UnitInput,
    onProgress: (share: number) => void = () => undefined,
    keeper: Keeper | null = null,
  ): Computation {
    const outcome = new Promise<UnitOutcome>((resolve, reject) => {
      const work = workOf({ engine, input, onProgress, keeper, resolve, reject });
      if (this.stopped) reject(new DriverStopped("The driver stopped."));
      else this.lane.push(work);
    });
    const wantsNext = new Promise<void>((resolve) => this.hungry.push(resolve));
    this.wake();
    void this.pump();
    return { wantsNext, outcome };
  }

  /** Submits nothing more of this engine's units; those that are not wholly submitted are rejected as by `stop`. */
  withdraw(engine: Engine): void {
    for (const work of this.lane.filter((each) => each.engine === engine)) this.fail(work, new DriverStopped("The unit was withdrawn."));
    this.wake();
  }

  /** Nothing is submitted afterwards; resolves when what is submitted has finished, or is known never to. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.pace.end();
    for (const work of [...this.lane]) this.fail(work, new DriverStopped("The driver stopped."));
    this.wake();
    while (this.queue.size > 0 && !this.hung) await this.change();
  }

  private hang(error: EngineError): void {
    this.hung = true;
    this.stopped = true;
    this.pace.end();
    const [shares = []] = this.queue.values();
    const suspects = new Set(shares.map(({ work }) => work));
    const stopped = new DriverStopped("The GPU hangs.");
    for (const work of [...this.lane, ...this.ending]) work.reject(suspects.has(work) ? error : stopped);
    this.lane.length = 0;
    this.ending.clear();
    this.wake();
  }

  private async pump(): Promise<void> {
    if (this.isPumping) return;
    this.isPumping = true;
    while (this.lane.length > 0) {
      if (this.refuseTooLong()) continue;
      if (!this.hasRoom(this.compose().chunk)) {
        await this.change();
        continue;
      }
      await this.pace.turn();
      // The wait may have been long: the target may be another by now.
      if (this.lane.length === 0 || this.refuseTooLong()) continue;
      const { chunk, shares } = this.compose();
      if (this.hasRoom(chunk)) this.submit(chunk, shares);
    }
    this.isPumping = false;
  }

  /** Gives up the first unit where the pace allows no piece as long as one of its own. */
  private refuseTooLong(): boolean {
    const [work] = this.lane;
    if (!work) return false;
    const longest = this.pace.longestMicros();
    const micros = this.controllerOf(work.engine).tooLong(work.place, longest);
    if (micros === undefined) return false;
    this.fail(work, new TooLong(micros, longest));
    this.wake();
    return true;
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
    for (const queued of this.queue.keys()) {
      if (queued.isProbe) return false;
      queuedMicros += queued.micros;
    }
    return queuedMicros <= QUEUED_TARGETS * this.pace.targetMicros();
  }

  /** All of it is recorded in one turn of the event loop, so that it shares a submit. */
  private submit(chunk: Chunk, shares: readonly Share[]): void {
    const isFirst = this.queue.size === 0;
    this.queue.set(chunk, shares);
    if (isFirst) {
      this.pace.busy();
      this.watch();
    }
    const times = shares.map((share) => this.record(share));
    void Promise.allSettled(times).then((results) => {
      let micros = 0;
      for (const result of results) micros += result.status === "fulfilled" ? result.value : Number.NaN;
      const controller = shares[0] && this.controllers.get(shares[0].work.engine);
      if (Number.isFinite(micros)) controller?.learn(chunk, micros);
      this.queue.delete(chunk);
      if (this.queue.size === 0) this.pace.idle();
      this.watch();
      this.wake();
    });
    this.wake();
  }

  /** Waits for the oldest chunk. Without time stamps several may end together, so it gets the time of all that is queued. */
  private watch(): void {
    const [[oldest, shares] = [undefined, []]] = this.queue.entries();
    if (oldest === this.watched) return;
    this.watched = oldest;
    let micros = 0;
    for (const queued of this.queue.keys()) micros += queued.micros;
    if (oldest && !this.hung)
      this.watchdog.watch(
        micros,
        shares.every(({ work }) => this.known.has(work.engine)),
      );
    else this.watchdog.end();
  }

  /** Resolves with the GPU time of a unit's share of a chunk. */
  private async record({ work, positions, next }: Share): Promise<number> {
    const { engine } = work;
    try {
      const opened = work.opened ?? engine.open(work.input);
      if (!work.opened) {
        work.keeping?.begin(opened);
        work.onProgress(work.workgroupsDone / allWorkgroups(engine));
      }
      work.opened = opened;
      work.place = next;
      const time = Promise.all(positions.map((position) => engine.run(opened, position))).then(total);
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
    mustBeWhole(work);
    this.lane.splice(this.lane.indexOf(work), 1);
    this.ending.add(work);
    Promise.all([work.engine.read(opened), Promise.all(work.times).then(total)])
      .then(([bytes, gpuMicros]) => {
        this.known.add(work.engine);
        work.resolve({ bytes, gpuMicros });
      }, work.reject)
      .finally(() => this.ending.delete(work));
  }

  /** Takes the unit out of the lane, if it is there; it is over when what was submitted of it is. */
  private fail(work: Work, error: unknown): void {
    const at = this.lane.indexOf(work);
    if (at < 0) return;
    this.lane.splice(at, 1);
    if (work.opened) work.engine.close(work.opened);
    this.ending.add(work);
    void Promise.allSettled(work.times).then(() => {
      this.ending.delete(work);
      work.reject(error);
    });
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
