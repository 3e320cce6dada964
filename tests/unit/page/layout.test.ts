import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layOut, squareAt } from "../../../client/page/drawing/layout.ts";

const picture = { cells: 380, columns: 19, rows: 20, image: true };

describe("the plate's layout", () => {
  test("gives 19 x 20 units squares of 40 px on a desktop and of 20 px on a phone", () => {
    expect(layOut(picture, 760, 800, 1)).toMatchObject({ columns: 19, rows: 20, side: 40, cellsPerSquare: 1 });
    expect(layOut(picture, 390, 439, 1)).toMatchObject({ side: 20 });
    expect(layOut(picture, 390, 439, 2)).toMatchObject({ side: 41 });
  });

  test("gives a few units squares that fill a laptop's room", () => {
    expect(layOut({ cells: 12, columns: 4, rows: 3, image: true }, 669, 704, 1)).toMatchObject({ columns: 4, rows: 3, side: 167 });
  });

  test("keeps an image's own places, however small", () => {
    expect(layOut({ cells: 4096, columns: 64, rows: 64, image: true }, 380, 400, 1)).toMatchObject({ columns: 64, rows: 64, side: 5 });
  });

  test("covers runs of cells where squares would be too small", () => {
    const layout = layOut({ cells: 4000, columns: 64, rows: 63, image: false }, 390, 400, 1);
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
    const runs = layOut({ cells: 7, columns: 7, rows: 1, image: false }, 400, 400, 1);
    expect(squareAt(runs, runs.side * runs.columns - 1, runs.side * runs.rows - 1)).toBeUndefined();
  });

  test("always shows the whole job inside its room, in whole pixels", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4096 }),
        fc.integer({ min: 64, max: 2000 }),
        fc.integer({ min: 64, max: 2000 }),
        fc.constantFrom(1, 1.5, 2, 3),
        (cells, width, height, pixelRatio) => {
          const layout = layOut({ cells, columns: 1, rows: cells, image: false }, width, height, pixelRatio);
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
