/** Numbers as owners write them, in job.json and in tables. */

/** A decimal, with point or exponent or without. */
export const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
export const MAX_U64 = 2n ** 64n - 1n;
