/** How many squares, how large and how many units each: the whole job is always in sight, in whole pixels. */

import type { PictureGrid } from "../../../shared/picture-grid.ts";

/** A square smaller than this stands for a run of cells, unless the job is an image. CSS pixels. */
const SMALLEST_SQUARE = 20;
/** A job of few units does not become a wall of giants. CSS pixels. */
const LARGEST_SQUARE = 192;

export interface Layout {
  columns: number;
  rows: number;
  squares: number;
  /** Side of a square in device pixels. */
  side: number;
  /** Of all of them, device pixels: an image's last blocks may reach beyond its edge. */
  width: number;
  height: number;
  /** Consecutive cells of the picture that one square shows. */
  cellsPerSquare: number;
}

/** `width` and `height` are CSS pixels, at least 1 each. */
export function layOut(grid: PictureGrid, width: number, height: number, pixelRatio: number): Layout {
  const wide = Math.max(1, Math.floor(width * pixelRatio));
  const high = Math.max(1, Math.floor(height * pixelRatio));
  const largest = Math.floor(LARGEST_SQUARE * pixelRatio);
  if (grid.block > 0) {
    const { columns, rows, block, unitColumns } = grid;
    const across = block > 1 ? unitColumns / block : columns;
    const down = block > 1 ? Math.ceil(grid.units / unitColumns) / block : rows;
    const side = Math.max(1, Math.min(largest, Math.floor(wide / across), Math.floor(high / down)));
    const [inWidth, inHeight] = [Math.ceil(across * side), Math.ceil(down * side)];
    return { columns, rows, squares: grid.cells, side, width: inWidth, height: inHeight, cellsPerSquare: 1 };
  }
  const smallest = Math.min(Math.max(1, Math.ceil(SMALLEST_SQUARE * pixelRatio)), wide, high);
  const room = Math.floor(wide / smallest) * Math.floor(high / smallest);
  const cellsPerSquare = Math.max(1, Math.ceil(grid.cells / room));
  const squares = Math.ceil(grid.cells / cellsPerSquare);
  let side = smallest;
  while (side < largest && Math.floor(wide / (side + 1)) * Math.floor(high / (side + 1)) >= squares) side++;
  const columns = Math.max(1, Math.min(squares, Math.floor(wide / side)));
  const rows = Math.ceil(squares / columns);
  return { columns, rows, squares, side, width: columns * side, height: rows * side, cellsPerSquare };
}

/** The square at a place, in device pixels; undefined where there is none. */
export function squareAt({ columns, squares, side }: Layout, x: number, y: number): number | undefined {
  const [column, row] = [Math.floor(x / side), Math.floor(y / side)];
  const square = row * columns + column;
  return x >= 0 && y >= 0 && column < columns && square < squares ? square : undefined;
}
