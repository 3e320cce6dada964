/**
 * Tells when a GPU does not come to the end of what it was given. A dispatch cannot be interrupted, so this is all that can be
 * known of a kernel that never ends. Time is counted in ticks of a timer, and a late tick counts as one: a machine that slept,
 * a page that was frozen or a processor with too much to do make the limit longer, never shorter.
 */
import { EngineError } from "./engine-error.ts";

/**
 * A kernel is given up whose pipelines are not made in this time: nothing can interrupt a compiler, and one that puts what is
 * called in the place of each call may be at it for ever. Software adapters on a busy machine take seconds for a long kernel.
 */
export const COMPILE_MS = 60_000;

/** What is submitted has this many times the time it is believed to take, within these; SHORTEST is far above what disturbs a person. */
const PATIENCE = 20;
const SHORTEST_MS = 10_000;
const LONGEST_MS = 60_000;
/** What nobody has measured yet: the first slice of a kernel, or a first dispatch that cannot be sliced. */
const UNKNOWN_MS = 20_000;
/**
 * A kernel that has finished units here is most likely kept waiting by something else, a processor with too much to do above
 * all: it has this many times the longest that anything here took, by the same clock, within these.
 */
const KNOWN = { patience: 20, shortestMs: 180_000, longestMs: 600_000 };
const TICK_MS = 250;

/** Calls `act` every `ms` milliseconds, or later, until the function it returns is called. */
export type Every = (ms: number, act: () => void) => () => void;

export const everyInterval: Every = (ms, act) => {
  const timer = setInterval(act, ms);
  return () => clearInterval(timer);
};

/** What `awaited` gives. Rejects with `EngineError` "endless", `what` with "did not end", when that takes longer than `limitMs`. */
export function within<T>(awaited: Promise<T>, limitMs: number, what: string, every: Every = everyInterval): Promise<T> {
  return new Promise((resolve, reject) => {
    let waitedMs = 0;
    const rest = every(TICK_MS, () => {
      waitedMs += TICK_MS;
      if (waitedMs < limitMs) return;
      rest();
      reject(endless(what, limitMs));
    });
    awaited.then(resolve, reject).finally(rest);
  });
}

function endless(what: string, limitMs: number): EngineError {
  return new EngineError("endless", `${what} did not end within ${Math.round(limitMs / 1000)} seconds.`);
}

export class Watchdog {
  private readonly onEndless: (error: EngineError) => void;
  private readonly every: Every;
  private rest: (() => void) | undefined;
  private waitedMs = 0;
  private limitMs = 0;
  /** What came to its end after the longest time, as the ticks count it. */
  private longestMs = 0;

  /** `onEndless`: called at most once for each `watch`, with an `EngineError` "endless". */
  constructor(onEndless: (error: EngineError) => void, every: Every = everyInterval) {
    this.onEndless = onEndless;
    this.every = every;
  }

  /**
   * The GPU has come to something else, and `believedMicros` of work in its queue (0 when that is not known); from now on it is
   * waited for. `isKnown`: of a kernel that has finished units on this device.
   */
  watch(believedMicros: number, isKnown = false): void {
    this.endWait();
    const believedMs = believedMicros / 1000;
    if (isKnown) this.limitMs = between(KNOWN.shortestMs, KNOWN.patience * Math.max(believedMs, this.longestMs), KNOWN.longestMs);
    else this.limitMs = believedMicros === 0 ? UNKNOWN_MS : between(SHORTEST_MS, PATIENCE * believedMs, LONGEST_MS);
    this.rest ??= this.every(TICK_MS, () => this.tick());
  }

  /** Nothing is in the queue. */
  end(): void {
    this.endWait();
    this.rest?.();
    this.rest = undefined;
  }

  private endWait(): void {
    if (this.rest) this.longestMs = Math.max(this.longestMs, this.waitedMs);
    this.waitedMs = 0;
  }

  private tick(): void {
    this.waitedMs += TICK_MS;
    if (this.waitedMs < this.limitMs) return;
    this.end();
    this.onEndless(endless("A dispatch", this.limitMs));
  }
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
