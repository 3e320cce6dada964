/**
 * How much of the GPU is lent. The dose is a share of wall time in which the queue is non-empty, kept over windows of about
 * 100 ms: while the queue is busy the balance falls, while it is empty it rises; at zero the gate closes until the balance
 * holds a burst again. The gaps are the one timer of the donor.
 */
import { AwakeTime } from "../../engine/awake.ts";
import type { Pace } from "../../engine/pace.ts";
import { ASIDE_MS, type Verdict } from "../manners/policy.ts";

/** Bursts and gaps together last about this long; while nothing may run, it is looked again as often. */
const WINDOW_MS = 100;
/** Then the share grows back from RAMP_START of the dose to all of it in this time. */
const RAMP_MS = 3_000;
const RAMP_START = 0.1;
/** GPU time of a slice while somebody may be there, and when nobody is. */
const POLITE_SLICE_MICROS = 4_000;
const IDLE_SLICE_MICROS = 30_000;

export class Throttle implements Pace {
  private readonly awake: AwakeTime;
  /** The share that is lent while nobody touches the page. */
  private share: number;
  private isHeld = false;
  private isNobodyThere = false;
  private longestMs = Number.POSITIVE_INFINITY;
  private ended = false;
  private quietAt = Number.NEGATIVE_INFINITY;
  /** Milliseconds of GPU time that may be used now; at most one burst. */
  private balance: number;
  private at: number;
  private isBusy = false;
  private busyTotal = 0;

  /** `now`: a clock in milliseconds that never goes back. */
  constructor(share: number, now: () => number = () => performance.now()) {
    this.awake = new AwakeTime(now);
    this.at = this.awake.now();
    this.share = share;
    this.balance = share * WINDOW_MS;
  }

  /** Milliseconds in which the queue was non-empty since the throttle was made. */
  get busyMillis(): number {
    this.account();
    return this.busyTotal;
  }

  /** From now on it lends as the manners say. */
  heed(verdict: Verdict): void {
    this.account();
    this.isHeld = verdict.kind === "hold";
    if (verdict.kind === "hold") return;
    this.share = verdict.share;
    this.isNobodyThere = verdict.idle;
    this.longestMs = verdict.longestMs;
  }

  noticeInput(): void {
    this.account();
    this.quietAt = this.at + ASIDE_MS;
  }

  targetMicros(): number {
    return this.isNobodyThere ? IDLE_SLICE_MICROS : POLITE_SLICE_MICROS;
  }

  longestMicros(): number {
    return this.longestMs * 1_000;
  }

  async turn(): Promise<void> {
    for (let closed = false; !this.ended; ) {
      this.account();
      const quiet = this.quietAt - this.at;
      const share = this.shareNow();
      // Once closed the gate opens when a burst is saved up, so that gaps are real gaps.
      const needed = closed ? share * (1 - share) * WINDOW_MS : Number.MIN_VALUE;
      const wait = this.isHeld ? WINDOW_MS : quiet > 0 ? quiet : this.isBusy ? needed - this.balance : (needed - this.balance) / share;
      if (wait <= 0) return;
      closed = true;
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait, WINDOW_MS)));
    }
  }

  busy(): void {
    this.account();
    if (!this.isBusy) this.awake.begin();
    this.isBusy = true;
  }

  idle(): void {
    this.account();
    if (this.isBusy) this.awake.end();
    this.isBusy = false;
  }

  end(): void {
    this.ended = true;
    // A GPU that hangs is never idle.
    this.awake.end();
  }

  /** 0 while nothing may run or the person uses the page, then back to the whole share. */
  private shareNow(): number {
    if (this.isHeld) return 0;
    const quietFor = this.at - this.quietAt;
    return quietFor < 0 ? 0 : this.share * Math.min(1, RAMP_START + ((1 - RAMP_START) * quietFor) / RAMP_MS);
  }

  private account(): void {
    const now = this.awake.now();
    const elapsed = now - this.at;
    this.at = now;
    const share = this.shareNow();
    this.balance = Math.min(share * WINDOW_MS, this.balance + share * elapsed - (this.isBusy ? elapsed : 0));
    if (this.isBusy) this.busyTotal += elapsed;
  }
}
