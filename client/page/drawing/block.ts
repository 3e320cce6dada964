/** How a block of units of a large image looks: its pixels as far as they are there, the visitor's own in yellow at their places. */
import { type PictureGrid, placeInBlock } from "../../../shared/picture-grid.ts";
import type { OwnUnit } from "../../donor/state.ts";
import { type Brush, drawDot, drawRun, drawRunning, drawWaiting, hairlines, rampOf, type Square, shareFinal } from "./square.ts";
import { MIDDLE_STEP } from "./tone.ts";

/** CSS pixels of a mark of the visitor's own: a smaller one is not seen. */
const LEAST_MARK = 3;

/** Blocks that are drawn in one go at most: their pixels lie side by side in one canvas. */
export const MAX_IN_ROW = 128;

/** Neighbours of one row of the plate, at most MAX_IN_ROW. */
export function drawBlocks(brush: Brush, squares: readonly Square[], grid: PictureGrid): void {
  for (const square of squares) drawGround(brush, square);
  if (!brush.flat) drawPixels(brush, squares, grid);
  for (const square of squares) drawOwn(brush, square, grid);
}

const ofState = ({ own }: Square, state: OwnUnit["state"]) => own.filter((unit) => unit.state === state);

function drawGround(brush: Brush, square: Square): void {
  const { context, palette } = brush;
  const share = shareFinal(square.cells);
  context.fillStyle = palette.ground;
  context.fillRect(square.x, square.y, square.side, square.side);
  if (brush.flat) drawRun(brush, square, share, ofState(square, "final").length / square.units);
  else if (share < 1) hairlines(brush, square);
}

function drawOwn(brush: Brush, square: Square, grid: PictureGrid): void {
  const { context, palette } = brush;
  const isSmall = square.side / grid.block < LEAST_MARK * square.pixelRatio;
  context.fillStyle = palette.lent;
  if (isSmall && !brush.flat) for (const { unit } of ofState(square, "final")) fill(brush, placeOf(square, unit, grid));
  const at = ({ unit }: OwnUnit) => ({ ...square, ...placeOf(square, unit, grid), units: grid.unitsPerCell });
  for (const each of ofState(square, "waiting")) drawWaiting(brush, at(each), undefined);
  for (const each of ofState(square, "running")) drawRunning(brush, at(each), each.progress);
  if (shareFinal(square.cells) === 0 && square.own.length === 0 && square.elsewhere) drawDot(brush, square);
}

interface Place {
  x: number;
  y: number;
  side: number;
}

/** Where a unit's mark is, device pixels: its own place, or around it where that is too small. */
function placeOf(square: Square, unit: number, grid: PictureGrid): Place {
  const at = placeInBlock(grid, unit);
  const own = square.side / grid.block;
  const side = Math.min(square.side, Math.max(Math.round(own), Math.ceil(LEAST_MARK * square.pixelRatio)));
  const along = (place: number) => Math.round(Math.max(0, Math.min((place + 0.5) * own - side / 2, square.side - side)));
  return { x: square.x + along(at.x), y: square.y + along(at.y), side };
}

function fill({ context }: Brush, { x, y, side }: Place): void {
  context.fillRect(x, y, side, side);
}

let scratch: OffscreenCanvas | null = null;

/** What is not verified is left as it is. */
function drawPixels({ context, palette }: Brush, squares: readonly Square[], grid: PictureGrid): void {
  const [first] = squares;
  if (!first || squares.every(({ cells }) => !cells[0]?.tile.byteLength)) return;
  const { x, y, side, tileWidth, tileHeight: height } = first;
  const width = tileWidth * squares.length;
  const known = scratch?.width === width && scratch.height === height && !scratch.getContext("2d")?.isContextLost();
  if (!scratch || !known) scratch = new OffscreenCanvas(width, height);
  const onto = scratch.getContext("2d");
  if (!onto) throw new Error("no 2D context for blocks");
  const pixels = onto.createImageData(width, height);
  for (const [at, square] of squares.entries()) paintBlock(pixels, at * tileWidth, square, palette, grid);
  onto.putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = side % tileWidth !== 0;
  context.imageSmoothingQuality = "high";
  context.drawImage(scratch, x, y, side * squares.length, side);
}

function paintBlock(onto: ImageData, left: number, square: Square, palette: Brush["palette"], grid: PictureGrid): void {
  const { tileWidth: width, tileHeight: height } = square;
  const tile = square.cells[0]?.tile;
  if (tile?.byteLength !== width * height) return;
  const paint = (at: number, ramp: Uint8Array, step = tile[at] ?? 0) => {
    if (step === 0) return;
    const to = 4 * (Math.floor(at / width) * onto.width + left + (at % width));
    for (let part = 0; part < 3; part++) onto.data[to + part] = ramp[3 * step + part] ?? 0;
    onto.data[to + 3] = 255;
  };
  const [others, mine] = [rampOf(palette, false), rampOf(palette, true)];
  for (let at = 0; at < tile.byteLength; at++) paint(at, others);
  for (const { unit } of ofState(square, "final")) {
    const own = [...pixelsOf(unit, grid, width, height)];
    // As in a square: what is all the same must read as yellow.
    const isEqual = !square.finished && own.every((at) => tile[at] === tile[own[0] ?? 0]);
    for (const at of own) paint(at, mine, isEqual ? MIDDLE_STEP : tile[at]);
  }
}

/** A unit's pixels in the tile of its block; none where several units share one. */
function* pixelsOf(unit: number, grid: PictureGrid, width: number, height: number): Generator<number> {
  const { x, y } = placeInBlock(grid, unit);
  const [across, down] = [Math.floor(width / grid.block), Math.floor(height / grid.block)];
  for (let row = y * down; row < (y + 1) * down; row++)
    for (let column = x * across; column < (x + 1) * across; column++) yield row * width + column;
}
