/** Credit: verified work in BOINC's Cobblestones. */
export const GFLOP_PER_CREDIT = 432;

/** One unit of `shaders/benchmark`, counted: 1000 workgroups of 64 invocations, 250 rounds of 24 operations. A credit is 1,125 of them. */
export const BENCHMARK_GFLOP = (1000 * 64 * 250 * 24) / 1e9;

/**
 * The most an owner may declare for a unit: what a card that sustains 10 TFLOPS does in ten seconds. Longer units do not suit
 * volunteers, whose first leases last a minute; and a figure that nobody has measured must not mint more than this.
 */
export const MAX_GFLOP_PER_UNIT = 100_000;

/** Credit of one replica of a unit; an owner who gives no figure is taken to mean 1 GFLOP. */
export function creditOf(gflopPerUnit = 1): number {
  return gflopPerUnit / GFLOP_PER_CREDIT;
}
