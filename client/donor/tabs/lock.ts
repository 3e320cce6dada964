/** One donor however many tabs: a Web Lock of this origin, held as long as the donor is at work. */

export const DONOR_LOCK = "idlewave-donor";

/**
 * Resolves with a function that gives the lock back, or with undefined when `signal` aborts first. `onWaiting` is called when
 * another tab has it; this one then takes over as soon as that one ends.
 */
export async function holdLock(signal: AbortSignal, onWaiting: () => void): Promise<(() => void) | undefined> {
  const at = await take({ ifAvailable: true });
  if (at) return at;
  onWaiting();
  return take({ signal });
}

/** Whether a tab of this browser lends now. */
export async function isLockHeld(): Promise<boolean> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some(({ name }) => name === DONOR_LOCK);
}

/** As `holdLock`, for at most `ms`. */
export async function lockWithin(ms: number): Promise<(() => void) | undefined> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), ms);
  try {
    return await take({ signal: patience.signal });
  } finally {
    clearTimeout(timer);
  }
}

function take(options: LockOptions): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(DONOR_LOCK, options, (lock) => {
        if (!lock) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch((error: unknown) => {
        if (error instanceof DOMException && error.name === "AbortError") resolve(undefined);
        else reject(error);
      });
  });
}
