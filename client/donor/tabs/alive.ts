/**
 * How a page hears that its donor's worker is gone, killed by the browser for instance, which no event tells: the worker holds
 * a lock of a name of its own for as long as it lives.
 */

/** In the worker: the name of the lock, once it is held. */
export function holdLife(): Promise<string> {
  const name = `idlewave-life ${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    void navigator.locks.request(name, () => {
      resolve(name);
      return new Promise(() => undefined);
    });
  });
}

/** In the page: resolves when whoever holds the lock of that name is gone. */
export async function lifeEnds(name: string): Promise<void> {
  await navigator.locks.request(name, () => undefined);
}
