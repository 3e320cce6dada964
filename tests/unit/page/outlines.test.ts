import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Plate } from "../../../client/page/drawing/plate.ts";
import { encodePicture } from "../../../shared/picture.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Box = [x: number, y: number, width: number, height: number];

/** A context that draws nothing and remembers, in order, what was cleared and what was outlined. */
function recording(): { context: OffscreenCanvasRenderingContext2D; done: { what: string; box: Box }[] } {
  const done: { what: string; box: Box }[] = [];
  const context = new Proxy({} as Record<string, unknown>, {
    get: (own, name) => {
      if (Object.hasOwn(own, name)) return own[String(name)];
      return (...box: unknown[]) => void done.push({ what: String(name), box: box as Box });
    },
  });
  return { context: context as unknown as OffscreenCanvasRenderingContext2D, done };
}

test("nothing stays of the outlines around a square of the last row, which is not full", () => {
  const { context, done } = recording();
  const canvas = { width: 0, height: 0, addEventListener: () => undefined, getContext: () => context } as unknown as OffscreenCanvas;
  const plate = new Plate(canvas, () => undefined);
  const colour = "#000";
  const tones = { ground: colour, ink: colour, line: colour, lineStrong: colour, lent: colour, sea: colour, bad: colour };
  plate.dress({ dark: false, forced: null, ...tones }, true, false);
  plate.setRoom(100, 100, 1);
  // Seven squares: beside the last one is room that belongs to none.
  const grid = { columns: 1, rows: 7, cells: 7, unitsPerCell: 1, units: 7, block: 0, unitColumns: 0 };
  plate.takePicture(encodePicture({ ...grid, tileWidth: 0, tileHeight: 0, seq: 1, final: 0, changes: [] }));
  vi.runAllTimers();
  done.length = 0;
  plate.takeCell(6, true);
  vi.runAllTimers();
  const outlines = done.flatMap(({ what, box }, at) => (what === "strokeRect" ? [{ box, at }] : []));
  expect(outlines.length).toBeGreaterThan(1);
  for (const { box, at } of outlines) {
    const later = done.slice(at + 1).filter(({ what }) => what === "clearRect");
    expect(later.some((cleared) => covers(cleared.box, box))).toBe(true);
  }
});

function covers([x, y, width, height]: Box, [left, top, wide, high]: Box): boolean {
  return x <= left && y <= top && x + width >= left + wide && y + height >= top + high;
}
