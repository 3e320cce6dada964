/** What `/bench` found, and how it is shown and copied. */

export interface BenchResult {
  /** Words of the adapter, and whether it is the processor in disguise. */
  adapter: string;
  software: boolean;
  browser: string;
  os: string;
  /** 10^9 operations of the benchmark a second. */
  gflops: number;
  /** Units a second in slices of 4 ms and of 30 ms, over whole dispatches of the kernel as it was written. */
  sliced: { polite: number; idle: number };
  /** Of slices of 4 ms: share within twice and half of that, and the longest over it. */
  slices: { within: number; longest: number };
  /** The longest of a few, from Stop to an idle GPU. */
  stopMillis: number;
  /** Slices and whole dispatches gave the same bytes. */
  sameBytes: boolean;
}

export interface BenchRow {
  what: string;
  here: string;
  goal: string;
  met: boolean | null;
}

/** Allowed from Stop: two slices of 4 ms and a tenth of a second. */
const STOP_MS = 108;
const SLICED_SHARE = 0.97;
const SLICES_WITHIN = 0.95;
const LONGEST = 3;

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? Number.NaN);
  return middle / 2;
}

export function rowsOf({ gflops, sliced, slices, stopMillis, sameBytes }: BenchResult): BenchRow[] {
  const share = (value: number) => `${Math.round(100 * value)} %`;
  const speed = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(gflops);
  return [
    { what: "Speed", here: `${speed} GFLOPS`, goal: "", met: null },
    { what: "Speed in slices of 30 ms, of whole", here: share(sliced.idle), goal: "97 %", met: sliced.idle >= SLICED_SHARE },
    { what: "Speed in slices of 4 ms, of whole", here: share(sliced.polite), goal: "", met: null },
    { what: "Slices of 4 ms within half and twice", here: share(slices.within), goal: "95 %", met: slices.within >= SLICES_WITHIN },
    { what: "Longest of these slices", here: `${(4 * slices.longest).toFixed(1)} ms`, goal: "12 ms", met: slices.longest <= LONGEST },
    { what: "From Stop to an idle card", here: `${Math.round(stopMillis)} ms`, goal: `${STOP_MS} ms`, met: stopMillis <= STOP_MS },
    { what: "Same bytes, sliced and whole", here: sameBytes ? "yes" : "no", goal: "yes", met: sameBytes },
  ];
}

/** One line of JSON, as `npm run bench -- engine --json` prints it. */
export function lineOf(result: BenchResult): string {
  const { adapter, software, browser, os, gflops, sliced, slices, stopMillis, sameBytes } = result;
  const rounded = (value: number) => Number(value.toPrecision(4));
  const goal = (value: number, target: number, met: boolean, note: string) => ({ value: rounded(value), target, met, note });
  const goals = {
    E2: goal(
      sliced.idle,
      SLICED_SHARE,
      sliced.idle >= SLICED_SHARE,
      `${rounded(sliced.polite)} in slices of 4 ms; same bytes: ${sameBytes}`,
    ),
    E3: goal(slices.within, SLICES_WITHIN, slices.within >= SLICES_WITHIN, `the longest ${rounded(slices.longest)} targets of 4 ms`),
    E5: goal(stopMillis / STOP_MS, 1, stopMillis <= STOP_MS, `${rounded(stopMillis)} ms`),
  };
  return JSON.stringify({ bench: "engine-page", machine: { adapter, software, browser, os, gflops: rounded(gflops) }, goals });
}
