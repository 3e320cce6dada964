/** Figures as everybody may have them: so coarse that one volunteer's units do not show in a sum. */

/** Below so many units the least step is a ten, and nothing is said of credit below a ten. */
const TEN = 10;
const HUNDRED = 100;
/** Beyond these a double's rounding shows, which goes by how many units there were. */
const DIGITS = 12;

export interface CoarseFigure {
  /** Rounded down: to tens below a hundred, else to two significant digits. */
  units: number;
  /** There are some, fewer than ten: `units` is 0. */
  fewerThanTen: boolean;
  /** What that many units are worth on the average, rounded down to two significant digits; null below ten units. */
  credit: number | null;
}

export function coarse({ units, credit }: { units: number; credit: number }): CoarseFigure {
  const told = units < HUNDRED ? Math.floor(units / TEN) * TEN : twoDigits(units);
  // All of it would tell the units exactly: most are worth the same, and what one is worth everybody knows.
  const worth = units < TEN ? null : twoDigits(Number(((credit / units) * told).toPrecision(DIGITS)));
  return { units: told, fewerThanTen: units > 0 && units < TEN, credit: worth };
}

/** `value`, zero or more, rounded down to two significant digits, in its decimal writing: 0.29 stays 0.29. */
function twoDigits(value: number): number {
  const [digits = "0", power = "+0"] = value.toExponential().split("e");
  return Number(`${digits.slice(0, 3)}e${power}`);
}
