/**
 * The plate: the whole job, a square a unit. Redraws only squares that changed, at most 4 times a second, nothing while
 * hidden. A unit of the visitor's own that became final sends three outlines outward, once, at most every 2 s.
 */
import type { OwnUnit } from "../../donor/state.ts";
import { drawBlocks, MAX_IN_ROW } from "./block.ts";
import { Board, type Cell } from "./board.ts";
import { type Layout, layOut, squareAt } from "./layout.ts";
import type { Palette } from "./orders.ts";
import { type Brush, drawSquare, type Square } from "./square.ts";

const REDRAW_MS = 250;
const RIPPLE_STEP_MS = 200;
const RIPPLE_EVERY_MS = 2_000;
/** Distance of each outline from its square, in sides. */
const RIPPLE = [0, 1 / 3, 3 / 4];

export class Plate {
  board = new Board();
  private readonly canvas: OffscreenCanvas;
  private readonly context: OffscreenCanvasRenderingContext2D;
  private readonly onLaidOut: (width: number, height: number) => void;
  private layout: Layout | null = null;
  private room = { width: 0, height: 0, pixelRatio: 1 };
  private brush: Brush | null = null;
  private readonly changed = new Set<number>();
  private all = true;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private hidden = false;
  private rippledAt = Number.NEGATIVE_INFINITY;

  constructor(canvas: OffscreenCanvas, onLaidOut: (width: number, height: number) => void) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no 2D context for the plate");
    this.canvas = canvas;
    this.context = context;
    this.onLaidOut = onLaidOut;
    // A restart of the graphics leaves nothing of what was drawn.
    canvas.addEventListener("contextrestored", () => this.redrawAll());
  }

  dress(palette: Palette, flat: boolean, reducedMotion: boolean): void {
    this.brush = { context: this.context, palette, flat, reducedMotion };
    this.redrawAll();
  }

  setRoom(width: number, height: number, pixelRatio: number): void {
    const { room } = this;
    if (room.width === width && room.height === height && room.pixelRatio === pixelRatio) return;
    this.room = { width, height, pixelRatio };
    this.fit();
  }

  setHidden(hidden: boolean): void {
    this.hidden = hidden;
    if (!hidden && (this.all || this.changed.size > 0)) this.schedule();
  }

  /** Another job: what was drawn of the last one goes. */
  show(board: Board): void {
    this.board = board;
    this.layout = null;
    this.changed.clear();
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.fit();
  }

  takePicture(bytes: Uint8Array): void {
    const changed = this.board.take(bytes);
    if (changed === "all") this.fit();
    else for (const cell of changed) this.touch(cell);
  }

  /** The square of this cell has changed; `becameFinal`: by a unit of the visitor's own that was just verified. */
  takeCell(cell: number, becameFinal: boolean): void {
    this.touch(cell);
    if (becameFinal) this.ripple(cell);
  }

  /** A verified unit of the square at a place, in CSS pixels. */
  unitAt(x: number, y: number): number | undefined {
    const { layout, room } = this;
    if (!layout) return undefined;
    const [left, top] = [x * room.pixelRatio, y * room.pixelRatio];
    const square = squareAt(layout, left, top);
    if (square === undefined) return undefined;
    if (this.board.grid.block > 1)
      return this.board.verifiedAt(square, (left % layout.side) / layout.side, (top % layout.side) / layout.side);
    return this.board.verifiedIn(square * layout.cellsPerSquare, layout.cellsPerSquare);
  }

  /** The plate as it is now, a PNG. */
  async save(): Promise<Blob> {
    this.draw();
    return this.canvas.convertToBlob({ type: "image/png" });
  }

  private fit(): void {
    const { width, height, pixelRatio } = this.room;
    if (width < 1 || height < 1 || this.board.grid.cells === 0) return;
    const layout = layOut(this.board.grid, width, height, pixelRatio);
    this.layout = layout;
    this.canvas.width = layout.width;
    this.canvas.height = layout.height;
    this.onLaidOut(this.canvas.width / pixelRatio, this.canvas.height / pixelRatio);
    this.all = true;
    this.draw();
  }

  private touch(cell: number): void {
    if (!this.layout) return;
    this.changed.add(Math.floor(cell / this.layout.cellsPerSquare));
    this.schedule();
  }

  redrawAll(): void {
    this.all = true;
    this.schedule();
  }

  private schedule(): void {
    if (this.timer !== null || this.hidden) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (!this.hidden) this.draw();
    }, REDRAW_MS);
  }

  private draw(): void {
    const { layout } = this;
    if (!layout || !this.brush) return;
    if (this.all) {
      this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      const { columns, squares } = layout;
      const many = this.board.grid.block > 1 ? MAX_IN_ROW : 1;
      for (let row = 0; row < squares; row += columns)
        for (let at = row; at < Math.min(row + columns, squares); at += many)
          this.drawSome(at, Math.min(many, row + columns - at, squares - at));
    } else for (const square of this.changed) this.drawOne(square);
    this.all = false;
    this.changed.clear();
  }

  private drawOne(square: number): void {
    if (square < (this.layout?.squares ?? 0)) this.drawSome(square, 1);
  }

  /** Neighbours of one row. */
  private drawSome(first: number, many: number): void {
    const { layout, brush, board } = this;
    if (!layout || !brush) return;
    const shown = Array.from({ length: many }, (_, at) => this.shown(first + at, layout));
    if (board.grid.block > 1) drawBlocks(brush, shown, board.grid);
    else for (const each of shown) drawSquare(brush, each);
  }

  private shown(square: number, layout: Layout): Square {
    const { board } = this;
    const first = square * layout.cellsPerSquare;
    const cells: Cell[] = [];
    const own: OwnUnit[] = [];
    let elsewhere = false;
    for (let cell = first; cell < Math.min(first + layout.cellsPerSquare, board.grid.cells); cell++) {
      cells.push(board.cell(cell));
      own.push(...board.ownIn(cell));
      elsewhere ||= board.isElsewhere(cell);
    }
    return {
      ...{ ...this.place(square), side: layout.side, pixelRatio: this.room.pixelRatio, cells, own, elsewhere },
      ...{ units: board.unitsIn(first, cells.length), image: board.isImage, finished: board.isFinished },
      ...{ tileWidth: board.tileWidth, tileHeight: board.tileHeight },
    };
  }

  private place(square: number): { x: number; y: number } {
    const { columns, side } = this.layout ?? { columns: 1, side: 0 };
    return { x: (square % columns) * side, y: Math.floor(square / columns) * side };
  }

  private ripple(cell: number): void {
    const now = performance.now();
    if (!this.layout || !this.brush || this.brush.reducedMotion || this.hidden || now - this.rippledAt < RIPPLE_EVERY_MS) return;
    this.rippledAt = now;
    this.rippleStep(Math.floor(cell / this.layout.cellsPerSquare), 0);
  }

  private rippleStep(square: number, step: number): void {
    const { layout, brush } = this;
    if (!layout || !brush) return;
    this.redrawAround(square);
    const distance = RIPPLE[step];
    if (distance === undefined || this.hidden) return;
    const { x, y } = this.place(square);
    const away = Math.round(distance * layout.side);
    const line = Math.max(1, Math.round(1.5 * this.room.pixelRatio));
    this.context.strokeStyle = brush.palette.dark ? brush.palette.lent : brush.palette.ink;
    this.context.lineWidth = line;
    const side = layout.side + 2 * away - line;
    this.context.strokeRect(x - away + line / 2, y - away + line / 2, side, side);
    setTimeout(() => this.rippleStep(square, step + 1), RIPPLE_STEP_MS);
  }

  private redrawAround(square: number): void {
    const { columns, squares, side } = this.layout ?? { columns: 1, squares: 0, side: 0 };
    const column = square % columns;
    const { x, y } = this.place(square);
    // Outlines lie beyond the last row's squares too, where nothing is drawn over them.
    this.context.clearRect(x - side, y - side, 3 * side, 3 * side);
    for (let down = -1; down <= 1; down++) {
      for (let along = -1; along <= 1; along++) {
        const near = square + down * columns + along;
        if (column + along >= 0 && column + along < columns && near >= 0 && near < squares) this.drawOne(near);
      }
    }
  }
}
