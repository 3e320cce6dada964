/** Which units a cell of a job's picture stands for: one, a run of them, or of a large image a square block. */
export interface PictureGrid {
  columns: number;
  rows: number;
  cells: number;
  /** Units of a whole cell. */
  unitsPerCell: number;
  units: number;
  /** Of an image: units to a side of a cell; 0: cells are runs of units. */
  block: number;
  /** Of an image: units to one of its rows; else 0. */
  unitColumns: number;
}

export function cellOf({ columns, unitsPerCell, block, unitColumns }: PictureGrid, unit: number): number {
  if (block <= 1) return Math.floor(unit / unitsPerCell);
  const [column, row] = [unit % unitColumns, Math.floor(unit / unitColumns)];
  return Math.floor(row / block) * columns + Math.floor(column / block);
}

/** Where a unit lies in its block, in units. */
export function placeInBlock({ block, unitColumns }: PictureGrid, unit: number): { x: number; y: number } {
  return { x: (unit % unitColumns) % block, y: Math.floor(unit / unitColumns) % block };
}

/** The unit at a place of a block; undefined beyond the image. */
export function unitInBlock(grid: PictureGrid, cell: number, { x, y }: { x: number; y: number }): number | undefined {
  const { columns, block, unitColumns, units } = grid;
  const column = (cell % columns) * block + x;
  const unit = (Math.floor(cell / columns) * block + y) * unitColumns + column;
  return column < unitColumns && unit < units ? unit : undefined;
}

/** How many units a cell has; those at the end, and at the edges of an image, have fewer. */
export function unitsIn({ columns, unitsPerCell, units, block, unitColumns }: PictureGrid, cell: number): number {
  if (block <= 1) return Math.max(0, Math.min(unitsPerCell, units - cell * unitsPerCell));
  const [column, row] = [(cell % columns) * block, Math.floor(cell / columns) * block];
  const width = Math.min(block, unitColumns - column);
  const whole = Math.floor(units / unitColumns);
  const full = Math.max(0, Math.min(block, whole - row));
  const isLast = whole >= row && whole < row + block;
  const last = isLast ? Math.max(0, Math.min(width, (units % unitColumns) - column)) : 0;
  return width * full + last;
}

/** Columns and rows of the smallest blocks with which an image of so many units has at most `most` cells. */
export function blocksOf(units: number, unitColumns: number, most: number): Pick<PictureGrid, "block" | "columns" | "rows"> {
  const unitRows = Math.ceil(units / unitColumns);
  const sides = (block: number) => ({ block, columns: Math.ceil(unitColumns / block), rows: Math.ceil(unitRows / block) });
  const fits = ({ columns, rows }: { columns: number; rows: number }) => columns * rows <= most;
  // No block is smaller than this one, and few are larger.
  let block = Math.max(1, Math.floor(Math.sqrt((unitColumns * unitRows) / most)));
  while (!fits(sides(block))) block += Math.max(1, block >> 6);
  return sides(block);
}
