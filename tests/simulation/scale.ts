/** What a simulation of few units cannot show. */

/** Units a run for each host at a time, as in the runs of docs/threat-model.md: with fewer most hosts are newcomers to the end. */
const UNITS_A_HOST = 50;
/** None of n wrong: in 19 of 20 such runs the rate is below this many n-ths (rule of three). */
const NONE_OF_N = 3;

/** A word on it; undefined where there are enough. `units`: of all seeds together. `seats`: hosts at a time. */
export function tooFew(units: number, seeds: number, seats: number): string | undefined {
  const each = units / seeds;
  const enough = UNITS_A_HOST * seats;
  if (each >= enough) return undefined;
  return `! Too few units to go by: ${Math.round(each).toLocaleString("en")} a run for ${seats.toLocaleString("en")} hosts, so most are newcomers to the end; and where none of ${units.toLocaleString("en")} was wrong the rate may still be ${(NONE_OF_N / units).toExponential(1)}. ${enough.toLocaleString("en")} a run are enough: --units ${enough * seeds}.`;
}
