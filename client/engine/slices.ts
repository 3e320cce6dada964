/** Cuts a dispatch into boxes of workgroups in row order: pieces of a row, whole rows, whole planes. */
import type { WorkgroupBox } from "./seam.ts";

export type Grid = readonly [number, number, number];

export function workgroupsOf(size: Grid): number {
  return size[0] * size[1] * size[2];
}

/** A partition into too many boxes is tried again with boxes so much larger. */
const FEWER = 1.1;
/** A box may have this many times what is wanted, where it saves cutting a row, a plane or the grid once more. */
export const SLACK = 1.3;

/**
 * The box that begins after the first `done` workgroups and has about `wanted`: at least one, at most `SLACK` times as many.
 * What is left of a row, a plane or the grid is cut evenly, so that no small remnant stays. Boxes that follow each other so
 * cover the grid once.
 */
export function boxAt(grid: Grid, done: number, wanted: number): WorkgroupBox {
  const [columns, rows, planes] = grid;
  const x = done % columns;
  const y = Math.floor(done / columns) % rows;
  const z = Math.floor(done / (columns * rows));
  const from: [number, number, number] = [x, y, z];
  const rowsWanted = wanted / columns;
  if (x > 0 || SLACK * rowsWanted < 1) return { from, size: [evenly(columns - x, wanted), 1, 1] };
  const planesWanted = rowsWanted / rows;
  if (y > 0 || SLACK * planesWanted < 1) return { from, size: [columns, evenly(rows - y, rowsWanted), 1] };
  return { from, size: [columns, rows, evenly(planes - z, planesWanted)] };
}

/**
 * The slices that some of a unit's work is drawn from: boxes in row order that cover the grid once, of about as many workgroups
 * each, `most` of them at most. Whoever draws and whoever runs them cut alike.
 */
export function partition(grid: Grid, most: number): WorkgroupBox[] {
  const all = workgroupsOf(grid);
  for (let wanted = Math.ceil(all / most); ; wanted = Math.ceil(wanted * FEWER)) {
    const boxes: WorkgroupBox[] = [];
    for (let done = 0; done < all && boxes.length <= most; ) {
      const box = boxAt(grid, done, wanted);
      boxes.push(box);
      done += workgroupsOf(box.size);
    }
    if (boxes.length <= most) return boxes;
  }
}

/** The first of equal parts of `left`, as near to `wanted` as they can be; at least one, at most `SLACK * wanted`. */
function evenly(left: number, wanted: number): number {
  const most = Math.max(1, Math.floor(SLACK * wanted));
  const parts = Math.max(1, Math.round(left / wanted), Math.ceil(left / most));
  return Math.ceil(left / parts);
}
