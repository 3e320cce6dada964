import type { UnitIndex, UnitRun } from "../../shared/ids.ts";
import type { Random } from "./random.ts";

/** Units of one entry at most: drawn together, they are one run of an assignment. */
export const DRAW_UNITS = 32;
const FIRST_CAPACITY = 64;
/** Draws of an entry in proportion to its length before any is taken: all are single units, and one is as good as another. */
const MAX_DRAWS = 8 * DRAW_UNITS;

/**
 * Units that wait for another replica, drawn at random: each is as likely to come next, whoever put it there and when. Kept as
 * runs of at most DRAW_UNITS in typed arrays; adding and drawing cost the same however many wait.
 */
export class Ring {
  private starts = new Float64Array(FIRST_CAPACITY);
  private lengths = new Uint8Array(FIRST_CAPACITY);
  private runs = 0;
  private units = 0;

  /** Units that wait. */
  get size(): number {
    return this.units;
  }

  /** Adds one unit; it joins the last run when it follows it. */
  push(unit: UnitIndex): void {
    this.units++;
    const last = this.runs - 1;
    if (last >= 0 && this.start(last) + this.length(last) === unit && this.length(last) < DRAW_UNITS) {
      this.lengths[last] = this.length(last) + 1;
      return;
    }
    if (this.runs === this.starts.length) this.grow();
    this.starts[this.runs] = unit;
    this.lengths[this.runs++] = 1;
  }

  /**
   * Takes out a run; undefined when none waits. Who takes all of it gives every unit the same chance by drawing among runs
   * (`by` "run"); who takes one unit of it, by drawing a run in proportion to its length (`by` "unit").
   */
  draw(random: Random, by: "run" | "unit"): UnitRun | undefined {
    if (this.runs === 0) return undefined;
    let slot = random.below(this.runs);
    if (by === "unit") {
      for (let draws = 1; draws < MAX_DRAWS && random.below(DRAW_UNITS) >= this.length(slot); draws++) slot = random.below(this.runs);
    }
    const run = { start: this.start(slot) as UnitIndex, length: this.length(slot) };
    const last = --this.runs;
    this.starts[slot] = this.start(last);
    this.lengths[slot] = this.length(last);
    this.units -= run.length;
    return run;
  }

  private start(slot: number): number {
    return this.starts[slot] ?? 0;
  }

  private length(slot: number): number {
    return this.lengths[slot] ?? 0;
  }

  private grow(): void {
    const starts = new Float64Array(this.starts.length * 2);
    const lengths = new Uint8Array(this.starts.length * 2);
    starts.set(this.starts);
    lengths.set(this.lengths);
    this.starts = starts;
    this.lengths = lengths;
  }
}
