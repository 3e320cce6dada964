/**
 * The wave: the share of the GPU that is lent, one bar per 250 ms with the mean of a second, newest right, height by the square root so that a tenth
 * is visible; over each the ceiling that held then; ticks under the base line when the person moved, scrolled or typed. 4 Hz by blitting itself one bar left.
 */
import { BAR_MS, MAX_BARS, Shares } from "./shares.ts";

/** CSS pixels. */
const BAR_WIDTH = 3;
const BAR_PITCH = 4;
const TICK_HEIGHT = 5;
/** One dot a bar makes the dotted line. */
const CEILING_DOT = 2;
const REDUCED_MOTION_MS = 5_000;

/** CSS colours. */
export interface WavePalette {
  lent: string;
  lineStrong: string;
  ink: string;
}

export class Wave {
  private readonly canvas: OffscreenCanvas;
  private readonly context: OffscreenCanvasRenderingContext2D;
  private shares = new Shares(performance.now());
  private palette: WavePalette | null = null;
  private reducedMotion = false;
  private timer: ReturnType<typeof setInterval> | null = null;
  private hidden = false;
  private lending = false;
  private dose = 0;
  private pixelRatio = 1;
  /** Bars since the last drawing, and how many of the newest have another height. */
  private behind = 0;
  private stale = 0;

  constructor(canvas: OffscreenCanvas) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no 2D context for the wave");
    this.canvas = canvas;
    this.context = context;
    // A restart of the graphics leaves nothing of what was drawn.
    canvas.addEventListener("contextrestored", () => this.drawAll());
  }

  dress(palette: WavePalette, reducedMotion: boolean): void {
    this.palette = palette;
    this.reducedMotion = reducedMotion;
    this.restart();
  }

  setRoom(width: number, height: number, pixelRatio: number): void {
    this.pixelRatio = pixelRatio;
    this.canvas.width = Math.max(1, Math.round(width * pixelRatio));
    this.canvas.height = Math.max(1, Math.round(height * pixelRatio));
    this.drawAll();
  }

  setLending(on: boolean): void {
    if (on && !this.lending) {
      this.shares = new Shares(performance.now());
      this.shares.setCeiling(this.dose);
    }
    this.lending = on;
    this.restart();
  }

  /** The share that is lent at most from now on, 0 … 1. */
  setDose(dose: number): void {
    this.dose = dose;
    this.advance(performance.now());
    this.shares.setCeiling(dose);
    this.stale = Math.max(this.stale, 1);
  }

  setHidden(hidden: boolean): void {
    this.hidden = hidden;
    this.restart();
  }

  /** `at`: when it was told, milliseconds since 1970. It is drawn there: what comes at once, because it was kept on its way, did not run at once. */
  takeShare(gpuMillis: number, wallMillis: number, at: number): void {
    const now = performance.now();
    this.advance(now);
    const late = Math.max(0, Date.now() - at);
    this.stale = Math.max(this.stale, this.shares.add(gpuMillis, wallMillis, now - late));
  }

  noteInput(): void {
    this.advance(performance.now());
    this.shares.noteInput();
    this.stale = Math.max(this.stale, 1);
  }

  /** Share of the last second, 0 … 1. */
  lastSecond(): number {
    this.advance(performance.now());
    return this.shares.mean(1_000 / BAR_MS);
  }

  private advance(now: number): void {
    const begun = this.shares.advance(now);
    this.behind += begun;
    if (begun > 0 && this.stale > 0) this.stale += begun;
  }

  private restart(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    if (this.hidden || !this.lending) return;
    this.drawAll();
    this.timer = setInterval(() => this.step(), this.reducedMotion ? REDUCED_MOTION_MS : BAR_MS);
  }

  private step(): void {
    this.advance(performance.now());
    const bars = this.bars();
    const pitch = this.pitch();
    const fresh = Math.min(bars, Math.max(this.behind + 1, this.stale));
    if (this.behind >= bars) {
      this.drawAll();
      return;
    }
    if (this.behind > 0) {
      const shift = this.behind * pitch;
      this.context.globalCompositeOperation = "copy";
      this.context.drawImage(this.canvas, -shift, 0);
      this.context.globalCompositeOperation = "source-over";
    }
    for (let back = 0; back < fresh; back++) this.drawBar(back);
    this.settle();
  }

  private drawAll(): void {
    this.advance(performance.now());
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (let back = 0; back < this.bars(); back++) this.drawBar(back);
    this.settle();
  }

  private settle(): void {
    this.behind = 0;
    this.stale = 0;
  }

  private pitch(): number {
    return Math.max(2, Math.round(BAR_PITCH * this.pixelRatio));
  }

  private bars(): number {
    return Math.min(MAX_BARS, Math.floor(this.canvas.width / this.pitch()));
  }

  private drawBar(back: number): void {
    const { palette, context, canvas, pixelRatio } = this;
    if (!palette) return;
    const pitch = this.pitch();
    const x = canvas.width - (back + 1) * pitch;
    const width = Math.max(1, Math.round(BAR_WIDTH * pixelRatio));
    const tick = Math.round(TICK_HEIGHT * pixelRatio);
    const line = Math.max(1, Math.floor(pixelRatio));
    const base = canvas.height - tick - line;
    context.clearRect(x, 0, pitch, canvas.height);
    const height = Math.round(Math.sqrt(this.shares.drawn(back)) * base);
    context.fillStyle = palette.lent;
    context.fillRect(x, base - height, width, height);
    context.fillStyle = palette.lineStrong;
    context.fillRect(x, base, pitch, line);
    const ceiling = this.shares.ceilingOf(back);
    if (ceiling > 0) {
      const dot = Math.max(1, Math.round(CEILING_DOT * pixelRatio));
      context.fillRect(x, base - Math.round(Math.sqrt(ceiling) * base), dot, dot);
    }
    if (!this.shares.hadInput(back)) return;
    context.fillStyle = palette.ink;
    context.fillRect(x, base + line, Math.max(1, Math.round(2 * pixelRatio)), tick);
  }
}
