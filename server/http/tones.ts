/**
 * The tone of each value of a job that is no picture, over the values seen so far: by rank, so that a few large ones leave the
 * others their differences. Tones last until the values have grown by half, or one is outside of them: squares keep theirs
 * while others arrive.
 */
const STEPS = 255;
const GROWN = 1.5;

export class Tones {
  private taken = 0;
  /** Values that the tones were made of, in order, each once. */
  private ranked = new Float64Array(0);
  private madeOf = 0;

  reset(): void {
    this.taken = 0;
    this.ranked = new Float64Array(0);
    this.madeOf = 0;
  }

  /** Another value is shown; `shown` answers all that are. True when all tones are other ones now. */
  take(value: number, shown: () => Iterable<number>): boolean {
    this.taken++;
    const isInside = this.ranked.length > 0 && value >= (this.ranked[0] as number) && value <= (this.ranked.at(-1) as number);
    if (isInside && this.taken < GROWN * this.madeOf) return false;
    this.ranked = Float64Array.from(new Set(shown())).sort();
    this.madeOf = this.taken;
    return true;
  }

  /** The ramp step of a value, 0 … 255; the middle when all are equal. */
  of(value: number): number {
    const last = this.ranked.length - 1;
    if (last < 1) return Math.floor(STEPS / 2);
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ranked[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    const above = this.ranked[low] as number;
    const below = this.ranked[low - 1] ?? above;
    // One that came since lies between its neighbours.
    const back = below < above && value < above ? (above - Math.max(value, below)) / (above - below) : 0;
    return Math.round((STEPS * (low - back)) / last);
  }
}
