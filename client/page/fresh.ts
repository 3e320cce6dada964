/** A unit that was just verified: said for a while, and not too often. */
const SAID_MS = 8_000;
const EVERY_MS = 20_000;

export class Fresh {
  private readonly onEnd: () => void;
  private saidAt = Number.NEGATIVE_INFINITY;

  constructor(onEnd: () => void) {
    this.onEnd = onEnd;
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
