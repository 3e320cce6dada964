/** What a screen reader is told of the h1: the same words, seldom, and never what is true no more. */
const EVERY_MS = 20_000;

export class Announcer {
  private said = "";
  private at = Number.NEGATIVE_INFINITY;

  /** What the status says now, or "" until the next quiet moment. `isUrgent`: at once. `now` in milliseconds. */
  take(headline: string, isUrgent: boolean, now = performance.now()): string {
    if (headline === this.said) return headline;
    this.said = isUrgent || now - this.at >= EVERY_MS ? headline : "";
    if (this.said) this.at = now;
    return this.said;
  }

  /** The answer to the visitor's own click waits for no quiet moment. */
  hurry(): void {
    this.at = Number.NEGATIVE_INFINITY;
  }
}
