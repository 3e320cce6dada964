/** A pointer's click that comes this soon after a control took another's place was meant for what was there before. */
const SETTLE_MS = 600;

/** Tells clicks on what is shown from those that were on their way when it came. */
export class Swap {
  private shown: string | undefined;
  private at = Number.NEGATIVE_INFINITY;

  /** What stands there now; the first one takes nobody's place. `now` in milliseconds. */
  show(what: string, now = performance.now()): void {
    if (this.shown !== undefined && what !== this.shown) this.at = now;
    this.shown = what;
  }

  /** A click without a pointer (`detail` 0: keyboard, screen reader) is always meant. */
  means(click: { detail: number }, now = performance.now()): boolean {
    return click.detail === 0 || now - this.at >= SETTLE_MS;
  }
}
