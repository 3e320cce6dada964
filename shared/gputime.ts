/** Adds GPU time in microseconds; sums stay exact: they end at 2^53 - 1. */
export function addMicros(sum: number, more: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, sum + more);
}
