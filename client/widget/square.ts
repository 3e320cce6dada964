/** How one square of the strip looks, as on the page's plate. */
import { RAMPS } from "../../shared/ramp.ts";
import type { Square } from "./board.ts";

/** CSS pixels of a square that are yellow at least where one unit is the visitor's. */
const LEAST_OWN = 3;
const FRAME = 2;
const HATCH_GAP = 5;
const PROGRESS_STEPS = 10;

export interface Brush {
  context: CanvasRenderingContext2D;
  isDark: boolean;
  ground: string;
  ink: string;
  line: string;
  sea: string;
  lent: string;
}

/** In CSS pixels. Null: nothing of the job is there. */
export function paintSquare(brush: Brush, square: Square | null, x: number, y: number, side: number): void {
  const { context, ground, sea, lent, line } = brush;
  const fill = (colour: string, from: number, height: number) => {
    context.fillStyle = colour;
    context.fillRect(x, y + from, side, height);
  };
  fill(ground, 0, side);
  if (!square) return;
  const { share, own, tile, running, isWaiting } = square;
  const isMine = own > 0 || isWaiting;
  // One that is all the same must read as yellow.
  if (tile?.isBlock) {
    paintTile(brush, tile, false, x, y, side);
    const yellow = ownHeight(own, side);
    fill(lent, side - yellow, yellow);
  } else if (tile && isMine && tile.bytes.every((step) => step === tile.bytes[0])) fill(lent, 0, side);
  else if (tile) paintTile(brush, tile, isMine, x, y, side);
  else {
    const inked = Math.round(share * side);
    fill(sea, side - inked, inked);
    const yellow = ownHeight(own, side);
    fill(lent, side - yellow, yellow);
  }
  if (isWaiting) {
    if (!tile) fill(lent, 0, side);
    hatch(brush, x, y, side);
  } else if (running !== null) {
    fill(lent, 0, Math.round((side * Math.floor(running * PROGRESS_STEPS)) / PROGRESS_STEPS));
    context.strokeStyle = brush.isDark ? lent : brush.ink;
    context.lineWidth = FRAME;
    context.strokeRect(x + FRAME / 2, y + FRAME / 2, side - FRAME, side - FRAME);
  }
  if (tile || running !== null) return;
  context.fillStyle = line;
  context.fillRect(x, y, side, 1);
  context.fillRect(x, y, 1, side);
}

/** CSS pixels of a square that are the visitor's: by its share, and enough to be seen. `own`: 0 … 1. */
export function ownHeight(own: number, side: number): number {
  return own === 0 ? 0 : Math.min(side, Math.max(LEAST_OWN, Math.round(side * own)));
}

function paintTile(
  { context, isDark }: Brush,
  tile: NonNullable<Square["tile"]>,
  isMine: boolean,
  x: number,
  y: number,
  side: number,
): void {
  const { bytes, width, height, isBlock } = tile;
  const ramp = isMine ? RAMPS[isDark ? "yellowDark" : "yellowLight"] : RAMPS[isDark ? "seaDark" : "seaLight"];
  const pixels = new ImageData(width, height);
  for (const [at, step] of bytes.entries()) {
    pixels.data.set(ramp.subarray(3 * step, 3 * step + 3), 4 * at);
    pixels.data[4 * at + 3] = isBlock && step === 0 ? 0 : 255;
  }
  const drawn = new OffscreenCanvas(width, height);
  drawn.getContext("2d")?.putImageData(pixels, 0, 0);
  context.drawImage(drawn, x, y, side, side);
}

function hatch({ context, ground }: Brush, x: number, y: number, side: number): void {
  context.save();
  context.beginPath();
  context.rect(x, y, side, side);
  context.clip();
  context.strokeStyle = ground;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let at = HATCH_GAP / 2; at < 2 * side; at += HATCH_GAP) {
    context.moveTo(x + at, y);
    context.lineTo(x, y + at);
  }
  context.stroke();
  context.restore();
}
