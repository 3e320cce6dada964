/** What the strip's squares stand for. Knows no canvas. */
import { decodePicture, type Picture, type PictureCell } from "../../shared/picture.ts";
import { cellOf, type PictureGrid, unitsIn } from "../../shared/picture-grid.ts";
import type { OwnUnit } from "../donor/state.ts";

export const COLUMNS = 16;
export const ROWS = 3;
const SQUARES = COLUMNS * ROWS;

export interface Square {
  /** Share of its units that are verified, and that are verified and the visitor's; 0 … 1. */
  share: number;
  own: number;
  /** Its pixels, one byte each; of a square of an image alone. `isBlock`: of several units, and 0 where nothing is verified. */
  tile: { bytes: Uint8Array; width: number; height: number; isBlock: boolean } | null;
  /** Where a square is one unit, it is the visitor's and runs: how far it is, 0 … 1. */
  running: number | null;
  /** It is theirs and waits to be verified; then `tile` is what they computed, if it is known. */
  isWaiting: boolean;
}

type Place = PictureGrid & Pick<Picture, "tileWidth" | "tileHeight">;

export class Board {
  readonly job: number;
  /** Of the newest picture; 0: none came. */
  seq = 0;
  private place: Place | null = null;
  private readonly cells = new Map<number, PictureCell>();
  /** Of a job that is no image: the share that is verified, by square. */
  private shares = new Float64Array(SQUARES);
  private readonly verified = new Set<number>();
  /** Of those by square, or by cell of an image. */
  private counts = new Map<number, number>();
  /** With their pixels, where they are known. */
  private readonly waiting = new Map<number, Uint8Array | undefined>();
  private readonly running = new Map<number, number>();
  /** Of an image: the cell at the start corner of the part that is shown. */
  private corner = { column: 0, row: 0 };

  constructor(job: number) {
    this.job = job;
  }

  /** Throws what `decodePicture` does. */
  takePicture(bytes: Uint8Array): void {
    const picture = decodePicture(bytes);
    const isFirst = this.place === null;
    this.seq = picture.seq;
    this.place = picture;
    for (const change of picture.changes) this.cells.set(change.cell, change);
    if (!isImage(picture)) this.shares = sharesOf(this.cells.values(), picture.cells);
    if (!isFirst) return;
    this.corner = liveliest(picture, this.cells);
    for (const unit of this.verified) this.count(unit);
  }

  /** Whether any of them is new. */
  verify(units: readonly number[]): boolean {
    const fresh = units.filter((unit) => !this.verified.has(unit));
    for (const unit of fresh) {
      this.verified.add(unit);
      this.forget(unit);
      if (this.place) this.count(unit);
    }
    return fresh.length > 0;
  }

  /** All of this visitor's, of earlier visits too, the newest first: those that wait, and those that are verified. */
  takeAll(units: readonly OwnUnit[]): void {
    for (const unit of units.toReversed()) if (unit.job === this.job) this.takeOwn(unit);
  }

  takeOwn({ job, unit, state, progress, tile }: OwnUnit): void {
    if (job !== this.job) return;
    if (state === "final") {
      this.verify([unit]);
      return;
    }
    this.forget(unit);
    if (state === "running") this.running.set(unit, progress);
    if (state === "waiting") this.waiting.set(unit, tile);
    if (state !== "refused") this.follow(unit);
  }

  /** What ran and is not held any more runs no longer. */
  hold(units: readonly number[]): void {
    const held = new Set(units);
    for (const unit of this.running.keys()) if (!held.has(unit)) this.running.delete(unit);
  }

  /** `square`: 0 … 47, in reading order. Null: nothing of the job is there. */
  square(square: number): Square | null {
    const { place } = this;
    if (!place || place.units === 0) return { share: 0, own: 0, tile: null, running: null, isWaiting: false };
    if (!isImage(place)) return { ...this.ownIn(square, place.units / SQUARES), share: this.shares[square] ?? 0, tile: null };
    const { columns, cells, block, tileWidth: width, tileHeight: height } = place;
    const [column, row] = [this.corner.column + (square % COLUMNS), this.corner.row + Math.floor(square / COLUMNS)];
    const cell = row * columns + column;
    if (column >= columns || cell >= cells) return null;
    const own = this.ownIn(cell, unitsIn(place, cell));
    const known = this.cells.get(cell);
    const bytes = own.isWaiting ? this.waiting.get(cell) : known?.tile;
    const tile = bytes?.byteLength === width * height ? { bytes, width, height, isBlock: block > 1 } : null;
    return { ...own, share: known?.share ?? 0, tile };
  }

  /** Of a run of units only what is verified is shown. */
  private ownIn(key: number, units: number): Pick<Square, "own" | "running" | "isWaiting"> {
    const own = Math.min(1, (this.counts.get(key) ?? 0) / units);
    if (units > 1) return { own, running: null, isWaiting: false };
    const running = [...this.running].find(([unit]) => this.keyOf(unit) === key);
    return { own, running: running?.[1] ?? null, isWaiting: [...this.waiting.keys()].some((unit) => this.keyOf(unit) === key) };
  }

  /** The square of a unit; of an image its cell. */
  private keyOf(unit: number): number {
    const { place } = this;
    if (!place) return -1;
    return isImage(place) ? cellOf(place, unit) : Math.floor((unit * SQUARES) / place.units);
  }

  private count(unit: number): void {
    const key = this.keyOf(unit);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    this.follow(unit);
  }

  private forget(unit: number): void {
    this.running.delete(unit);
    this.waiting.delete(unit);
  }

  /** The part of an image that is shown goes where the visitor's newest unit is. */
  private follow(unit: number): void {
    const { place, corner } = this;
    if (!place || !isImage(place)) return;
    const cell = this.keyOf(unit);
    const [column, row] = [cell % place.columns, Math.floor(cell / place.columns)];
    const isAcross = column >= corner.column && column < corner.column + COLUMNS;
    if (isAcross && row >= corner.row && row < corner.row + ROWS) return;
    const start = (at: number, shown: number, all: number) => Math.max(0, Math.min(at - Math.floor(shown / 2), all - shown));
    this.corner = { column: start(column, COLUMNS, place.columns), row: start(row, ROWS, place.rows) };
  }
}

function isImage({ block }: Place): boolean {
  return block > 0;
}

function sharesOf(cells: Iterable<PictureCell>, count: number): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(SQUARES);
  for (const { cell, share } of cells) {
    const square = Math.min(SQUARES - 1, Math.floor((cell * SQUARES) / count));
    sums[square] = (sums[square] ?? 0) + share;
  }
  return sums.map((sum) => Math.min(1, sum / Math.max(1, count / SQUARES)));
}

/** The part of an image in which as much is verified as is missing, or nearly; of several the one in the middle. */
function liveliest({ columns, rows }: Place, cells: ReadonlyMap<number, PictureCell>): { column: number; row: number } {
  const [lastColumn, lastRow] = [Math.max(0, columns - COLUMNS), Math.max(0, rows - ROWS)];
  let best = { column: 0, row: 0, miss: Number.POSITIVE_INFINITY, off: Number.POSITIVE_INFINITY };
  for (let row = 0; row <= lastRow; row++) {
    for (let column = 0; column <= lastColumn; column++) {
      let share = 0;
      for (let y = row; y < Math.min(rows, row + ROWS); y++)
        for (let x = column; x < Math.min(columns, column + COLUMNS); x++) share += cells.get(y * columns + x)?.share ?? 0;
      const miss = Math.abs(share / (Math.min(columns, COLUMNS) * Math.min(rows, ROWS)) - 0.5);
      const off = Math.abs(row - lastRow / 2) + Math.abs(column - lastColumn / 2);
      if (miss < best.miss || (miss === best.miss && off < best.off)) best = { column, row, miss, off };
    }
  }
  return best;
}
