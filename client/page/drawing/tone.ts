/** Which step of a ramp a square takes that is drawn in one colour, 0 … 255. */
import type { Cell } from "./board.ts";

/** The stop of a ramp that its legend shows: a square of the visitor's own whose values are all equal takes it, to read as yellow. */
export const MIDDLE_STEP = 153;
/** A square of a job that is no image is no paler than this, to be told from a missing one. */
const PALEST_FLAT_STEP = 40;

export interface Tile {
  /** Ramp steps, one a pixel. */
  steps: Uint8Array;
  /** The job is an image, whose range is declared: its tones say something, and the file has the same. */
  image: boolean;
  mine: boolean;
  /** The job has ended: the picture is the one of the file. */
  finished: boolean;
}

/** The one step of a tile of equal values, the mean when tiles are drawn `flat`, else null: it has pixels. */
export function toneOf({ steps, image, mine, finished }: Tile, flat: boolean): number | null {
  const [first] = steps;
  if (first === undefined) return MIDDLE_STEP;
  const isEqual = steps.every((step) => step === first);
  if (!isEqual && !flat) return null;
  if (isEqual && image && mine && !finished) return MIDDLE_STEP;
  const step = isEqual ? first : mean(steps);
  return image ? step : Math.max(PALEST_FLAT_STEP, step);
}

/** The mean tone of what is verified in a run of cells that are one value each. */
export function toneOfRun(cells: readonly Cell[]): number {
  const known = cells.filter(({ tile }) => tile.byteLength === 1);
  if (known.length === 0) return MIDDLE_STEP;
  return Math.max(PALEST_FLAT_STEP, mean(known.map(({ tile }) => tile[0] ?? 0)));
}

function mean(steps: Uint8Array | number[]): number {
  let sum = 0;
  for (const step of steps) sum += step;
  return sum / steps.length;
}
