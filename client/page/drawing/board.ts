/**
 * What is known of the shown job's squares: the polled picture, and the visitor's own units on top of it. Bounded by the
 * picture's cells and by MAX_OWN_UNITS, beyond which the oldest are forgotten by the drawing, not by the count.
 */

import { type CellState, decodePicture, MAX_CELLS, MAX_OWN_UNITS, MAX_TILE_SIDE } from "../../../shared/picture.ts";
import { cellOf, type PictureGrid, placeInBlock, unitInBlock, unitsIn } from "../../../shared/picture-grid.ts";
import type { KeptUnits } from "../../donor/own-units.ts";
import type { OwnUnit } from "../../donor/state.ts";

export interface Cell {
  state: CellState;
  /** Share of its units that are final, 0 … 1. */
  share: number;
  /** Ramp steps, one a pixel. */
  tile: Uint8Array;
}

/** Before a picture came. */
const NO_GRID: PictureGrid = { columns: 0, rows: 0, cells: 0, unitsPerCell: 1, units: 0, block: 0, unitColumns: 0 };
const EMPTY: Cell = { state: "missing", share: 0, tile: new Uint8Array(0) };

export class Board {
  grid = NO_GRID;
  tileWidth = 1;
  tileHeight = 1;
  final = 0;
  seq = 0;
  /** The job ended, with or without failed units. */
  done = false;
  /** The donor told of own units; what was kept of earlier visits counts no more. */
  knowsOwn = false;
  private cells: Cell[] = [];
  private readonly own = new Map<number, OwnUnit>();
  private readonly ownByCell = new Map<number, Set<number>>();
  /** Units that the visitor's donor has claimed and not finished. */
  private held: ReadonlySet<number> = new Set();
  private heldCells: ReadonlySet<number> = new Set();
  private forgotten = { waiting: 0, final: 0 };

  cell(index: number): Cell {
    return this.cells[index] ?? EMPTY;
  }

  get units(): number {
    return this.grid.units;
  }

  /** The job is an image, so that its cells have a place. */
  get isImage(): boolean {
    return this.grid.block > 0;
  }

  /** The job ended, or all of its units are verified. */
  get isFinished(): boolean {
    return this.done || (this.units > 0 && this.final >= this.units);
  }

  /** Nothing waits where all is verified, in the unit's square or in the whole job, whatever was heard of it last. */
  private waits(own: OwnUnit): boolean {
    return own.state === "waiting" && !this.isFinished && !this.isVerified(own.unit);
  }

  private isVerified(unit: number): boolean {
    if (this.units > 0 && this.final >= this.units) return true;
    const cell = cellOf(this.grid, unit);
    if (this.grid.unitsPerCell === 1) return this.cell(cell).state === "final";
    return this.grid.block > 1 && (this.cell(cell).share === 1 || this.isPrinted(cell, placeInBlock(this.grid, unit)));
  }

  /** Of a block whose units have pixels of their own: whether those at this place are there. */
  private isPrinted(cell: number, { x, y }: { x: number; y: number }): boolean {
    const { block } = this.grid;
    const [across, down] = [this.tileWidth / block, this.tileHeight / block];
    return across >= 1 && down >= 1 && (this.cell(cell).tile[y * down * this.tileWidth + x * across] ?? 0) > 0;
  }

  /** Own units that are verified though nobody told whether their bytes were the visitor's. */
  private *untold(): Generator<OwnUnit> {
    for (const own of this.own.values()) if (own.state === "waiting" && this.isVerified(own.unit)) yield own;
  }

  get hasUntold(): boolean {
    return !this.untold().next().done;
  }

  /** Of what is verified the visitor's bytes were the same, but for these units. */
  settle(refused: ReadonlySet<number>): void {
    for (const own of [...this.untold()]) this.own.set(own.unit, { ...own, state: refused.has(own.unit) ? "refused" : "final" });
  }

  /** Own units of a cell as they are drawn, none for most: what waited and is verified is the visitor's, unless it is told to be refused. */
  *ownIn(cell: number): Generator<OwnUnit> {
    for (const unit of this.ownByCell.get(cell) ?? []) {
      const own = this.own.get(unit);
      if (!own) continue;
      if (own.state !== "waiting" || this.waits(own)) yield own;
      else if (this.isVerified(unit)) yield { ...own, state: "final" };
    }
  }

  /**
   * Takes a polled picture in; answers the cells that changed, or "all" when the grid is another one or the job just finished. Throws `RangeError`
   * on a picture that breaks its own bounds.
   */
  take(bytes: Uint8Array): number[] | "all" {
    const picture = decodePicture(bytes);
    if (picture.cells > MAX_CELLS || picture.changes.length > picture.cells) throw new RangeError("picture has too many cells");
    if (picture.tileWidth > MAX_TILE_SIDE || picture.tileHeight > MAX_TILE_SIDE) throw new RangeError("picture has too large tiles");
    const grid = gridOf(picture);
    const sameGrid = isSame(grid, this.grid);
    const wasFinished = this.isFinished;
    this.final = picture.final;
    this.seq = picture.seq;
    if (!sameGrid) {
      this.grid = grid;
      this.tileWidth = picture.tileWidth;
      this.tileHeight = picture.tileHeight;
      this.cells = [];
      this.indexOwn();
    }
    const changed: number[] = [];
    for (const change of picture.changes) {
      if (change.cell >= picture.cells) throw new RangeError("picture names a cell that it does not have");
      const share = change.state === "final" && grid.unitsPerCell === 1 ? 1 : change.share;
      this.cells[change.cell] = { state: change.state, share, tile: change.tile.slice() };
      changed.push(change.cell);
    }
    return sameGrid && wasFinished === this.isFinished ? changed : "all";
  }

  /** Another state of one of the visitor's own units; answers its cell and whether it became final just now. */
  takeOwn(unit: OwnUnit): { cell: number; becameFinal: boolean } {
    this.knowsOwn = true;
    const before = this.own.get(unit.unit);
    const ended = unit.state === "final" || unit.state === "refused";
    // A unit ends after it waited: one that is not known any more was counted as waiting.
    if (ended && !before && this.forgotten.waiting > 0) this.forgotten.waiting--;
    this.own.set(unit.unit, unit);
    const cell = cellOf(this.grid, unit.unit);
    const inCell = this.ownByCell.get(cell);
    if (inCell) inCell.add(unit.unit);
    else this.ownByCell.set(cell, new Set([unit.unit]));
    if (this.own.size > MAX_OWN_UNITS) this.forgetOldest();
    return { cell, becameFinal: unit.state === "final" && before !== undefined && before.state !== "final" };
  }

  /** Replaces all own units. */
  takeAllOwn(units: readonly OwnUnit[]): void {
    this.knowsOwn = true;
    this.replaceOwn(units);
  }

  /** What an earlier visit left. */
  takeKept(job: number, kept: KeptUnits): void {
    const own = (state: OwnUnit["state"]) => (unit: number) => ({ job, unit, state, progress: 1 });
    this.replaceOwn([...kept.waiting.map(own("waiting")), ...kept.final.map(own("final"))]);
  }

  /** What is worth keeping for the next visit, which may have to find out whose bytes were right. */
  ownIndices(): KeptUnits {
    const own = [...this.own.values()];
    const indices = (units: OwnUnit[]) => units.map(({ unit }) => unit);
    return {
      final: indices(own.filter(({ state }) => state === "final")),
      waiting: indices(own.filter(({ state }) => state === "waiting")),
    };
  }

  /** The first unit of a run of cells that is known to be verified; undefined: none is. */
  verifiedIn(first: number, cells: number): number | undefined {
    for (let cell = first; cell < Math.min(first + cells, this.grid.cells); cell++)
      if (this.cell(cell).share === 1) return cell * this.grid.unitsPerCell;
    return undefined;
  }

  /** The verified unit at a place of a block, 0 … 1 each way; undefined: it is not known to be. */
  verifiedAt(cell: number, across: number, down: number): number | undefined {
    const { block } = this.grid;
    const unit = unitInBlock(this.grid, cell, { x: Math.floor(across * block), y: Math.floor(down * block) });
    return unit !== undefined && this.isVerified(unit) ? unit : undefined;
  }

  /** Units of a run of cells, at least 1. */
  unitsIn(first: number, cells: number): number {
    if (cells === 1) return Math.max(1, unitsIn(this.grid, first));
    const { unitsPerCell, units } = this.grid;
    return Math.max(1, Math.min(cells * unitsPerCell, units - first * unitsPerCell));
  }

  /** What the donor has claimed and not finished; what ran and is not among it runs no longer. Answers the cells that may look otherwise. */
  takeHeld(units: readonly number[]): Iterable<number> {
    const before = this.heldCells;
    this.held = new Set(units);
    this.indexHeld();
    return new Set([...before, ...this.heldCells, ...this.forgetRunning(({ unit }) => !this.held.has(unit))]);
  }

  /** Somebody else is on a unit of the cell, as far as anybody can tell: the picture does not say who. */
  isElsewhere(cell: number): boolean {
    return this.cell(cell).state === "running" && !this.heldCells.has(cell);
  }

  private indexHeld(): void {
    this.heldCells = new Set([...this.held].map((unit) => cellOf(this.grid, unit)));
  }

  private replaceOwn(units: readonly OwnUnit[]): void {
    this.own.clear();
    this.forgotten = { waiting: 0, final: 0 };
    for (const unit of units.slice(0, MAX_OWN_UNITS)) this.own.set(unit.unit, unit);
    for (const unit of units.slice(MAX_OWN_UNITS)) this.forget(unit);
    this.indexOwn();
  }

  /** Own units that were running are running no longer. Answers their cells. */
  stopRunning(): number[] {
    return this.forgetRunning(() => true);
  }

  private forgetRunning(which: (unit: OwnUnit) => boolean): number[] {
    const cells: number[] = [];
    for (const unit of [...this.own.values()]) {
      if (unit.state !== "running" || !which(unit)) continue;
      const cell = cellOf(this.grid, unit.unit);
      this.own.delete(unit.unit);
      this.ownByCell.get(cell)?.delete(unit.unit);
      cells.push(cell);
    }
    return cells;
  }

  counts(): { running: number; waiting: number; final: number } {
    const counts = { running: 0, ...this.forgotten };
    for (const unit of this.own.values()) {
      if (unit.state === "running" || unit.state === "final") counts[unit.state]++;
      else if (this.waits(unit)) counts.waiting++;
    }
    if (this.isFinished) counts.waiting = 0;
    return counts;
  }

  private indexOwn(): void {
    this.indexHeld();
    this.ownByCell.clear();
    for (const unit of this.own.keys()) {
      const cell = cellOf(this.grid, unit);
      const inCell = this.ownByCell.get(cell);
      if (inCell) inCell.add(unit);
      else this.ownByCell.set(cell, new Set([unit]));
    }
  }

  /** What is running is a handful and stays. */
  private forgetOldest(): void {
    for (const unit of this.own.values()) {
      if (unit.state === "running") continue;
      this.own.delete(unit.unit);
      this.ownByCell.get(cellOf(this.grid, unit.unit))?.delete(unit.unit);
      this.forget(unit);
      return;
    }
  }

  private forget(unit: OwnUnit): void {
    if (unit.state === "waiting" || unit.state === "final") this.forgotten[unit.state]++;
  }
}

function gridOf({ columns, rows, cells, unitsPerCell, units, block, unitColumns }: PictureGrid): PictureGrid {
  const atLeastOne = { columns: Math.max(1, columns), rows: Math.max(1, rows), unitsPerCell: Math.max(1, unitsPerCell) };
  return { ...atLeastOne, cells, units, block: unitColumns > 0 ? block : 0, unitColumns };
}

function isSame(one: PictureGrid, other: PictureGrid): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
