/** A unit that was just verified: said for a while, and not too often. */
const SAID_MS = 8_000;
const EVERY_MS = 20_000;

export class Fresh {
  private readonly onEnd: () => void;
  private saidAt = Number.NEGATIVE_INFINITY;
  /** Job and unit that were verified last. */
  private last = "";

  constructor(onEnd: () => void) {
    this.onEnd = onEnd;
  }

  /** The last of these, newest last, null when it was told before. */
  newsOf<Unit extends { job: number; unit: number }>(verified: readonly Unit[]): Unit | null {
    const newest = verified.at(-1) ?? null;
    const name = newest ? `${newest.job}:${newest.unit}` : "";
    const isNews = name !== this.last;
    this.last = name;
    return isNews ? newest : null;
  }

  /** Whether the next one may be said now; if so it ends by itself. */
  begin(): boolean {
    const now = performance.now();
    if (now - this.saidAt < EVERY_MS) return false;
    this.saidAt = now;
    setTimeout(this.onEnd, SAID_MS);
    return true;
  }

  /** The answer to a click is to be seen: none comes over it at once. */
  holdBack(): void {
    this.saidAt = Math.max(this.saidAt, performance.now() - EVERY_MS + SAID_MS);
  }
}
