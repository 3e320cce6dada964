const SECONDS = 60;
const WINDOW_MS = SECONDS * 1000;
/** A pace is reckoned of so long at least, ms. */
const LEAST_MS = 5_000;

/** Counts events of the last minute, in a bucket a second. */
export class FinalRate {
  private readonly counts = new Uint32Array(SECONDS);
  /** The second each bucket counts. */
  private readonly seconds = new Float64Array(SECONDS).fill(-1);
  /** The first event after a minute without one, and the latest, ms. */
  private begunAt = Number.NEGATIVE_INFINITY;
  private latestAt = Number.NEGATIVE_INFINITY;

  /** `now` in ms. */
  note(now: number): void {
    if (now - this.latestAt >= WINDOW_MS) this.begunAt = now;
    this.latestAt = now;
    const second = Math.floor(now / 1000);
    const slot = second % SECONDS;
    if (this.seconds[slot] !== second) this.counts[slot] = 0;
    this.seconds[slot] = second;
    this.counts[slot] = (this.counts[slot] ?? 0) + 1;
  }

  /** Events of the last minute; where they began within it, as many as a minute of that pace has. */
  perMinute(now: number): number {
    const second = Math.floor(now / 1000);
    let sum = 0;
    for (let slot = 0; slot < SECONDS; slot++) if ((this.seconds[slot] ?? -1) > second - SECONDS) sum += this.counts[slot] ?? 0;
    const lasted = Math.min(WINDOW_MS, Math.max(LEAST_MS, now - this.begunAt));
    return (sum * WINDOW_MS) / lasted;
  }
}
