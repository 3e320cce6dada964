/** The gallery's answers, computed in other ways than its kernels compute them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { iterations } from "../../shaders/deep-mandelbrot/reference.mjs";
import { GALLERY } from "./kernels.packages.ts";

/** Escape count of a point, in eighths of a step, of the deep Mandelbrot's whole picture, in BigInt. */
export { iterations };

export interface PointReference {
  /** SHA-256 of all counts as little-endian u32: unit after unit, and row after row of the picture. */
  sha256: { byUnits: string; byRows: string };
  /** Unit, element of its output, count. */
  pixels: [number, number, number][];
}

export async function readReference<T>(job: string): Promise<T> {
  return JSON.parse(await readFile(join(GALLERY, job, "reference.json"), "utf8")) as T;
}

/** The columns of the first two queens of each unit, read from what the unit's row says is attacked. */
export async function readBoards(): Promise<number[][]> {
  const text = await readFile(join(GALLERY, "n-queens", "boards.csv"), "utf8");
  return text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [columns, rising] = line.split(",").map(Number) as [number, number];
      const queens = Array.from({ length: 14 }, (_, column) => column).filter((column) => columns & (1 << column));
      const [a, b] = queens as [number, number];
      // The second queen attacks the next row one column up, the first two columns up.
      const aFirst = (2 ** a * 4 + 2 ** b * 2) % 2 ** 14 === rising;
      return aFirst ? [a, b] : [b, a];
    });
}

/** Ways to place queens in all rows after `queens` (their columns, row by row) on a board of `n` columns. */
export function completions(n: number, queens: number[]): number {
  if (queens.length === n) return 1;
  let ways = 0;
  for (let column = 0; column < n; column++) {
    const safe = queens.every((other, row) => other !== column && Math.abs(other - column) !== queens.length - row);
    if (safe) ways += completions(n, [...queens, column]);
  }
  return ways;
}

/** Primes in each of `spans` runs of `length` numbers from 0 on. */
export function countPrimes(spans: number, length: number): number[] {
  const composite = new Uint8Array(spans * length);
  composite.fill(1, 0, 2);
  for (let p = 2; p * p < composite.length; p++) {
    if (composite[p] === 0) for (let multiple = p * p; multiple < composite.length; multiple += p) composite[multiple] = 1;
  }
  return Array.from({ length: spans }, (_, span) => {
    let primes = 0;
    for (let i = span * length; i < (span + 1) * length; i++) primes += 1 - (composite[i] ?? 1);
    return primes;
  });
}
