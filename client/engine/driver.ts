/**
 * The one driver above the seam. Units go through it one after the other, cut into chunks of positions; a chunk is submitted
 * when the queue has room for it and the pace lets it. What is queued is bounded by GPU time (two slice targets), not by units,
 * but two chunks may always be queued, so that the upload of one unit, the compute of another and the read-back of a third
 * overlap. After `stop` nothing is submitted.
 */
import type { Engine, OpenedUnit, Position, UnitInput } from "./seam.ts";

/** Chunks in the queue at most, however short: beyond it only latency grows. */
const MAX_QUEUED_CHUNKS = 16;
/** Chunks that may be queued whatever their time. */
const MIN_QUEUED_CHUNKS = 2;
/** Shortest time believed of a position: clocks are quantised to 100 us. */
const SHORTEST_MICROS = 10;
/** Weight of the newest measurement. */
const LEARNING_RATE = 0.3;

/** When the GPU may be given work, and how much at once. */
export interface Pace {
  /** GPU time that one slice should take, microseconds. */
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
  /** Resolves when the unit is wholly submitted and the next may follow; never rejects. */
  submitted: Promise<void>;
  /** Rejects with `EngineError`, `ExpandError` or `DriverStopped`. */
  outcome: Promise<UnitOutcome>;
}

/** The unit was not finished because the driver stopped. */
export class DriverStopped extends Error {
  override readonly name = "DriverStopped";
}

export class Driver {
  private readonly pace: Pace;
  private readonly estimates = new WeakMap<Engine, number[]>();
  private readonly waiting: (() => void)[] = [];
  /** Resolves when the unit before is wholly submitted. */
  private lane: Promise<void> = Promise.resolve();
  private queuedChunks = 0;
  private queuedMicros = 0;
  private stopped = false;

  constructor(pace: Pace) {
    this.pace = pace;
  }

  /** Starts one unit, after those before it. Have the next ready when `submitted` resolves. `onProgress` gets the share of its positions that are done. */
  compute(engine: Engine, input: UnitInput, onProgress: (share: number) => void = () => undefined): Computation {
    let submitted!: () => void;
    const whenSubmitted = new Promise<void>((resolve) => {
      submitted = resolve;
    });
    const before = this.lane;
    this.lane = whenSubmitted;
    const outcome = before.then(() => this.through(engine, input, onProgress, submitted)).finally(submitted);
    return { submitted: whenSubmitted, outcome };
  }

  /** Nothing is submitted afterwards; resolves when what is submitted has finished. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.pace.end();
    this.wake();
    while (this.queuedChunks > 0) await this.change();
  }

  private async through(
    engine: Engine,
    input: UnitInput,
    onProgress: (share: number) => void,
    submitted: () => void,
  ): Promise<UnitOutcome> {
    const total = engine.plan.passes.reduce((sum, pass) => sum + pass.repeat, 0);
    const positions = engine.positions()[Symbol.iterator]();
    let next = positions.next();
    let unit: OpenedUnit | undefined;
    let longest = 1;
    let issued = 0;
    let done = 0;
    const chunks: Promise<number>[] = [];
    try {
      while (!next.done) {
        const chunk: Position[] = [];
        let estimate = 0;
        const target = this.pace.targetMicros();
        const longestNow = this.estimates.has(engine) ? Number.POSITIVE_INFINITY : longest;
        while (!next.done && chunk.length < longestNow) {
          const micros = this.estimate(engine, next.value.pass, target);
          if (chunk.length > 0 && estimate + micros > target) break;
          estimate += micros;
          chunk.push(next.value);
          next = positions.next();
        }
        longest = 2 * chunk.length;
        await this.room(estimate);
        unit ??= engine.open(input);
        const running = this.submit(engine, unit, chunk, estimate);
        running.then(
          () => {
            done += chunk.length;
            onProgress(done / total);
          },
          () => undefined,
        );
        chunks.push(running);
        issued += chunk.length;
      }
      if (!unit || issued !== total) throw new Error(`${issued} of ${total} positions were issued`);
      const reading = engine.read(unit);
      reading.catch(() => undefined);
      submitted();
      let gpuMicros = 0;
      for (const micros of await Promise.all(chunks)) gpuMicros += micros;
      return { bytes: await reading, gpuMicros };
    } catch (error) {
      if (unit) engine.close(unit);
      await Promise.allSettled(chunks);
      throw error;
    }
  }

  private async submit(engine: Engine, unit: OpenedUnit, chunk: readonly Position[], estimate: number): Promise<number> {
    if (this.queuedChunks === 0) this.pace.busy();
    this.queuedChunks++;
    this.queuedMicros += estimate;
    try {
      const times = await Promise.all(chunk.map((position) => engine.run(unit, position)));
      let sum = 0;
      times.forEach((micros, i) => {
        this.learn(engine, (chunk[i] as Position).pass, micros);
        sum += micros;
      });
      return sum;
    } finally {
      this.queuedChunks--;
      this.queuedMicros -= estimate;
      if (this.queuedChunks === 0) this.pace.idle();
      this.wake();
    }
  }

  /** Waits until `micros` more may be queued. Throws `DriverStopped`. */
  private async room(micros: number): Promise<void> {
    for (;;) {
      if (this.stopped) throw new DriverStopped("The driver stopped.");
      const fits =
        this.queuedChunks < MIN_QUEUED_CHUNKS ||
        (this.queuedChunks < MAX_QUEUED_CHUNKS && this.queuedMicros + micros <= 2 * this.pace.targetMicros());
      if (!fits) await this.change();
      else {
        await this.pace.turn();
        if (!this.stopped) return;
      }
    }
  }

  private estimate(engine: Engine, pass: number, unknown: number): number {
    return this.estimates.get(engine)?.[pass] ?? unknown;
  }

  private learn(engine: Engine, pass: number, micros: number): void {
    const known = this.estimates.get(engine) ?? [];
    const old = known[pass];
    const now = Math.max(SHORTEST_MICROS, micros);
    known[pass] = old === undefined ? now : old + LEARNING_RATE * (now - old);
    this.estimates.set(engine, known);
  }

  /** Resolves at the next completion or at `stop`. */
  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
