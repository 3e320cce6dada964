import { describe, expect, test } from "vitest";
import { type Tile, toneOf, toneOfRun } from "../../../client/page/drawing/tone.ts";

const BLACK = new Uint8Array([255, 255, 255, 255]);
const PALEST = new Uint8Array([0, 0, 0, 0]);
const MIXED = new Uint8Array([0, 10, 20, 30]);

function tile(changes: Partial<Tile>): Tile {
  return { steps: BLACK, image: true, mine: false, finished: false, ...changes };
}

describe("the tone of a square in one colour", () => {
  test.each<[string, Partial<Tile>, boolean, number | null]>([
    ["others' in an image: its own", {}, false, 255],
    ["others' in an image, however pale: its own", { steps: PALEST }, false, 0],
    ["others' in an image, drawn flat: its mean", { steps: MIXED }, true, 15],
    ["the visitor's in an image: the middle, to read as yellow", { mine: true }, false, 153],
    ["the visitor's in a finished image: its own, as the file has it", { mine: true, finished: true }, false, 255],
    ["one of another job: no paler than is told from a missing one", { steps: new Uint8Array([3]), image: false }, false, 40],
    ["one of another job: its own", { steps: new Uint8Array([200]), image: false, mine: true }, false, 200],
    ["one of which nothing is known: the middle", { steps: new Uint8Array(0) }, false, 153],
    ["one that has pixels: none", { steps: MIXED }, false, null],
  ])("%s", (_, changes, flat, tone) => {
    expect(toneOf(tile(changes), flat)).toBe(tone);
  });

  test("of a run is the mean of what is verified", () => {
    const cell = (...steps: number[]) => ({ state: "final" as const, share: 1, tile: new Uint8Array(steps) });
    expect(toneOfRun([cell(100), cell(), cell(200)])).toBe(150);
    expect(toneOfRun([cell(1)])).toBe(40);
    expect(toneOfRun([cell()])).toBe(153);
  });
});
