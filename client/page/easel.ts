/** The page's hand on the drawing worker: canvases go there once, facts and sizes follow, counts come back. */
import type { JobStatus } from "../../shared/api.ts";
import type { Notice, Order, Palette, Seen } from "./drawing/orders.ts";

const TOKENS = {
  ground: "--ground",
  ink: "--ink",
  line: "--line",
  lineStrong: "--line-strong",
  lent: "--lent",
  sea: "--sea",
  bad: "--bad",
} as const;

/** Whether this browser can draw at all; without it every fact is in the text. */
export function canDraw(): boolean {
  return typeof OffscreenCanvas === "function" && "transferControlToOffscreen" in HTMLCanvasElement.prototype;
}

export class Easel {
  onSeen: (seen: Seen) => void = () => {};
  private readonly worker: Worker;
  private readonly plate: HTMLCanvasElement;
  private readonly queries = [
    matchMedia("(prefers-color-scheme: dark)"),
    matchMedia("(prefers-reduced-motion: reduce)"),
    matchMedia("(forced-colors: active)"),
  ];
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
    const room = () => this.order({ type: "room", ...measure(), pixelRatio: devicePixelRatio });
    addEventListener("resize", room);
    new ResizeObserver(room).observe(plate.closest(".first") ?? document.body);
    new ResizeObserver(() => {
      const { width, height } = wave.getBoundingClientRect();
      if (width > 0) this.order({ type: "wave-room", width, height, pixelRatio: devicePixelRatio });
    }).observe(wave);
    document.addEventListener("visibilitychange", () => this.order({ type: "hidden", hidden: document.hidden }));
    this.order({ type: "hidden", hidden: document.hidden });
    room();
  }

  /** A job that is done is asked for once more, whole. */
  show(origin: string, job: JobStatus | null): void {
    this.order({ type: "job", origin, job: job?.id ?? 0, createdAt: job?.createdAt ?? "", done: job?.state === "done" });
  }

  setLending(on: boolean): void {
    this.order({ type: "lending", on });
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

  /** The plate as it is now, a PNG. */
  save(): Promise<Blob> {
    return new Promise((resolve) => {
      this.saved.push(resolve);
      this.order({ type: "save" });
    });
  }

  private hear(notice: Notice): void {
    switch (notice.type) {
      case "laid-out":
        this.plate.style.inlineSize = `${notice.width}px`;
        this.plate.style.blockSize = `${notice.height}px`;
        this.plate.closest<HTMLElement>(".first")?.style.setProperty("--plate-width", `${notice.width}px`);
        return;
      case "seen":
        this.onSeen(notice.seen);
        return;
      case "saved":
        for (const resolve of this.saved.splice(0)) resolve(notice.blob);
        return;
      default:
        notice satisfies never;
    }
  }

  private dress(): void {
    const style = getComputedStyle(document.documentElement);
    const read = (token: string) => style.getPropertyValue(token).trim();
    const [dark, reduced] = this.queries;
    const palette: Palette = {
      dark: dark?.matches ?? false,
      ground: read(TOKENS.ground),
      ink: read(TOKENS.ink),
      line: read(TOKENS.line),
      lineStrong: read(TOKENS.lineStrong),
      lent: read(TOKENS.lent),
      sea: read(TOKENS.sea),
      bad: read(TOKENS.bad),
    };
    const connection = (navigator as Navigator & { connection?: { saveData?: boolean } }).connection;
    this.order({ type: "theme", palette, reducedMotion: reduced?.matches ?? false, saveData: connection?.saveData ?? false });
  }

  private order(order: Order, transfer: Transferable[] = []): void {
    this.worker.postMessage(order, transfer);
  }
}
