import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layOut, squareAt } from "../../../client/page/drawing/layout.ts";
import type { PictureGrid } from "../../../shared/picture-grid.ts";

type Sides = Pick<PictureGrid, "cells" | "columns" | "rows">;
/** A unit a cell. */
const runs = (sides: Sides): PictureGrid => ({ ...sides, unitsPerCell: 1, units: sides.cells, block: 0, unitColumns: 0 });
const image = (sides: Sides): PictureGrid => ({ ...runs(sides), block: 1, unitColumns: sides.columns });
const picture = image({ cells: 380, columns: 19, rows: 20 });

describe("the plate's layout", () => {
  test("gives 19 x 20 units squares of 40 px on a desktop and of 20 px on a phone", () => {
    expect(layOut(picture, 760, 800, 1)).toMatchObject({ columns: 19, rows: 20, side: 40, cellsPerSquare: 1 });
    expect(layOut(picture, 390, 439, 1)).toMatchObject({ side: 20 });
    expect(layOut(picture, 390, 439, 2)).toMatchObject({ side: 41 });
  });

  test("gives a few units squares that fill a laptop's room", () => {
    expect(layOut(image({ cells: 12, columns: 4, rows: 3 }), 669, 704, 1)).toMatchObject({ columns: 4, rows: 3, side: 167 });
  });

  test("keeps an image's own places, however small", () => {
    expect(layOut(image({ cells: 4096, columns: 64, rows: 64 }), 380, 400, 1)).toMatchObject({ columns: 64, rows: 64, side: 5 });
  });

  test("ends at the edge of an image, where its last blocks reach beyond", () => {
    const grid = { cells: 9, columns: 3, rows: 3, unitsPerCell: 16, units: 90, block: 4, unitColumns: 10 };
    expect(layOut(grid, 250, 225, 1)).toMatchObject({ columns: 3, rows: 3, side: 100, width: 250, height: 225 });
  });

  test("covers runs of cells where squares would be too small", () => {
    const layout = layOut(runs({ cells: 4000, columns: 64, rows: 63 }), 390, 400, 1);
    expect(layout.cellsPerSquare).toBeGreaterThan(1);
    expect(layout.side).toBeGreaterThanOrEqual(20);
    expect(layout.squares * layout.cellsPerSquare).toBeGreaterThanOrEqual(4000);
  });

  test("finds the square at a place, and none beside them", () => {
    const layout = layOut(picture, 760, 800, 1);
    expect(squareAt(layout, 0, 0)).toBe(0);
    expect(squareAt(layout, 40 * 18 + 39, 40 * 19 + 39)).toBe(379);
    expect(squareAt(layout, 40, 39)).toBe(1);
    for (const [x, y] of [
      [-1, 5],
      [5, -1],
      [760, 5],
      [5, 800],
    ] as const)
      expect(squareAt(layout, x, y)).toBeUndefined();
    const few = layOut(runs({ cells: 7, columns: 7, rows: 1 }), 400, 400, 1);
    expect(squareAt(few, few.side * few.columns - 1, few.side * few.rows - 1)).toBeUndefined();
  });

  test("always shows the whole job inside its room, in whole pixels", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4096 }),
        fc.integer({ min: 64, max: 2000 }),
        fc.integer({ min: 64, max: 2000 }),
        fc.constantFrom(1, 1.5, 2, 3),
        (cells, width, height, pixelRatio) => {
          const layout = layOut(runs({ cells, columns: 1, rows: cells }), width, height, pixelRatio);
          expect(Number.isInteger(layout.side)).toBe(true);
          expect(layout.columns * layout.side).toBeLessThanOrEqual(width * pixelRatio);
          expect(layout.rows * layout.side).toBeLessThanOrEqual(height * pixelRatio);
          expect(layout.squares * layout.cellsPerSquare).toBeGreaterThanOrEqual(cells);
          expect(layout.columns * layout.rows).toBeGreaterThanOrEqual(layout.squares);
        },
      ),
    );
  });
});
