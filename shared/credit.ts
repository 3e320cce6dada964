/** Credit: verified work in BOINC's Cobblestones. */
export const GFLOP_PER_CREDIT = 432;

/** Credit of one replica of a unit; an owner who gives no figure is taken to mean 1 GFLOP. */
export function creditOf(gflopPerUnit = 1): number {
  return gflopPerUnit / GFLOP_PER_CREDIT;
}
