/** The strip of squares above the words: the job's picture, a run of units a square, inked from below as they are verified. */
import { decodePicture } from "../../shared/picture.ts";

const COLUMNS = 16;
const ROWS = 3;
const SIDE = 20;
/** CSS pixels of a square that are yellow at least where one unit is the visitor's. */
const LEAST_OWN = 3;

export class Strip {
  private readonly canvas: HTMLCanvasElement;
  private shares = new Float64Array(COLUMNS * ROWS);
  private units = 0;
  /** Verified units of this visitor's, by square. */
  private readonly own = new Map<number, number>();
  /** Verified before the picture came, which says how many there are. */
  private readonly early: number[] = [];

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    canvas.width = COLUMNS * SIDE * devicePixelRatio;
    canvas.height = ROWS * SIDE * devicePixelRatio;
    // A restart of the graphics leaves nothing of what was drawn.
    canvas.addEventListener("contextrestored", () => this.draw());
  }

  /** Asks for the picture once; without an answer the squares stay empty. */
  async load(job: number): Promise<void> {
    const response = await fetch(`/api/jobs/${job}/picture`);
    if (!response.ok) return;
    const picture = decodePicture(new Uint8Array(await response.arrayBuffer()));
    const runs = this.shares.length;
    const sums = new Float64Array(runs);
    for (const { cell, share } of picture.changes) {
      const run = Math.min(runs - 1, Math.floor((cell * runs) / picture.cells));
      sums[run] = (sums[run] ?? 0) + share;
    }
    const cellsPerRun = Math.max(1, picture.cells / runs);
    this.units = picture.units;
    this.shares = sums.map((sum) => Math.min(1, sum / cellsPerRun));
    for (const unit of this.early.splice(0)) this.count(unit);
    this.draw();
  }

  /** A unit of this visitor's was verified. */
  mark(unit: number): void {
    if (this.units > 0) this.count(unit);
    else this.early.push(unit);
    this.draw();
  }

  private count(unit: number): void {
    const run = Math.floor((unit * this.shares.length) / this.units);
    this.own.set(run, (this.own.get(run) ?? 0) + 1);
  }

  draw(): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const style = getComputedStyle(this.canvas);
    const colour = (name: string) => style.getPropertyValue(name);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.fillStyle = colour("--ground");
    context.fillRect(0, 0, COLUMNS * SIDE, ROWS * SIDE);
    for (const [run, share] of this.shares.entries()) {
      const x = (run % COLUMNS) * SIDE;
      const y = Math.floor(run / COLUMNS) * SIDE;
      for (const [name, height] of [
        ["--sea", Math.round(share * SIDE)],
        ["--lent", ownHeight(this.own.get(run) ?? 0, this.units / this.shares.length)],
      ] as const) {
        context.fillStyle = colour(name);
        context.fillRect(x, y + SIDE - height, SIDE, height);
      }
      context.fillStyle = colour("--line");
      context.fillRect(x, y, SIDE, 1);
      context.fillRect(x, y, 1, SIDE);
    }
  }
}

/** CSS pixels of a square that are the visitor's, as on the page's plate: by its share, and enough to be seen. */
export function ownHeight(own: number, unitsPerSquare: number): number {
  return own === 0 ? 0 : Math.min(SIDE, Math.max(LEAST_OWN, Math.round((SIDE * own) / unitsPerSquare)));
}
