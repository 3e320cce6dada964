/**
 * The pixels of an image of many units: a cell is a block of them, each with a few pixels of it, or where there are more units
 * than pixels the mean of those that share one. 0: nothing is verified there yet; tones begin at 1.
 */
import { cellOf, type PictureGrid, placeInBlock } from "../../shared/picture-grid.ts";

/** Memory of a pixel that several units share: a sum and a count. */
const SHARED_BYTES = 8;

export class Mosaic {
  /** Pixels of a cell. */
  readonly width: number;
  readonly height: number;
  private readonly grid: PictureGrid;
  private readonly unit: { width: number; height: number };
  /** Units share a pixel. */
  private readonly isShared: boolean;
  private readonly tiles: (Uint8Array | undefined)[];
  private readonly sums: (Float32Array | undefined)[];
  private readonly counts: (Float32Array | undefined)[];

  /** `unit`: pixels of one unit; `side`: of a cell, at most. */
  constructor(grid: PictureGrid, unit: { width: number; height: number }, side: number) {
    this.grid = grid;
    this.unit = unit;
    this.isShared = grid.block > side;
    this.width = this.isShared ? side : grid.block * unit.width;
    this.height = this.isShared ? side : grid.block * unit.height;
    this.tiles = new Array<Uint8Array | undefined>(grid.cells);
    this.sums = new Array<Float32Array | undefined>(grid.cells);
    this.counts = new Array<Float32Array | undefined>(grid.cells);
  }

  /** What it may come to in memory, beside the tiles. */
  get bytes(): number {
    return this.isShared ? this.grid.cells * this.width * this.height * SHARED_BYTES : 0;
  }

  reset(): void {
    this.tiles.fill(undefined);
    this.sums.fill(undefined);
    this.counts.fill(undefined);
  }

  /** A unit that is verified now, once each. `pixels`: one byte each, row by row. */
  put(unit: number, pixels: Uint8Array): void {
    const { grid, width, height } = this;
    const cell = cellOf(grid, unit);
    const { x, y } = placeInBlock(grid, unit);
    const tile = this.tiles[cell] ?? new Uint8Array(width * height);
    this.tiles[cell] = tile;
    if (this.isShared) {
      const at = Math.floor((y * height) / grid.block) * width + Math.floor((x * width) / grid.block);
      tile[at] = toneOf(this.meanWith(cell, at, pixels[0] ?? 0));
      return;
    }
    for (let row = 0; row < this.unit.height; row++) {
      for (let column = 0; column < this.unit.width; column++) {
        const at = (y * this.unit.height + row) * width + x * this.unit.width + column;
        tile[at] = toneOf(pixels[row * this.unit.width + column] ?? 0);
      }
    }
  }

  tile(cell: number): Uint8Array {
    return this.tiles[cell] ?? new Uint8Array(0);
  }

  private meanWith(cell: number, at: number, value: number): number {
    const pixels = this.width * this.height;
    const sums = this.sums[cell] ?? new Float32Array(pixels);
    const counts = this.counts[cell] ?? new Float32Array(pixels);
    this.sums[cell] = sums;
    this.counts[cell] = counts;
    sums[at] = (sums[at] ?? 0) + value;
    counts[at] = (counts[at] ?? 0) + 1;
    return (sums[at] ?? 0) / (counts[at] ?? 1);
  }
}

function toneOf(value: number): number {
  return Math.max(1, Math.round(value));
}
