/** The strip of squares above the words: the job's picture, a run of units a square, inked from below as they are verified. */
import { decodePicture } from "../../shared/picture.ts";

const COLUMNS = 16;
const ROWS = 3;
const SIDE = 20;

export class Strip {
  private readonly canvas: HTMLCanvasElement;
  private shares = new Float64Array(COLUMNS * ROWS);
  private units = 0;
  private readonly own = new Set<number>();
  /** Verified before the picture came, which says how many there are. */
  private readonly early: number[] = [];

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    canvas.width = COLUMNS * SIDE * devicePixelRatio;
    canvas.height = ROWS * SIDE * devicePixelRatio;
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
    for (const unit of this.early.splice(0)) this.own.add(this.runOf(unit));
    this.draw();
  }

  /** A unit of this visitor's was verified. */
  mark(unit: number): void {
    if (this.units > 0) this.own.add(this.runOf(unit));
    else this.early.push(unit);
    this.draw();
  }

  private runOf(unit: number): number {
    return Math.floor((unit * this.shares.length) / this.units);
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
      const height = Math.round(share * SIDE);
      context.fillStyle = colour(this.own.has(run) ? "--lent" : "--sea");
      const inked = this.own.has(run) ? SIDE : height;
      context.fillRect(x, y + SIDE - inked, SIDE, inked);
      context.fillStyle = colour("--line");
      context.fillRect(x, y, SIDE, 1);
      context.fillRect(x, y, 1, SIDE);
    }
  }
}
