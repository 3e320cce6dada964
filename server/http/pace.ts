/** The pace that a large body must keep, at every moment of it: whoever sends a few bytes and waits holds nothing for long. */
import { IdlewaveError } from "../../shared/errors.ts";

/** The slowest sender that is waited for, bytes a second, and what connecting and one stall may take on top. */
const MIN_PACE = 32 * 1024;
const GRACE_MS = 15_000;

export class Pace {
  private readonly graceMs: number;
  private readonly startedAt = performance.now();
  private bytes = 0;

  constructor(graceMs = GRACE_MS) {
    this.graceMs = graceMs;
  }

  /** Milliseconds until the next byte must be here. */
  private get left(): number {
    return this.graceMs + (this.bytes / MIN_PACE) * 1000 - (performance.now() - this.startedAt);
  }

  /** Hands `source` on, which fails with `bad-request` when it is too slow. It is never destroyed: the answer needs its line. */
  async *of<T>(source: AsyncIterable<T>, bytesOf: (part: T) => number): AsyncGenerator<T> {
    const parts = iteratorOf(source);
    try {
      for (;;) {
        const next = await this.inTime(parts.next());
        if (next.done) return;
        this.bytes += bytesOf(next.value);
        yield next.value;
      }
    } finally {
      parts.return?.().catch(ignoreUnasked);
    }
  }

  private async inTime<T>(next: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      const slow = () => reject(new IdlewaveError("bad-request", { why: `${this.bytes} bytes came, ${SLOWEST}` }));
      timer = setTimeout(slow, Math.max(0, this.left));
    });
    next.catch(ignoreUnasked);
    try {
      return await Promise.race([next, expired]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const SLOWEST = `too slowly: at least ${MIN_PACE} a second must.`;

function iteratorOf<T>(source: AsyncIterable<T>): AsyncIterator<T> {
  const { iterator } = source as { iterator?: (options: { destroyOnReturn: boolean }) => AsyncIterator<T> };
  return iterator ? iterator.call(source, { destroyOnReturn: false }) : source[Symbol.asyncIterator]();
}

/** Whoever reads the body has the failure; this one is of a read that nobody waits for. */
function ignoreUnasked(): void {}
