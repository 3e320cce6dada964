/** What volunteers and the auditor of a simulated network have in common. */

/** The server's clock, and how soon is asked again. */
export const TICK_MS = 1_000;
/** GPU time that a host asks for, as the donor does. */
export const CLAIM_MS = 30_000;
/** A result, whatever it says. */
export const BYTES = new Uint8Array(1);
