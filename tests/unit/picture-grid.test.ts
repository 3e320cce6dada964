import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blocksOf, cellOf, type PictureGrid, placeInBlock, unitInBlock, unitsIn } from "../../shared/picture-grid.ts";

const images = fc
  .record({
    units: fc.integer({ min: 1, max: 5_000 }),
    unitColumns: fc.integer({ min: 1, max: 300 }),
    most: fc.integer({ min: 4, max: 500 }),
  })
  .map(({ units, unitColumns, most }): PictureGrid => {
    const blocks = blocksOf(units, unitColumns, most);
    return { ...blocks, cells: blocks.columns * blocks.rows, unitsPerCell: blocks.block ** 2, units, unitColumns };
  });

describe("the blocks of a large image", () => {
  test("have every unit once, each at a place of its own", () => {
    fc.assert(
      fc.property(images, (grid) => {
        const counted = new Map<number, number>();
        for (let unit = 0; unit < grid.units; unit++) {
          const cell = cellOf(grid, unit);
          counted.set(cell, (counted.get(cell) ?? 0) + 1);
          if (grid.block > 1 && unitInBlock(grid, cell, placeInBlock(grid, unit)) !== unit) throw new Error(`unit ${unit} is elsewhere`);
        }
        const told = Array.from({ length: grid.cells }, (_, cell) => unitsIn(grid, cell));
        expect(told).toEqual(told.map((_, cell) => counted.get(cell) ?? 0));
      }),
      { numRuns: 60 },
    );
  });

  test("are as many as are allowed at most, and of a billion units too", () => {
    fc.assert(fc.property(images, ({ cells, unitsPerCell }) => cells <= 500 && unitsPerCell >= 1));
    for (const unitColumns of [1, 7, 31_623, 1e9]) {
      const { columns, rows } = blocksOf(1e9, unitColumns, 4_096);
      expect(columns * rows).toBeLessThanOrEqual(4_096);
      expect(columns * rows).toBeGreaterThan(3_500);
    }
  });

  test("lie where the image has them", () => {
    const grid = { ...blocksOf(100 * 100, 100, 4_096), cells: 2_500, unitsPerCell: 4, units: 10_000, unitColumns: 100 };
    expect(grid).toMatchObject({ block: 2, columns: 50, rows: 50 });
    expect([0, 1, 100, 101].map((unit) => cellOf(grid, unit))).toEqual([0, 0, 0, 0]);
    expect([2, 200, 9_999].map((unit) => cellOf(grid, unit))).toEqual([1, 50, 2_499]);
  });
});
