import { expect, test } from "vitest";
import type { OwnUnit } from "../../../client/donor/state.ts";
import { type Brush, drawSquare, type Square } from "../../../client/page/drawing/square.ts";
import { RAMPS, rampColour } from "../../../shared/ramp.ts";

const LENT = "#ffc928";

/** The colours that fill the whole of a square of 40, in their order. */
function fillsOf(own: OwnUnit, change: Partial<Square> = {}): string[] {
  const fills: string[] = [];
  const context = {
    fillStyle: "",
    fillRect(this: { fillStyle: string }, _x: number, _y: number, width: number, height: number) {
      if (width === 40 && height === 40) fills.push(this.fillStyle);
    },
    ...Object.fromEntries(["save", "restore", "beginPath", "rect", "clip", "moveTo", "lineTo", "stroke"].map((name) => [name, () => {}])),
  } as unknown as OffscreenCanvasRenderingContext2D;
  const tones = { ground: "ground", ink: "ink", line: "line", lineStrong: "line", lent: LENT, sea: "sea", bad: "bad" };
  // Flat, so that a tile is one colour.
  const brush: Brush = { context, palette: { dark: false, forced: null, ...tones }, flat: true, reducedMotion: false };
  const cells = [{ state: "missing", share: 0, tile: new Uint8Array(0) }] as unknown as Square["cells"];
  drawSquare(brush, {
    ...{ x: 0, y: 0, side: 40, pixelRatio: 1, cells, own: [own], elsewhere: false, units: 1 },
    ...{ tileWidth: 2, tileHeight: 1, image: true, finished: false, ...change },
  });
  return fills;
}

const waiting: OwnUnit = { job: 1, unit: 0, state: "waiting", progress: 1 };

test("a unit that waits has its own pixels in yellow under the hatch, as far as they are known and the square is that unit", () => {
  const [red, green, blue] = rampColour(RAMPS.yellowLight, 100);
  expect(fillsOf({ ...waiting, tile: Uint8Array.of(80, 120) })).toEqual(["ground", `rgb(${red} ${green} ${blue})`]);
  expect(fillsOf(waiting)).toEqual(["ground", LENT]);
  expect(fillsOf({ ...waiting, tile: Uint8Array.of(80, 120) }, { units: 3 })).toEqual(["ground", LENT]);
});
