/**
 * The last minute of lent GPU time, in bars of 250 ms: measured slice time over elapsed time, newest last. A bar is drawn as
 * the mean of the second up to it, since the dose is kept on average: whole units run in one go.
 */

export const BAR_MS = 250;
/** A minute of bars, and room for a wide screen. */
export const MAX_BARS = 1_024;
/** A bar is drawn as the mean of this long. */
const MEAN_MS = 1_000;
/** A fact's GPU time is laid over at most this much time before it, or as much as it took under the ceiling: a pause since the last fact ran nothing. */
const LONGEST_SPREAD_MS = 1_000;

export class Shares {
  private readonly millis = new Float64Array(MAX_BARS);
  private readonly inputs = new Uint8Array(MAX_BARS);
  private readonly ceilings = new Float32Array(MAX_BARS);
  private ceiling = 0;
  /** Until when facts told what ran. */
  private knownUntil: number;
  /** Bars begun; the newest has number `count - 1`. */
  private count = 1;
  /** Since the newest bar began. */
  private startedAt: number;

  constructor(now: number) {
    this.startedAt = now;
    this.knownUntil = now;
  }

  /** From the newest bar on at most this share is lent, 0 … 1. */
  setCeiling(ceiling: number): void {
    this.ceiling = ceiling;
    this.ceilings[this.slot(0)] = ceiling;
  }

  /** What was lent at most when the bar began; 0 before anything was. */
  ceilingOf(back: number): number {
    return back < Math.min(this.count, MAX_BARS) ? (this.ceilings[this.slot(back)] ?? 0) : 0;
  }

  /** Begins new bars up to `now`; answers how many. */
  advance(now: number): number {
    const begun = Math.max(0, Math.floor((now - this.startedAt) / BAR_MS));
    for (let i = 0; i < Math.min(begun, MAX_BARS); i++) {
      const slot = (this.count + i) % MAX_BARS;
      this.millis[slot] = 0;
      this.inputs[slot] = 0;
      this.ceilings[slot] = this.ceiling;
    }
    this.count += begun;
    this.startedAt += begun * BAR_MS;
    return begun;
  }

  /** Slices that took `gpuMillis` finished during the `wallMillis` before `now`. Answers how many bars changed. */
  add(gpuMillis: number, wallMillis: number, now: number): number {
    const heard = this.hear(now);
    if (!(gpuMillis > 0) || !Number.isFinite(gpuMillis) || !Number.isFinite(wallMillis)) return heard;
    const longest = Math.max(LONGEST_SPREAD_MS, this.ceiling > 0 ? gpuMillis / this.ceiling : 0);
    const spread = Math.max(gpuMillis, Math.min(Math.max(wallMillis, 1), longest));
    const perMilli = gpuMillis / spread;
    let until = now;
    let barStart = this.startedAt;
    let back = 0;
    const from = now - spread;
    while (until > from && back < Math.min(this.count, MAX_BARS)) {
      const begin = Math.max(from, barStart);
      if (begin < until) this.millis[this.slot(back)] = (this.millis[this.slot(back)] ?? 0) + (until - begin) * perMilli;
      until = Math.min(until, barStart);
      barStart -= BAR_MS;
      back++;
    }
    return Math.max(heard, back);
  }

  /** What ran until `now` is known. Answers how many bars that concerns. */
  private hear(now: number): number {
    const before = this.knownUntil;
    this.knownUntil = Math.max(before, now);
    return Math.min(this.count, MAX_BARS, 1 + Math.max(0, Math.ceil((this.startedAt - before) / BAR_MS)));
  }

  noteInput(): void {
    this.inputs[this.slot(0)] = 1;
  }

  /** Share of the bar that lies `back` bars before the newest, 0 … 1. */
  share(back: number): number {
    if (back >= Math.min(this.count, MAX_BARS)) return 0;
    return Math.min(1, (this.millis[this.slot(back)] ?? 0) / BAR_MS);
  }

  /**
   * Mean over what is known of the second up to the bar, which begins anew where the person moved: the wave ducks at once. Before
   * the first bar nothing counts as lent: a moment alone may lie in a burst, and says nothing of the dose.
   */
  drawn(back: number): number {
    let millis = 0;
    let covered = 0;
    for (let older = back; covered < MEAN_MS; older++) {
      if (older >= Math.min(this.count, MAX_BARS)) return Math.min(1, millis / MEAN_MS);
      if (older > back && this.hadInput(older)) break;
      const known = Math.min(BAR_MS, Math.max(0, this.knownUntil - (this.startedAt - older * BAR_MS)));
      const taken = Math.min(known, MEAN_MS - covered);
      if (taken > 0) millis += Math.min(this.millis[this.slot(older)] ?? 0, known) * (taken / known);
      covered += taken;
    }
    return covered > 0 ? Math.min(1, millis / covered) : 0;
  }

  hadInput(back: number): boolean {
    return back < Math.min(this.count, MAX_BARS) && this.inputs[this.slot(back)] === 1;
  }

  /** Mean share of the `bars` bars before the newest. */
  mean(bars: number): number {
    let sum = 0;
    for (let back = 1; back <= bars; back++) sum += this.share(back);
    return sum / bars;
  }

  private slot(back: number): number {
    return (this.count - 1 - back + MAX_BARS) % MAX_BARS;
  }
}
