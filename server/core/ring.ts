import type { UnitIndex } from "../../shared/ids.ts";

const FIRST_CAPACITY = 64;

/** A growing queue of units, kept as runs in typed arrays: a batch of consecutive units costs one entry, not one a unit. */
export class Ring {
  private starts = new Float64Array(FIRST_CAPACITY);
  private lengths = new Float64Array(FIRST_CAPACITY);
  private head = 0;
  private runs = 0;
  private units = 0;

  /** Units queued. */
  get size(): number {
    return this.units;
  }

  /** Appends one unit; it joins the last run when it follows it. */
  push(unit: UnitIndex): void {
    this.units++;
    if (this.runs > 0) {
      const last = this.at(this.runs - 1);
      if (this.start(last) + this.length(last) === unit) {
        this.lengths[last] = this.length(last) + 1;
        return;
      }
    }
    if (this.runs === this.starts.length) this.grow();
    const slot = this.at(this.runs++);
    this.starts[slot] = unit;
    this.lengths[slot] = 1;
  }

  /** Takes the oldest unit, or undefined when there is none. */
  shift(): UnitIndex | undefined {
    if (this.runs === 0) return undefined;
    const unit = this.start(this.head);
    this.units--;
    if (this.length(this.head) === 1) {
      this.head = this.at(1);
      this.runs--;
    } else {
      this.starts[this.head] = unit + 1;
      this.lengths[this.head] = this.length(this.head) - 1;
    }
    return unit as UnitIndex;
  }

  private at(offset: number): number {
    return (this.head + offset) % this.starts.length;
  }

  private start(slot: number): number {
    return this.starts[slot] ?? 0;
  }

  private length(slot: number): number {
    return this.lengths[slot] ?? 0;
  }

  private grow(): void {
    const starts = new Float64Array(this.starts.length * 2);
    const lengths = new Float64Array(this.starts.length * 2);
    for (let i = 0; i < this.runs; i++) {
      starts[i] = this.start(this.at(i));
      lengths[i] = this.length(this.at(i));
    }
    this.starts = starts;
    this.lengths = lengths;
    this.head = 0;
  }
}
