/** Units in boxes that somebody chose, without a driver: whoever chooses bounds them. What does not end is told. */
import type { OutputPlan } from "../../shared/plan.ts";
import { MAX_SUBMIT_DISPATCHES } from "../engine/limits.ts";
import type { Engine, OpenedUnit, UnitInput, WorkgroupBox } from "../engine/seam.ts";
import type { Grid } from "../engine/slices.ts";
import { within } from "../engine/watchdog.ts";

/** What is waited for has this many times the time of a whole unit, and at least SHORTEST_MS. */
const PATIENCE = 20;
const SHORTEST_MS = 20_000;
/** A submit may have twice as many boxes as the one before it, which took less than this, ms. */
const SHORT_MS = 100;

export class Direct {
  private readonly engine: Engine;
  private patienceMs = SHORTEST_MS;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** A whole unit takes about so long. */
  expect(unitMicros: number): void {
    this.patienceMs = Math.max(SHORTEST_MS, (PATIENCE * unitMicros) / 1000);
  }

  /** Result bytes of the unit, each of its dispatches cut by `cut`. Rejects with `EngineError`. */
  async compute(input: UnitInput, cut: (grid: Grid) => readonly WorkgroupBox[]): Promise<Uint8Array> {
    const { engine } = this;
    const opened = engine.open(input);
    for (const [pass, { workgroups, repeat }] of engine.plan.passes.entries()) {
      for (let iteration = 0; iteration < repeat; iteration++) await this.run(opened, pass, iteration, cut(workgroups));
    }
    return await this.inTime(engine.read(opened));
  }

  /** What the unit's buffers hold after boxes of its first dispatch, run one after the other; `state`: what they begin with, null: as the unit does. */
  async runOn(input: UnitInput, state: Uint8Array | null, boxes: readonly WorkgroupBox[]): Promise<Uint8Array<ArrayBuffer>> {
    const { engine } = this;
    const opened = engine.open(input);
    if (state) engine.restore(opened, state, null);
    await this.run(opened, 0, 0, boxes);
    const after = await this.inTime(engine.save(opened));
    engine.close(opened);
    return after;
  }

  /** Result bytes after boxes of the unit's first dispatch whose outputs begin as `outputs`. */
  async runFrom(input: UnitInput, outputs: readonly Uint8Array[], boxes: readonly WorkgroupBox[]): Promise<Uint8Array> {
    const given = outputs.map((bytes, output) => ({ buffer: (this.engine.plan.outputs[output] as OutputPlan).buffer, bytes }));
    return (await this.runGiven(input, given, boxes)).bytes;
  }

  /** Result bytes after boxes of the unit's first dispatch, as many in one submit as are short, and their GPU time; `given`: what is written over buffers before. */
  async runGiven(
    input: UnitInput,
    given: readonly { buffer: number; bytes: Uint8Array }[],
    boxes: readonly WorkgroupBox[],
  ): Promise<{ bytes: Uint8Array; gpuMicros: number }> {
    const { engine } = this;
    const opened = engine.open(input);
    for (const { buffer, bytes } of given) engine.write(opened, buffer, bytes);
    let together = 1;
    let gpuMicros = 0;
    for (let at = 0; at < boxes.length; ) {
      const some = boxes.slice(at, at + together);
      const began = performance.now();
      const times = await this.inTime(Promise.all(some.map((box) => engine.run(opened, { pass: 0, iteration: 0, box }))));
      for (const micros of times) gpuMicros += micros;
      at += some.length;
      const isShort = performance.now() - began < SHORT_MS;
      together = isShort ? Math.min(2 * together, MAX_SUBMIT_DISPATCHES) : Math.max(1, together >> 1);
    }
    return { bytes: await this.inTime(engine.read(opened)), gpuMicros };
  }

  private async run(opened: OpenedUnit, pass: number, iteration: number, boxes: readonly WorkgroupBox[]): Promise<void> {
    for (const box of boxes) await this.inTime(this.engine.run(opened, { pass, iteration, box }));
  }

  private inTime<T>(ran: Promise<T>): Promise<T> {
    return within(ran, this.patienceMs, "A dispatch");
  }
}
