/**
 * A GPU in virtual time behind the engine's seam: a queue that runs submits one after the other, workgroups that run `width` at
 * a time, noise from a seed, and a clock as browsers have them. Nothing here waits for real time.
 */
import type { Engine, OpenedUnit, Position } from "../../../client/engine/seam.ts";
import { workgroupsOf } from "../../../client/engine/slices.ts";
import type { JobPlan, PassPlan } from "../../../shared/plan.ts";
import { buffer, pass, wholePlan } from "../../browser/engine.plans.ts";

export type Clock =
  /** Time stamps of a nanosecond. */
  | "exact"
  /** Time stamps of 100 us. */
  | "coarse"
  /** No time stamps: completions, which are only looked at now and then. */
  | "completions";

export interface Device {
  /** Microseconds of one workgroup, by its number in the dispatch. */
  perGroup: (index: number) => number;
  /** Workgroups that run at once, each as long as it would alone; `perGroup` is the time of `width` of them, divided by it. */
  width: number;
  clock: Clock;
  /** Each time is between 1 - noise and 1 + noise of itself. */
  noise: number;
  seed: number;
}

/** Between two looks at what has completed. */
const LOOK_EVERY_MICROS = 700;
const CLOCK_MICROS = 100;
/** From a submit on an empty queue to its start. */
const START_MICROS = 400;
const SUBMIT_MICROS = 30;

export interface Submit {
  /** What really passed on the GPU, microseconds. */
  micros: number;
  boxes: Position[];
  units: number[];
  /** Microseconds that were queued before it, and not done. */
  queuedMicros: number;
}

export class SimulatedDevice {
  readonly submits: Submit[] = [];
  now = 0;
  private readonly device: Device;
  private events: { at: number; act: () => void }[] = [];
  private open: { unit: number; position: Position; time: Deferred }[] = [];
  private queueEnd = 0;
  private lastSeen = 0;
  private random: number;

  constructor(device: Device) {
    this.device = device;
    this.random = device.seed;
  }

  /** An engine for units of these passes. `log` gets what is called, in order. */
  engine(
    passes: readonly Pick<PassPlan, "workgroups" | "repeat">[],
    slicing: JobPlan["slicing"] = { group: 0, binding: 9 },
    log: string[] = [],
  ): Engine {
    const whole = passes.map(({ workgroups, repeat }) => pass("main", workgroups, [0], { repeat }));
    const plan = wholePlan("", [buffer("words", 0, "storage", 1024)], whole, [], { slicing });
    return {
      plan,
      open: (unit) => {
        log.push(`open ${unit.index}`);
        return { index: unit.index };
      },
      run: (unit, position) => {
        log.push(`run ${unit.index}`);
        return this.record(unit, position);
      },
      read: (unit) => {
        log.push(`read ${unit.index}`);
        return this.record(unit, undefined).then(() => new Uint8Array([unit.index]));
      },
      stateBytes: 4,
      stateSpans: [],
      save: (unit) => this.record(unit, undefined).then(() => new Uint8Array(4)),
      write: () => undefined,
      restore: (unit) => log.push(`restore ${unit.index}`),
      close: (unit) => log.push(`close ${unit.index}`),
      destroy: () => undefined,
    };
  }

  /** Lets time pass until nothing is left to happen. */
  async run(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.events.sort((a, b) => a.at - b.at).shift();
      if (!next) return;
      this.now = Math.max(this.now, next.at);
      next.act();
    }
  }

  /** Calls `act` when `micros` have passed. */
  after(micros: number, act: () => void): void {
    this.events.push({ at: this.now + micros, act });
  }

  private record(unit: OpenedUnit, position: Position | undefined): Promise<number> {
    const time = deferred();
    if (this.open.length === 0) queueMicrotask(() => this.flush());
    this.open.push({ unit: unit.index, position: position ?? NOTHING, time });
    return time.promise;
  }

  private flush(): void {
    const batch = this.open;
    this.open = [];
    const boxes = batch.map(({ position }) => position).filter((position) => position !== NOTHING);
    const exact = SUBMIT_MICROS + boxes.reduce((sum, box) => sum + this.duration(box), 0);
    const micros = exact * (1 + this.device.noise * (2 * this.next() - 1));
    const submitted = this.now;
    const begin = this.queueEnd > this.now ? this.queueEnd : this.now + START_MICROS;
    this.submits.push({
      micros,
      boxes,
      units: [...new Set(batch.map(({ unit }) => unit))],
      queuedMicros: Math.max(0, this.queueEnd - this.now),
    });
    this.queueEnd = begin + micros;
    const seen = this.device.clock === "completions" ? LOOK_EVERY_MICROS * Math.ceil(this.queueEnd / LOOK_EVERY_MICROS) : this.queueEnd;
    const told = this.told(begin, this.queueEnd);
    this.events.push({
      at: seen,
      act: () => {
        const completion = this.now - Math.max(submitted, this.lastSeen);
        this.lastSeen = this.now;
        const each = (this.device.clock === "completions" ? completion : told) / Math.max(1, boxes.length);
        for (const { position, time } of batch) time.resolve(position === NOTHING ? 0 : each);
      },
    });
  }

  private told(begin: number, end: number): number {
    const grain = this.device.clock === "coarse" ? CLOCK_MICROS : 0.001;
    return grain * (Math.floor(end / grain) - Math.floor(begin / grain));
  }

  private duration({ box }: Position): number {
    const workgroups = workgroupsOf(box.size);
    const { width, perGroup } = this.device;
    return Math.ceil(workgroups / width) * width * perGroup(box.from[0]);
  }

  /** Uniform in [0, 1); mulberry32. */
  private next(): number {
    this.random = (this.random + 0x6d2b79f5) >>> 0;
    let t = this.random;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}

const NOTHING: Position = { pass: -1, iteration: 0, box: { from: [0, 0, 0], size: [0, 0, 0] } };

interface Deferred {
  promise: Promise<number>;
  resolve(value: number): void;
}

function deferred(): Deferred {
  let resolve!: (value: number) => void;
  const promise = new Promise<number>((yes) => {
    resolve = yes;
  });
  return { promise, resolve };
}
