/**
 * Time in which this thread ran, for what waits for the GPU. A machine that slept, or a page that was frozen, comes back with a
 * clock that is hours ahead: without this an instant of work would have taken them.
 */
import { type Every, everyInterval } from "./watchdog.ts";

/** It is looked at the clock this often while something is waited for. */
const TICK_MS = 250;
/** Two looks that are further apart, and nothing ran between them; above what a machine with too much to do makes of a tick. */
const LONGEST_GAP_MS = 5_000;

export class AwakeTime {
  private readonly clock: () => number;
  private readonly every: Every;
  private at: number;
  private skipped = 0;
  private waiting = 0;
  private rest: (() => void) | undefined;

  /** `clock`: milliseconds, never going back. */
  constructor(clock: () => number = () => performance.now(), every: Every = everyInterval) {
    this.clock = clock;
    this.every = every;
    this.at = Number.POSITIVE_INFINITY;
  }

  /** Milliseconds since anything, of a clock that stands still while nothing runs and something is waited for. */
  now(): number {
    const now = this.clock();
    if (this.waiting > 0 && now - this.at > LONGEST_GAP_MS) this.skipped += now - this.at;
    this.at = now;
    return now - this.skipped;
  }

  /** Something is waited for from the last look on, until `end`, as often as it is said. */
  begin(): void {
    if (this.waiting++ === 0) this.rest = this.every(TICK_MS, () => this.now());
  }

  end(): void {
    if (this.waiting === 0 || --this.waiting > 0) return;
    this.rest?.();
    this.rest = undefined;
  }
}
