/** A count that is worth reading: it is told as long as it comes back within this time, another one afterwards. */
const HOLD_MS = 4_000;

export class Steady {
  private shown: number | undefined;
  /** Since when it is told another figure. */
  private otherSince: number | undefined;

  /** What to show while it is told `value`; none, and the first after none, count at once. `now` in milliseconds. */
  take(value: number, now = performance.now()): number {
    if (value === this.shown) this.otherSince = undefined;
    else this.otherSince ??= now;
    if (this.otherSince !== undefined && value > 0 && this.shown && now - this.otherSince < HOLD_MS) return this.shown;
    this.otherSince = undefined;
    this.shown = value;
    return value;
  }
}
