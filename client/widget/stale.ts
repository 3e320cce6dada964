/** A question that nobody saw for long may be for a job that has ended since: the frame's document is asked for anew. */

/** A tab that comes back sooner has the question that it went with, ms. */
const STALE_MS = 10 * 60_000;

/** `isIdle`: nothing runs, and nobody is in the middle of an answer. */
export function loadAnewWhenBack(isIdle: () => boolean): void {
  const bornAt = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && isIdle() && Date.now() - bornAt >= STALE_MS) location.reload();
  });
}
