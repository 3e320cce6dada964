/**
 * Signs of life from the page that shows us, asked for while a person may press. What covers us the browser knows only from
 * the page's own process, which does not look while its thread is held, and not at an animation that runs without the thread.
 * So the page is asked for answers that only a free thread gives, and the browser is made to look anew.
 */
import type { FrameMessage, HostAnswer } from "../../shared/widget.ts";
import { Pulse } from "./pulse.ts";
import type { Sight } from "./sight.ts";

/** Between two questions, ms; drawn, so that no page can be free just in time. */
const EVERY_MS = { least: 60, most: 140 };
/** A press is kept for so long until it is known what covered us, ms: the page may be held, or the browser busy. */
const PATIENCE_MS = 2_000;
const PAUSE_MS = 20;
/** A finger comes from nowhere: it is waited for so long after the last one, and where nothing hovers after the box came into sight, ms. */
const FINGER_MS = 20_000;

export interface SignsOptions {
  sight: Sight;
  /** Origin of the site that shows us. */
  origin: string;
  post(message: FrameMessage): void;
  /** Whether a press could count now. */
  isAsking(): boolean;
}

export class Signs {
  private readonly options: SignsOptions;
  private readonly pulse = new Pulse();
  private isOver = false;
  private isFocused = false;
  /** Presses that are being looked into. */
  private confirming = 0;
  private fingerUntil = 0;
  private clearSince: number | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** The page answered once: it has our loader, or something like it. */
  heard = false;

  constructor(options: SignsOptions) {
    this.options = options;
    const page = document.documentElement;
    page.addEventListener("pointerover", ({ pointerType }) => {
      if (pointerType === "touch") this.awaitFinger();
      else this.isOver = true;
      this.begin();
    });
    page.addEventListener("pointerleave", () => {
      this.isOver = false;
    });
    addEventListener("focusin", () => {
      this.isFocused = true;
      this.begin();
    });
    addEventListener("blur", () => {
      this.isFocused = false;
    });
  }

  /** The browser told what can be seen. */
  look(): void {
    const { clearSince } = this.options.sight;
    const hasCome = clearSince !== null && clearSince !== this.clearSince;
    this.clearSince = clearSince;
    if (!hasCome || !matchMedia("(hover: none)").matches) return;
    this.awaitFinger();
    this.begin();
  }

  /** Only the window that shows us can have said it: none of its workers, no other frame. */
  hear(event: MessageEvent<unknown>): void {
    if (event.source !== parent || event.origin !== this.options.origin) return;
    const { idlewave, value } = (event.data ?? {}) as Partial<HostAnswer>;
    if (idlewave === "alive" && this.pulse.answer(value, performance.now())) this.heard = true;
  }

  /**
   * Of the page's thread for `free` ms before a press, and until its process has reckoned what covers us. Word of that is
   * waited for, also when the thread is held from then on, which changes no more what it says.
   */
  async confirm(press: number, free: number): Promise<"free" | "held" | "unasked"> {
    this.confirming += 1;
    this.begin();
    try {
      const until = performance.now() + PATIENCE_MS;
      while (!this.heard && this.isNear() && performance.now() < until) await pause();
      const before = this.pulse.between(press - free, press);
      if (before !== "free") return before;
      while (this.pulse.reckonedBy(press) === null && performance.now() < until) await pause();
      const thread = this.pulse.between(press - free, this.pulse.reckonedBy(press) ?? performance.now());
      if (thread !== "free") return thread;
      let isTold = false;
      while (!isTold && performance.now() < until) isTold = await this.lookAnew();
      return isTold ? "free" : "held";
    } finally {
      this.confirming -= 1;
    }
  }

  private awaitFinger(): void {
    this.fingerUntil = performance.now() + FINGER_MS;
  }

  private begin(): void {
    if (this.timer === null) this.beat();
  }

  private beat(): void {
    if (!this.isNear()) {
      this.timer = null;
      this.pulse.clear();
      return;
    }
    this.ask();
    if (!this.options.sight.isLooking) void this.lookAnew();
    this.timer = setTimeout(() => this.beat(), EVERY_MS.least + Math.random() * (EVERY_MS.most - EVERY_MS.least));
  }

  /** Of frames in frames only the innermost page would answer, so they are not asked. */
  private isNear(): boolean {
    if (parent === window || parent !== top || document.hidden || !this.options.sight.tells) return false;
    const isSomebody = this.isOver || this.isFocused || performance.now() < this.fingerUntil;
    return this.confirming > 0 || (isSomebody && this.options.isAsking());
  }

  private ask(): void {
    const value = crypto.getRandomValues(new Uint32Array(4)).join();
    this.pulse.ask(value, performance.now());
    this.options.post({ idlewave: "alive?", value });
  }

  /** Whether the browser had a word. */
  private async lookAnew(): Promise<boolean> {
    const begunAt = await this.options.sight.lookAnew();
    if (begunAt !== null) this.pulse.looked({ begunAt, toldAt: performance.now() });
    return begunAt !== null;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
