/** The live picture of an image that has more units than a picture has cells. */
import { describe, expect, it } from "vitest";
import { JobPicture } from "../../../server/http/picture.ts";
import type { UnitIndex } from "../../../shared/ids.ts";
import { decodePicture } from "../../../shared/picture.ts";
import type { Reduce } from "../../../shared/plan.ts";
import { frame } from "../../../shared/result.ts";
import { planOf } from "../gateway/network.ts";

/** Of `units` tiles of 4 x 4 whose pixels are all the unit's value, 0 … 255. */
function pictureOf(units: number, columns: number): JobPicture {
  const plan = planOf(units, 16);
  const output = plan.outputs[0];
  if (!output) throw new Error("the plan has an output");
  const reduce: Reduce = { kind: "image", columns, range: [0, 255], scale: "linear" };
  return new JobPicture({ ...plan, outputs: [{ ...output, shape: [4, 4], reduce }] }, 0);
}

const tileOf = (value: number) => frame([new Uint8Array(new Uint32Array(16).fill(value).buffer)]);
const put = (picture: JobPicture, unit: number, value: number) => picture.unit(unit as UnitIndex, tileOf(value));
const read = (picture: JobPicture) => {
  picture.commit(0);
  return decodePicture(picture.encode(0, 0));
};

describe("the picture of a large image", () => {
  it("has a block of units in each cell, every unit's pixels at its place, and 0 where none is verified", async () => {
    const picture = pictureOf(10_000, 100);
    await put(picture, 0, 200);
    await put(picture, 101, 0);
    await put(picture, 9_999, 100);
    const { columns, rows, cells, unitsPerCell, block, unitColumns, units, tileWidth, tileHeight, changes } = read(picture);
    expect({ columns, rows, cells, unitsPerCell, block, unitColumns, units }).toEqual({
      ...{ columns: 50, rows: 50, cells: 2_500, unitsPerCell: 4, block: 2, unitColumns: 100, units: 10_000 },
    });
    // Two units of four pixels to a side.
    expect([tileWidth, tileHeight]).toEqual([8, 8]);
    expect(changes.map(({ cell, state, share }) => [cell, state, Math.round(4 * share)])).toEqual([
      [0, "final", 2],
      [2_499, "final", 1],
    ]);
    const at = (cell: number, x: number, y: number) => changes[cell]?.tile[8 * y + x];
    expect([at(0, 0, 0), at(0, 3, 3), at(0, 4, 0), at(0, 0, 4), at(0, 4, 4), at(0, 7, 7)]).toEqual([200, 200, 0, 0, 1, 1]);
    expect([at(1, 3, 3), at(1, 4, 4)]).toEqual([0, 100]);
  });

  it("has the mean of units that share a pixel, and stays within a megabyte whatever their number", async () => {
    const picture = pictureOf(16_000_000, 4_000);
    await put(picture, 0, 100);
    await put(picture, 1, 200);
    await put(picture, 3_999, 50);
    const { block, cells, tileWidth, changes } = read(picture);
    expect([block, cells <= 4_096, tileWidth]).toEqual([63, true, 16]);
    expect(changes.map(({ tile }) => tile.byteLength)).toEqual([256, 256]);
    expect(changes[0]?.tile[0]).toBe(150);
    expect(cells * (8 + 256)).toBeLessThan(1_100_000);
  });

  it("shows again what is told again after a reset, and no more", async () => {
    const picture = pictureOf(16_000_000, 4_000);
    await put(picture, 0, 100);
    picture.reset();
    await put(picture, 1, 200);
    expect(read(picture).changes[0]?.tile[0]).toBe(200);
    expect(read(picture).changes).toHaveLength(1);
  });
});
