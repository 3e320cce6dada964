/** Numbers as owners write them, in job.json and in tables. */

/** A decimal, with point or exponent or without. */
export const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
export const MAX_U64 = 2n ** 64n - 1n;

/** A zero with a sign, which whole numbers lack. */
export function isNegativeZero(text: string): boolean {
  return /^-/.test(text) && DECIMAL.test(text) && Number(text) === 0;
}

/** The decimal of a double, -0.0 for the negative zero. */
export function decimalOf(value: number): string {
  return Object.is(value, -0) ? "-0.0" : String(value);
}

/** A decimal beyond the doubles; whole numbers in plain digits have no such end. */
export function isTooLarge(text: string): boolean {
  return DECIMAL.test(text) && !/^[+-]?\d+$/.test(text) && !Number.isFinite(Number(text));
}

/** What is said of one. */
export function tooLarge(text: string): { wrong: string; right: string } {
  return { wrong: `${JSON.stringify(text.slice(0, 60))} is out of range.`, right: "Doubles reach 1.8e308, f32 3.4e38: write it smaller." };
}
