/** What `/bench` found, and how it is judged, shown and copied. */
import { LONGEST_TARGETS, MOST_SHARE, SLICED_SHARE, SLICES_WITHIN, type SliceTimes, stopAllowed } from "./goals.ts";

export interface BenchResult {
  /** Words of the adapter, and whether it is the processor in disguise. */
  adapter: string;
  software: boolean;
  browser: string;
  os: string;
  /** A tab of this browser lent meanwhile. */
  lent: boolean;
  /** 10^9 operations of the benchmark a second. */
  gflops: number;
  /** Units a second in slices of 4 ms and of 30 ms, over whole dispatches of the kernel as it was written. */
  sliced: { polite: number; idle: number };
  /** Slices of 4 ms. */
  slices: SliceTimes;
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

const POLITE_MS = 4;
const STOP_MS = stopAllowed(POLITE_MS);

/** Whether it says anything of the graphics card. */
export function isMeasured({ sliced, lent }: Pick<BenchResult, "sliced" | "lent">): boolean {
  return !lent && Math.max(sliced.idle, sliced.polite) <= MOST_SHARE;
}

/** What computed, in words. */
export function gpuWords({ adapter, software }: Pick<BenchResult, "adapter" | "software">): string {
  return software && adapter !== "software" ? `${adapter} (software)` : adapter;
}

/** Which goals are met; rows and line say it alike. */
function judge({ sliced, slices, stopMillis, sameBytes }: BenchResult) {
  return {
    /** Null: not measured, so neither met nor missed. */
    sliced: sliced.idle > MOST_SHARE ? null : sliced.idle >= SLICED_SHARE,
    within: slices.within >= SLICES_WITHIN,
    longest: slices.longest <= LONGEST_TARGETS,
    stop: stopMillis <= STOP_MS,
    sameBytes,
  };
}

export function rowsOf(result: BenchResult): BenchRow[] {
  const { gflops, sliced, slices, stopMillis, sameBytes } = result;
  const met = judge(result);
  const share = (value: number) => `${Math.round(100 * value)} %`;
  const speedShare = (value: number) => (value <= MOST_SHARE ? share(value) : `${share(value)}, not measured`);
  const speed = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(gflops);
  const millis = (targets: number) => POLITE_MS * targets;
  return [
    { what: "Speed", here: `${speed} GFLOPS`, goal: "", met: null },
    { what: "Speed in slices of 30 ms, of whole", here: speedShare(sliced.idle), goal: share(SLICED_SHARE), met: met.sliced },
    { what: "Speed in slices of 4 ms, of whole", here: speedShare(sliced.polite), goal: "", met: null },
    { what: "Slices of 4 ms within half and twice", here: share(slices.within), goal: share(SLICES_WITHIN), met: met.within },
    {
      ...{ what: "Longest of these slices", here: `${millis(slices.longest).toFixed(1)} ms` },
      ...{ goal: `${millis(LONGEST_TARGETS)} ms`, met: met.longest },
    },
    { what: "From Stop to an idle card", here: `${Math.round(stopMillis)} ms`, goal: `${STOP_MS} ms`, met: met.stop },
    { what: "Same bytes, sliced and whole", here: sameBytes ? "yes" : "no", goal: "yes", met: met.sameBytes },
  ];
}

/** One line of JSON, as `npm run bench -- engine --json` prints it. */
export function lineOf(result: BenchResult): string {
  const { adapter, software, browser, os, gflops, sliced, slices, stopMillis, sameBytes } = result;
  const met = judge(result);
  const rounded = (value: number) => Number(value.toPrecision(4));
  const goal = (value: number, target: number, isMet: boolean | null, note: string) => ({
    value: rounded(value),
    target,
    met: isMet,
    note,
  });
  const polite = `${rounded(sliced.polite)} in slices of 4 ms; same bytes: ${sameBytes}`;
  const goals = {
    E2: goal(sliced.idle, SLICED_SHARE, met.sameBytes ? met.sliced : false, polite),
    E3: goal(slices.within, SLICES_WITHIN, met.within && met.longest, `the longest ${rounded(slices.longest)} targets of 4 ms`),
    E5: goal(stopMillis / STOP_MS, 1, met.stop, `${rounded(stopMillis)} ms`),
  };
  return JSON.stringify({ bench: "engine-page", machine: { adapter, software, browser, os, gflops: rounded(gflops) }, goals });
}
