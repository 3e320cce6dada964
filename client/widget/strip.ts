/**
 * The strip of squares above the words, 16 by 3: of a job that is an image a part of its picture, a unit a square; of any other
 * the whole job, a run of units a square, inked from below as they are verified.
 */
import type { DonorFact, DonorState } from "../donor/state.ts";
import { Board, COLUMNS, ROWS } from "./board.ts";
import { paintSquare } from "./square.ts";

/** CSS pixels of a square. */
const SIDE = 20;
/** Units end as fast as they like, ms. */
const REDRAW_MS = 250;
/** The picture is asked for again no sooner, ms. */
const REFRESH_MS = 5_000;

export class Strip {
  private readonly canvas: HTMLCanvasElement;
  private board = new Board(0);
  /** All own units as they were told last: of a job that may be shown later. */
  private own: Extract<DonorFact, { type: "all-units" }> | null = null;
  private refreshing: ReturnType<typeof setTimeout> | null = null;
  private drawing: ReturnType<typeof setTimeout> | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    canvas.width = COLUMNS * SIDE * devicePixelRatio;
    canvas.height = ROWS * SIDE * devicePixelRatio;
    // A restart of the graphics leaves nothing of what was drawn.
    canvas.addEventListener("contextrestored", () => this.draw());
  }

  /** Asks for the picture of another job; without an answer the squares stay empty. */
  async load(job: number): Promise<void> {
    const board = new Board(job);
    this.board = board;
    if (this.own?.job === job) board.takeAll(this.own.units);
    await this.fetch(board);
  }

  /** The newest units of this visitor's that are verified, some of them told before. */
  take(verified: DonorState["verified"]): void {
    if (!this.board.verify(verified.filter(({ job }) => job === this.board.job).map(({ unit }) => unit))) return;
    this.draw();
    // What they look like is in the picture now.
    const { board } = this;
    this.refreshing ??= setTimeout(() => {
      this.refreshing = null;
      void this.fetch(board);
    }, REFRESH_MS);
  }

  /** The job that is computed now is the one to show. */
  follow(job: number): void {
    if (job !== this.board.job) void this.load(job);
  }

  /** What becomes of this visitor's own units. */
  takeFact(fact: DonorFact): void {
    if (fact.type === "all-units") {
      this.own = fact;
      if (fact.job === this.board.job) this.board.takeAll(fact.units);
    } else if (fact.type === "unit") this.board.takeOwn(fact.unit);
    else if (fact.type === "held") this.board.hold(fact.held.find(({ job }) => job === this.board.job)?.units ?? []);
    else return;
    this.drawing ??= setTimeout(() => {
      this.drawing = null;
      this.draw();
    }, REDRAW_MS);
  }

  draw(): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const style = getComputedStyle(this.canvas);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const brush = {
      context,
      isDark: getComputedStyle(document.documentElement).colorScheme === "dark",
      ...{ ground: colour("--ground"), ink: colour("--ink"), line: colour("--line"), sea: colour("--sea"), lent: colour("--lent") },
    };
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    for (let square = 0; square < COLUMNS * ROWS; square++) {
      paintSquare(brush, this.board.square(square), (square % COLUMNS) * SIDE, Math.floor(square / COLUMNS) * SIDE, SIDE);
    }
  }

  private async fetch(board: Board): Promise<void> {
    try {
      const response = await fetch(`/api/jobs/${board.job}/picture${board.seq > 0 ? `?since=${board.seq}` : ""}`);
      if (!response.ok) return;
      board.takePicture(new Uint8Array(await response.arrayBuffer()));
    } catch {
      return; // The squares stay as they are.
    }
    if (board === this.board) this.draw();
  }
}
