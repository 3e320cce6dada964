/**
 * How much of the GPU is lent. The dose is a share of wall time in which the queue is non-empty, kept over windows of about
 * 100 ms: while the queue is busy the balance falls, while it is empty it rises; at zero the gate closes until the balance
 * holds a burst again. The gaps are the one timer of the donor.
 */
import type { Pace } from "../engine/driver.ts";

/** Bursts and gaps together last about this long. */
const WINDOW_MS = 100;
/** A hidden page is not an idle person: a film in full screen hides the page. */
const HIDDEN_DOSE = 0.25;
/** The queue stays empty this long after the person moved, typed or scrolled … */
const DUCK_MS = 80;
/** … but not again before this: someone who scrolls for a minute still lends. */
const DUCK_EVERY_MS = 400;
/** GPU time of a slice while the person uses the page, and when nobody has touched it for five minutes. */
const POLITE_SLICE_MICROS = 4_000;
const IDLE_SLICE_MICROS = 30_000;
const IDLE_AFTER_MS = 5 * 60_000;

export class Throttle implements Pace {
  private dose: number;
  private hidden = false;
  private ended = false;
  private lastInput = performance.now();
  private duckUntil = Number.NEGATIVE_INFINITY;
  /** Milliseconds of GPU time that may be used now; at most one burst. */
  private balance: number;
  private at = performance.now();
  private isBusy = false;
  private busyTotal = 0;

  constructor(dose: number) {
    this.dose = dose;
    this.balance = dose * WINDOW_MS;
  }

  /** Milliseconds in which the queue was non-empty since the throttle was made. */
  get busyMillis(): number {
    this.account();
    return this.busyTotal;
  }

  /** The share that is lent now. */
  get share(): number {
    return this.hidden ? Math.min(this.dose, HIDDEN_DOSE) : this.dose;
  }

  setDose(dose: number): void {
    this.account();
    this.dose = dose;
  }

  setHidden(hidden: boolean): void {
    this.account();
    this.hidden = hidden;
  }

  noticeInput(): void {
    const now = performance.now();
    this.lastInput = now;
    if (now >= this.duckUntil - DUCK_MS + DUCK_EVERY_MS) this.duckUntil = now + DUCK_MS;
  }

  targetMicros(): number {
    const idle = !this.hidden && performance.now() - this.lastInput > IDLE_AFTER_MS;
    return idle ? IDLE_SLICE_MICROS : POLITE_SLICE_MICROS;
  }

  async turn(): Promise<void> {
    for (let closed = false; !this.ended; ) {
      this.account();
      const { share } = this;
      const duck = this.duckUntil - performance.now();
      // Once closed the gate opens when a burst is saved up, so that gaps are real gaps.
      const needed = closed ? share * (1 - share) * WINDOW_MS : Number.MIN_VALUE;
      const wait = Math.max(duck, this.isBusy ? needed - this.balance : (needed - this.balance) / share);
      if (wait <= 0) return;
      closed = true;
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait, WINDOW_MS)));
    }
  }

  busy(): void {
    this.account();
    this.isBusy = true;
  }

  idle(): void {
    this.account();
    this.isBusy = false;
  }

  end(): void {
    this.ended = true;
  }

  private account(): void {
    const now = performance.now();
    const elapsed = now - this.at;
    this.at = now;
    this.balance = Math.min(this.share * WINDOW_MS, this.balance + this.share * elapsed - (this.isBusy ? elapsed : 0));
    if (this.isBusy) this.busyTotal += elapsed;
  }
}
