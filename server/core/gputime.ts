/** GPU time as volunteers tell it: believed up to what can be true. All figures in microseconds. */

/** No unit may take longer: an hour. */
export const MAX_GPU_MICROS = 3_600_000_000;

/**
 * A replica's GPU time, a whole number: never more than has passed since its units were handed out, nor than MAX_GPU_MICROS.
 * `issuedAt` and `now` in ms. What is no number is 0.
 */
export function believedMicros(told: number, issuedAt: number, now: number): number {
  const passed = Math.min(MAX_GPU_MICROS, (now - issuedAt) * 1000);
  return told > 0 && passed > 0 ? Math.floor(Math.min(told, passed)) : 0;
}
