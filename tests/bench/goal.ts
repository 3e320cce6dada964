/** What is said of a goal, and how pairs of measurements become one figure. */
import { median } from "../../client/bench/median.ts";

export { median };

export interface Figure {
  /** What the value is, with its unit. */
  name: string;
  value: number;
  target: number;
  /** Whether the value should be at least or at most the target. */
  is: "at least" | "at most";
  /** Of what was measured in pairs: the ratio of each. They decide only where the middle half of them agree. */
  pairs?: readonly number[];
  /** More than this cannot be: something else was busy beside the peer. */
  most?: number;
}

export interface Part extends Pick<Figure, "name" | "value" | "target" | "is"> {
  /** null: not decided. */
  met: boolean | null;
}

export interface GoalReport {
  /** The first figure's; null: it could not be measured, and `note` says why. */
  value: number | null;
  target: number | null;
  /** Whether all figures are. */
  met: boolean | null;
  note: string;
  figures: Part[];
}

export function measured(figures: readonly [Figure, ...Figure[]], note: string): GoalReport {
  const parts = figures.map((figure): Part => {
    const { name, value, target, is } = figure;
    return { name, value: rounded(value), target, is, met: verdictOf(figure) };
  });
  const [first] = parts as [Part, ...Part[]];
  const isMissed = parts.some(({ met }) => met === false);
  const met = isMissed ? false : parts.every((part) => part.met) ? true : null;
  const unsure = parts.some((part) => part.met === null) ? `; ${UNSURE}` : "";
  return { value: first.value, target: first.target, met, note: `${note}${unsure}`, figures: parts };
}

/** The figure of pairs: their median, and each for the verdict. */
export function ofPairs(ours: readonly number[], theirs: readonly number[]): { value: number; pairs: number[] } {
  const pairs = ours.map((value, i) => value / (theirs[i] ?? Number.NaN));
  return { value: median(pairs), pairs };
}

export function unmeasured(target: number | null, why: string): GoalReport {
  return { value: null, target, met: null, note: why, figures: [] };
}

/** A report whose figures are of less than the goal speaks of: only a full run decides. */
export function undecided(report: GoalReport, why: string): GoalReport {
  const figures = report.figures.map((figure) => ({ ...figure, met: null }));
  return { ...report, met: null, figures, note: `not decided, ${why}; ${report.note}` };
}

/** `12,345`, `0.87`: as many digits as say something. */
export function shown(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The median with the lowest and the highest, for a note. */
export function spread(values: readonly number[]): string {
  return `${shown(median(values))} (${shown(Math.min(...values))} to ${shown(Math.max(...values))})`;
}

const UNSURE = "what is not decided differs too much from pair to pair: measure it on a quiet machine";

/** The quartiles of the pairs must be on the same side of the target, and none of them beyond what can be. */
function verdictOf({ value, target, is, pairs = [value], most = Number.POSITIVE_INFINITY }: Figure): boolean | null {
  const sorted = pairs.toSorted((one, other) => one - other);
  const quarter = Math.floor(sorted.length / 4);
  const [low, high] = [sorted[quarter] ?? value, sorted[sorted.length - 1 - quarter] ?? value];
  if (high > most) return null;
  const isMet = (each: number) => (is === "at least" ? each >= target : each <= target);
  return isMet(low) === isMet(high) ? isMet(value) : null;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
