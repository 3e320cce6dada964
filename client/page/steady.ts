/** A count that is worth reading: another figure counts once it has lasted. */
const HOLD_MS = 4_000;

export class Steady {
  private shown: number | undefined;
  private next: { value: number; since: number } | undefined;

  /** What to show while it is told `value`; none, and the first after none, count at once. `now` in milliseconds. */
  take(value: number, now = performance.now()): number {
    if (value === this.shown) this.next = undefined;
    else if (this.next?.value !== value) this.next = { value, since: now };
    if (this.next && value > 0 && this.shown && now - this.next.since < HOLD_MS) return this.shown;
    this.next = undefined;
    this.shown = value;
    return value;
  }
}
