import fc from "fast-check";
import { expect, it } from "vitest";
import { randomBoxes } from "../../../client/canary/cut.ts";
import { workgroupsOf } from "../../../client/engine/slices.ts";

const Grid = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }));

it("boxes cover the grid once, as many as were asked for, none larger than allowed", () => {
  fc.assert(
    fc.property(
      Grid,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 300 }),
      fc.array(fc.nat(1000), { minLength: 1 }),
      (grid, parts, most, dice) => {
        let rolled = 0;
        const below = (limit: number) => (dice[rolled++ % dice.length] as number) % limit;
        const boxes = randomBoxes(grid, parts, most, below);
        const seen = new Set<string>();
        for (const { from, size } of boxes) {
          for (let x = from[0]; x < from[0] + size[0]; x++)
            for (let y = from[1]; y < from[1] + size[1]; y++) for (let z = from[2]; z < from[2] + size[2]; z++) seen.add(`${x} ${y} ${z}`);
        }
        const all = workgroupsOf(grid);
        expect([seen.size, boxes.reduce((sum, { size }) => sum + workgroupsOf(size), 0)]).toEqual([all, all]);
        expect(boxes.length).toBeGreaterThanOrEqual(Math.min(parts, all));
        expect(Math.max(...boxes.map(({ size }) => workgroupsOf(size)))).toBeLessThanOrEqual(most);
        if (most >= all) expect(boxes.length).toBe(Math.min(parts, all));
      },
    ),
  );
});
