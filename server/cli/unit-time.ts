/** The GPU time of a unit in words, and whether it is one that volunteers are asked for. */

/** A unit should take a few seconds: one of so many, ms, is far from it. */
const FAR_TOO_LONG_MS = 20_000;
const MS_A_SECOND = 1_000;

/** Three figures of milliseconds, or whole seconds; below ten of them with one place. */
export function unitTimeWords(millis: number): string {
  if (millis < MS_A_SECOND - 0.5) return `${millis.toPrecision(3)} ms`;
  const seconds = millis / MS_A_SECOND;
  return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
}

/** What is to be said of a unit that takes far longer than it should; empty when it does not. */
export function tooLongWords(millis: number, isSoftware: boolean): string {
  if (millis < FAR_TOO_LONG_MS) return "";
  const measured = isSoftware ? " A graphics card may be far faster than this." : "";
  return `A unit should keep a GPU busy for a few seconds at most: make each smaller, and count more of them.${measured}`;
}
