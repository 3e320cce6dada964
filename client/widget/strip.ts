/** The strip of squares above the words: the job's picture, a run of units a square, inked from below as they are verified. */
import { decodePicture, type Picture } from "../../shared/picture.ts";

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
  /** Verified before the picture came, which says how many there are; null: it has come, or will not. */
  private early: number[] | null = [];
  /** What was told last: the newest units are told again and again. */
  private told: ReadonlySet<number> = new Set();

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    canvas.width = COLUMNS * SIDE * devicePixelRatio;
    canvas.height = ROWS * SIDE * devicePixelRatio;
    // A restart of the graphics leaves nothing of what was drawn.
    canvas.addEventListener("contextrestored", () => this.draw());
  }

  /** Asks for the picture once; without an answer the squares stay empty. */
  async load(job: number): Promise<void> {
    const picture = await pictureOf(job);
    const early = this.early ?? [];
    this.early = null;
    if (!picture) return;
    const runs = this.shares.length;
    const sums = new Float64Array(runs);
    for (const { cell, share } of picture.changes) {
      const run = Math.min(runs - 1, Math.floor((cell * runs) / picture.cells));
      sums[run] = (sums[run] ?? 0) + share;
    }
    const cellsPerRun = Math.max(1, picture.cells / runs);
    this.units = picture.units;
    this.shares = sums.map((sum) => Math.min(1, sum / cellsPerRun));
    for (const unit of early) this.count(unit);
    this.draw();
  }

  /** The newest units of this visitor's that are verified, some of them told before. */
  take(units: readonly number[]): void {
    const fresh = units.filter((unit) => !this.told.has(unit));
    this.told = new Set(units);
    if (fresh.length === 0) return;
    if (this.units > 0) for (const unit of fresh) this.count(unit);
    else this.early?.push(...fresh);
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

/** Null: it did not come. */
async function pictureOf(job: number): Promise<Picture | null> {
  try {
    const response = await fetch(`/api/jobs/${job}/picture`);
    return response.ok ? decodePicture(new Uint8Array(await response.arrayBuffer())) : null;
  } catch {
    return null;
  }
}

/** CSS pixels of a square that are the visitor's, as on the page's plate: by its share, and enough to be seen. */
export function ownHeight(own: number, unitsPerSquare: number): number {
  return own === 0 ? 0 : Math.min(SIDE, Math.max(LEAST_OWN, Math.round((SIDE * own) / unitsPerSquare)));
}
