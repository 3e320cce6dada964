/** The page's hand on the drawing worker: canvases go there once, facts and sizes follow, counts come back. */
import type { JobStatus } from "../../shared/api.ts";
import { hasEnded } from "../../shared/job-state.ts";
import type { Notice, Order, Palette, Seen } from "./drawing/orders.ts";
import { passHeaders } from "./pool.ts";

const TOKENS = {
  ground: "--ground",
  ink: "--ink",
  line: "--line",
  lineStrong: "--line-strong",
  lent: "--lent",
  sea: "--sea",
  bad: "--bad",
} as const;

const STEPS = 256;
/** Share of the end colour in the palest tone: a square is told from an empty one. */
const LEAST_SHARE = 0.45;

/** Whether this browser can draw at all; without it every fact is in the text. */
export function canDraw(): boolean {
  return typeof OffscreenCanvas === "function" && "transferControlToOffscreen" in HTMLCanvasElement.prototype;
}

export class Easel {
  onSeen: (seen: Seen) => void = () => {};
  /** A verified unit was pointed at. */
  onPointed: (job: number, unit: number) => void = () => {};
  private readonly worker: Worker;
  private readonly plate: HTMLCanvasElement;
  private readonly measure: () => { width: number; height: number };
  private readonly queries = [
    matchMedia("(prefers-color-scheme: dark)"),
    matchMedia("(prefers-reduced-motion: reduce)"),
    matchMedia("(forced-colors: active)"),
  ];
  private readonly wave: HTMLCanvasElement;
  private isPoppedOut = false;
  private saved: ((blob: Blob) => void)[] = [];

  /** `measure` answers the room for the plate, in CSS pixels. */
  constructor(plate: HTMLCanvasElement, wave: HTMLCanvasElement, measure: () => { width: number; height: number }) {
    this.plate = plate;
    this.worker = new Worker(new URL("./drawing/worker.ts", import.meta.url), { type: "module", name: "idlewave drawing" });
    this.worker.addEventListener("message", (event: MessageEvent<Notice>) => this.hear(event.data));
    const plateCanvas = plate.transferControlToOffscreen();
    const waveCanvas = wave.transferControlToOffscreen();
    this.order({ type: "plate", canvas: plateCanvas }, [plateCanvas]);
    this.order({ type: "wave", canvas: waveCanvas }, [waveCanvas]);
    for (const query of this.queries) query.addEventListener("change", () => this.dress());
    this.dress();
    this.measure = measure;
    addEventListener("resize", () => this.fit());
    new ResizeObserver(() => this.fit()).observe(plate.closest(".first") ?? document.body);
    this.wave = wave;
    new ResizeObserver(() => this.fitWave()).observe(wave);
    document.addEventListener("visibilitychange", () => this.tellHidden());
    this.tellHidden();
    this.fit();
  }

  /** Plate and wave are in a window of their own, which can be seen while the page is hidden. */
  setPoppedOut(on: boolean): void {
    this.isPoppedOut = on;
    this.tellHidden();
    this.fit();
    this.fitWave();
  }

  /** The room for the plate may be another one. */
  fit(): void {
    this.order({ type: "room", ...this.measure(), pixelRatio: devicePixelRatio });
  }

  /** A job that has ended is asked for once more, whole. */
  show(origin: string, job: JobStatus | null): void {
    this.order({
      type: "job",
      origin,
      headers: passHeaders(),
      job: job?.id ?? 0,
      createdAt: job?.createdAt ?? "",
      done: job !== null && hasEnded(job.state),
    });
  }

  setLending(on: boolean): void {
    this.order({ type: "lending", on });
  }

  setDose(dose: number): void {
    this.order({ type: "dose", dose });
  }

  noteInput(): void {
    this.order({ type: "input" });
  }

  /** The port that the donor posts its facts to. */
  openFacts(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.order({ type: "facts", port: port1 }, [port1]);
    return port2;
  }

  /** Somebody pointed at this place of the plate, in CSS pixels. */
  point(x: number, y: number): void {
    this.order({ type: "point", x, y });
  }

  /** The plate as it is now, a PNG. */
  save(): Promise<Blob> {
    return new Promise((resolve) => {
      this.saved.push(resolve);
      this.order({ type: "save" });
    });
  }

  private fitWave(): void {
    const { width, height } = this.wave.getBoundingClientRect();
    if (width > 0) this.order({ type: "wave-room", width, height, pixelRatio: devicePixelRatio });
  }

  private tellHidden(): void {
    this.order({ type: "hidden", hidden: document.hidden && !this.isPoppedOut });
  }

  private hear(notice: Notice): void {
    switch (notice.type) {
      case "laid-out":
        this.plate.style.inlineSize = `${notice.width}px`;
        this.plate.style.blockSize = `${notice.height}px`;
        this.plate.classList.add("laid-out");
        return;
      case "seen":
        this.onSeen(notice.seen);
        return;
      case "pointed":
        this.onPointed(notice.job, notice.unit);
        return;
      case "saved":
        for (const resolve of this.saved.splice(0)) resolve(notice.blob);
        return;
      default:
        notice satisfies never;
    }
  }

  private dress(): void {
    const [dark, reduced, forced] = this.queries;
    const probe = document.body.appendChild(document.createElement("i"));
    // Names of system colours mean something in a document only, so each token is resolved here.
    const read = (token: string) => {
      probe.style.cssText = `color: var(${token}); forced-color-adjust: none`;
      return getComputedStyle(probe).color;
    };
    const ramp = (token: string) => rampBetween(read(TOKENS.ground), read(token));
    const palette: Palette = {
      dark: dark?.matches ?? false,
      forced: forced?.matches ? { mine: ramp(TOKENS.lent), others: ramp(TOKENS.ink) } : null,
      ground: read(TOKENS.ground),
      ink: read(TOKENS.ink),
      line: read(TOKENS.line),
      lineStrong: read(TOKENS.lineStrong),
      lent: read(TOKENS.lent),
      sea: read(TOKENS.sea),
      bad: read(TOKENS.bad),
    };
    probe.remove();
    const connection = (navigator as Navigator & { connection?: { saveData?: boolean } }).connection;
    this.order({ type: "theme", palette, reducedMotion: reduced?.matches ?? false, saveData: connection?.saveData ?? false });
  }

  private order(order: Order, transfer: Transferable[] = []): void {
    this.worker.postMessage(order, transfer);
  }
}

/** From a ground-like tone of `to` up to `to` itself, so that a picture can be seen in it. Colours as `rgb(r, g, b)`. */
function rampBetween(ground: string, to: string): Uint8Array {
  const [from, end] = [ground, to].map((colour) => (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number));
  const ramp = new Uint8Array(3 * STEPS);
  for (let step = 0; step < STEPS; step++) {
    const share = LEAST_SHARE + ((1 - LEAST_SHARE) * step) / (STEPS - 1);
    for (let part = 0; part < 3; part++) ramp[3 * step + part] = Math.round((from?.[part] ?? 0) * (1 - share) + (end?.[part] ?? 0) * share);
  }
  return ramp;
}
