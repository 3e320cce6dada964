const SECONDS = 60;

/** Counts events of the last minute, in a bucket a second. */
export class FinalRate {
  private readonly counts = new Uint32Array(SECONDS);
  /** The second each bucket counts. */
  private readonly seconds = new Float64Array(SECONDS).fill(-1);

  /** `now` in ms. */
  note(now: number): void {
    const second = Math.floor(now / 1000);
    const slot = second % SECONDS;
    if (this.seconds[slot] !== second) this.counts[slot] = 0;
    this.seconds[slot] = second;
    this.counts[slot] = (this.counts[slot] ?? 0) + 1;
  }

  lastMinute(now: number): number {
    const second = Math.floor(now / 1000);
    let sum = 0;
    for (let slot = 0; slot < SECONDS; slot++) if ((this.seconds[slot] ?? -1) > second - SECONDS) sum += this.counts[slot] ?? 0;
    return sum;
  }
}
