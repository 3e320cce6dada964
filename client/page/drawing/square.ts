/** How one square looks: pure drawing on a 2D context, in device pixels. */

import { RAMPS, rampColour } from "../../../shared/ramp.ts";
import type { OwnUnit } from "../../donor/state.ts";
import type { Cell } from "./board.ts";
import type { Palette } from "./orders.ts";
import { MIDDLE_STEP, toneOf, toneOfRun } from "./tone.ts";

const PROGRESS_STEPS = 10;
const HATCH_GAP = 5;

export interface Square {
  x: number;
  y: number;
  side: number;
  /** Device pixels in one CSS pixel. */
  pixelRatio: number;
  cells: readonly Cell[];
  own: readonly OwnUnit[];
  /** Somebody else is on one of its units. */
  elsewhere: boolean;
  /** Units that a whole square stands for. */
  units: number;
  tileWidth: number;
  tileHeight: number;
  /** The job is an image. */
  image: boolean;
  /** The job has ended. */
  finished: boolean;
}

export interface Brush {
  context: OffscreenCanvasRenderingContext2D;
  palette: Palette;
  /** Squares are flat: no pixels of tiles. */
  flat: boolean;
  reducedMotion: boolean;
}

export function drawSquare(brush: Brush, square: Square): void {
  const { context, palette } = brush;
  const { x, y, side } = square;
  context.fillStyle = palette.ground;
  context.fillRect(x, y, side, side);
  const running = square.own.find((unit) => unit.state === "running");
  const waiting = square.own.find((unit) => unit.state === "waiting");
  const mine = square.own.filter((unit) => unit.state === "final").length;
  const share = shareFinal(square.cells);
  if (square.units > 1) drawRun(brush, square, share, mine / square.units);
  else if (share === 1 || mine > 0) drawTile(brush, square, mine > 0);
  else hairlines(brush, square);
  if (waiting) drawWaiting(brush, square, waiting.tile);
  else if (running) drawRunning(brush, square, running.progress);
  else if (share < 1 && mine === 0 && square.elsewhere) drawDot(brush, square);
}

export function shareFinal(cells: readonly Cell[]): number {
  let sum = 0;
  for (const cell of cells) sum += cell.share;
  return cells.length === 0 ? 0 : sum / cells.length;
}

/** A run of units fills from the bottom by the share that is final; the visitor's part of it is yellow. */
export function drawRun(brush: Brush, square: Square, share: number, mine: number): void {
  const { context, palette } = brush;
  hairlines(brush, square);
  const inked = share === 0 ? 0 : Math.max(square.pixelRatio, Math.round(square.side * share));
  context.fillStyle = colour(rampOf(palette, false), toneOfRun(square.cells));
  context.fillRect(square.x, square.y + square.side - inked, square.side, inked);
  if (mine > 0) {
    const height = Math.min(square.side, Math.max(Math.ceil(3 * square.pixelRatio), Math.round(square.side * mine)));
    context.fillStyle = palette.lent;
    context.fillRect(square.x, square.y + square.side - height, square.side, height);
  }
}

function drawTile(brush: Brush, square: Square, mine: boolean): void {
  const { context, palette } = brush;
  const ramp = rampOf(palette, mine);
  const tile = square.cells[0]?.tile ?? new Uint8Array(0);
  const { image, finished } = square;
  const step = toneOf({ steps: tile, image, mine, finished }, brush.flat);
  if (step !== null || tile.byteLength !== square.tileWidth * square.tileHeight) {
    context.fillStyle = colour(ramp, step ?? MIDDLE_STEP);
    context.fillRect(square.x, square.y, square.side, square.side);
    return;
  }
  context.imageSmoothingEnabled = square.side % square.tileWidth !== 0;
  context.imageSmoothingQuality = "high";
  context.drawImage(coloured(tile, ramp, square.tileWidth, square.tileHeight), square.x, square.y, square.side, square.side);
}

let scratch: OffscreenCanvas | null = null;

function coloured(tile: Uint8Array, ramp: Uint8Array, width: number, height: number): OffscreenCanvas {
  const known = scratch?.width === width && scratch.height === height && !scratch.getContext("2d")?.isContextLost();
  if (!scratch || !known) scratch = new OffscreenCanvas(width, height);
  const context = scratch.getContext("2d");
  if (!context) throw new Error("no 2D context for a tile");
  const pixels = context.createImageData(width, height);
  for (let i = 0; i < tile.byteLength; i++) {
    const at = 3 * (tile[i] ?? 0);
    pixels.data[4 * i] = ramp[at] ?? 0;
    pixels.data[4 * i + 1] = ramp[at + 1] ?? 0;
    pixels.data[4 * i + 2] = ramp[at + 2] ?? 0;
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return scratch;
}

export function hairlines({ context, palette }: Brush, { x, y, side, pixelRatio }: Square): void {
  const hair = Math.max(1, Math.floor(pixelRatio));
  context.fillStyle = palette.line;
  context.fillRect(x, y, side, hair);
  context.fillRect(x, y, hair, side);
}

export function drawDot({ context, palette }: Brush, { x, y, side, pixelRatio }: Square): void {
  const dot = Math.min(Math.round(4 * pixelRatio), Math.max(1, Math.floor(side / 3)));
  context.fillStyle = palette.lineStrong;
  context.fillRect(x + Math.round((side - dot) / 2), y + Math.round((side - dot) / 2), dot, dot);
}

export function drawRunning({ context, palette, reducedMotion }: Brush, { x, y, side, pixelRatio }: Square, progress: number): void {
  const share = reducedMotion ? 0.5 : Math.floor(Math.min(1, Math.max(0, progress)) * PROGRESS_STEPS) / PROGRESS_STEPS;
  context.fillStyle = palette.lent;
  context.fillRect(x, y, side, Math.round(side * share));
  const frame = Math.min(Math.round(2 * pixelRatio), Math.max(1, Math.floor(side / 4)));
  if (palette.dark) {
    // Nearly full it would look verified: ground between the yellow frame and what fills.
    outline(context, palette.ground, { x: x + frame, y: y + frame, side: side - 2 * frame }, Math.min(frame, Math.floor(side / 8)));
    outline(context, palette.lent, { x, y, side }, frame);
  } else outline(context, palette.ink, { x, y, side }, frame);
}

function outline(context: Brush["context"], colour: string, { x, y, side }: Pick<Square, "x" | "y" | "side">, width: number): void {
  context.fillStyle = colour;
  context.fillRect(x, y, side, width);
  context.fillRect(x, y + side - width, side, width);
  context.fillRect(x, y, width, side);
  context.fillRect(x + side - width, y, width, side);
}

/** `tile`: its pixels, where they are known and the square is that unit alone. */
export function drawWaiting(brush: Brush, square: Square, tile: Uint8Array | undefined): void {
  const { context, palette } = brush;
  const { x, y, side, pixelRatio } = square;
  const [cell] = square.cells;
  if (tile && cell && square.units === 1) drawTile(brush, { ...square, cells: [{ ...cell, tile }] }, true);
  else {
    context.fillStyle = palette.lent;
    context.fillRect(x, y, side, side);
  }
  const gap = Math.max(3, Math.round(HATCH_GAP * pixelRatio));
  context.save();
  context.beginPath();
  context.rect(x, y, side, side);
  context.clip();
  context.strokeStyle = palette.ground;
  context.lineWidth = Math.max(1, 1.5 * pixelRatio);
  context.beginPath();
  for (let at = gap / 2; at < 2 * side; at += gap) {
    context.moveTo(x + at, y);
    context.lineTo(x, y + at);
  }
  context.stroke();
  context.restore();
}

export function rampOf(palette: Palette, mine: boolean): Uint8Array {
  if (palette.forced) return mine ? palette.forced.mine : palette.forced.others;
  if (mine) return palette.dark ? RAMPS.yellowDark : RAMPS.yellowLight;
  return palette.dark ? RAMPS.seaDark : RAMPS.seaLight;
}

function colour(ramp: Uint8Array, step: number): string {
  const [red, green, blue] = rampColour(ramp, step);
  return `rgb(${red} ${green} ${blue})`;
}
