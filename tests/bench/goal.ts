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
}

export interface Part extends Figure {
  met: boolean;
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
  const parts = figures.map((figure) => ({ ...figure, value: rounded(figure.value), met: isMet(figure) }));
  const [first] = parts as [Part, ...Part[]];
  return { value: first.value, target: first.target, met: parts.every(({ met }) => met), note, figures: parts };
}

export function unmeasured(target: number | null, why: string): GoalReport {
  return { value: null, target, met: null, note: why, figures: [] };
}

/** A report whose figures are of less than the goal speaks of: only a full run decides. */
export function undecided(report: GoalReport, why: string): GoalReport {
  return { ...report, met: null, note: `not decided, ${why}; ${report.note}` };
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

function isMet({ value, target, is }: Figure): boolean {
  return is === "at least" ? value >= target : value <= target;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
