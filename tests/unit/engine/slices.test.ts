import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boxAt, type Grid, SLACK, workgroupsOf } from "../../../client/engine/slices.ts";

const side = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 16, 17));
const grid = fc.tuple(side, side, side);
const at = (columns: number, rows: number, [x, y, z]: Grid) => x + columns * (y + rows * z);

describe("boxes of workgroups", () => {
  it("cover any grid once and in row order, whatever is wanted of each", () => {
    fc.assert(
      fc.property(grid, fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 }), (size, wishes) => {
        const [columns, rows] = size;
        const all = workgroupsOf(size);
        let done = 0;
        for (let turn = 0; done < all; turn++) {
          const wanted = wishes[turn % wishes.length] as number;
          const box = boxAt(size, done, wanted);
          expect(workgroupsOf(box.size)).toBeLessThanOrEqual(Math.max(1, SLACK * wanted));
          // In row order a box is a run of linear indices: its first is the cursor, its last the one before the next cursor.
          const last = box.from.map((from, i) => from + (box.size[i] as number) - 1) as [number, number, number];
          expect(last.every((value, i) => value < (size[i] as number))).toBe(true);
          expect(at(columns, rows, box.from)).toBe(done);
          done += workgroupsOf(box.size);
          expect(at(columns, rows, last)).toBe(done - 1);
        }
        expect(done).toBe(all);
      }),
    );
  });

  it.each([
    [[11, 1, 1], 0, 4, [4, 1, 1]],
    [[10, 1, 1], 3, 4, [4, 1, 1]],
    [[10, 1, 1], 0, 8, [10, 1, 1]],
    [[10, 1, 1], 0, 7, [5, 1, 1]],
    [[10, 7, 1], 3, 50, [7, 1, 1]],
    [[10, 7, 1], 10, 40, [10, 3, 1]],
    [[10, 7, 5], 0, 150, [10, 7, 2]],
    [[65_535, 65_535, 65_535], 65_535 ** 3 - 1, 1, [1, 1, 1]],
  ] as const)("of grid %j after %i, %i wanted: %j", (size, done, wanted, box) => {
    expect(boxAt(size, done, wanted).size).toEqual(box);
  });

  it("leave no remnant under half of what is wanted in a row", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 1, max: 65_535 }), (columns, wanted) => {
        for (let done = 0; done < columns; ) {
          const { size } = boxAt([columns, 1, 1], done, wanted);
          expect(2 * size[0]).toBeGreaterThanOrEqual(Math.min(wanted, columns));
          done += size[0];
          if (columns / wanted > 500) break;
        }
      }),
    );
  });
});
