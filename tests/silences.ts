/** How often the harnesses say that something lasts, which has words of its own in between. */
export const IN_SILENCES = { afterMs: 15_000, everyMs: 15_000 };
