/** Keeps what the policy judges by, judges again when something of it changes or time passes, and tells whoever lends. */
import { NO_REMOTE_WISH, type RemoteWish } from "../../../shared/account/remote-wish.ts";
import { type Anyway, judge, type Verdict } from "./policy.ts";
import { type Surroundings, UNTOLD } from "./surroundings.ts";
import type { Wishes } from "./wishes.ts";

/** Hours of the day and a quiet person are noticed within this time. */
const LOOK_AGAIN_MS = 1_000;

export interface MannersOptions {
  dose: number;
  wishes: Wishes;
  surroundings?: Surroundings;
  /** What computes is the processor, or it is not known yet: then a busy processor holds nothing up. */
  mayBeSoftware: () => boolean;
  /** Milliseconds on a clock that never goes back, and the minute of the day where the visitor is. */
  now?: () => number;
  minute?: () => number;
}

export class Manners {
  private readonly now: () => number;
  private readonly minute: () => number;
  private readonly mayBeSoftware: () => boolean;
  private readonly listeners = new Set<() => void>();
  private readonly timer: ReturnType<typeof setInterval>;
  private dose: number;
  private surroundings: Surroundings;
  private asked: Wishes;
  private anyway: Anyway[] = [];
  private remote: RemoteWish = NO_REMOTE_WISH;
  private touchedAt: number;
  /** Since when nothing may run. */
  private heldAt: number | undefined;
  private last: Verdict;

  constructor(options: MannersOptions) {
    this.now = options.now ?? (() => performance.now());
    this.minute = options.minute ?? minuteHere;
    this.mayBeSoftware = options.mayBeSoftware;
    this.dose = options.dose;
    this.asked = options.wishes;
    this.surroundings = options.surroundings ?? UNTOLD;
    this.touchedAt = this.now();
    this.last = { kind: "lend", share: this.dose, idle: false, longestMs: 0, slowed: null };
    this.look();
    this.timer = setInterval(() => this.look(), LOOK_AGAIN_MS);
  }

  get verdict(): Verdict {
    return this.last;
  }

  get wishes(): Wishes {
    return this.asked;
  }

  /** Milliseconds since nothing may run, 0 while something may. */
  get heldMs(): number {
    return this.heldAt === undefined ? 0 : this.now() - this.heldAt;
  }

  /** `listener` hears of another verdict, and of other wishes. Answers how to end that. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  setDose(dose: number): void {
    this.dose = dose;
    this.look();
  }

  setSurroundings(surroundings: Surroundings): void {
    this.surroundings = surroundings;
    this.look();
  }

  setWishes(wishes: Wishes): void {
    this.asked = wishes;
    this.look();
    this.tell();
  }

  /** As the coordinator tells it: what this device is to do less, by its person's wish from another one. */
  setRemote(wish: RemoteWish): void {
    this.remote = wish;
    this.look();
  }

  get isPausedRemotely(): boolean {
    return this.remote.paused;
  }

  /** The visitor says that it may run all the same, until the run ends. */
  say(anyway: Anyway): void {
    if (!this.anyway.includes(anyway)) this.anyway = [...this.anyway, anyway];
    this.look();
  }

  /** The person moved, typed or scrolled. */
  noticeInput(): void {
    this.touchedAt = this.now();
    this.look();
  }

  end(): void {
    clearInterval(this.timer);
    this.listeners.clear();
  }

  private look(): void {
    const verdict = this.judged();
    if (JSON.stringify(verdict) === JSON.stringify(this.last)) return;
    this.last = verdict;
    this.heldAt = verdict.kind === "hold" ? (this.heldAt ?? this.now()) : undefined;
    this.tell();
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private judged(): Verdict {
    const { dose, asked, anyway, remote, surroundings } = this;
    const moment = { ...surroundings, software: this.mayBeSoftware(), minute: this.minute(), untouchedMs: this.now() - this.touchedAt };
    return judge(moment, { dose, wishes: asked, anyway, remote }, this.last);
  }
}

function minuteHere(): number {
  const now = new Date();
  return now.getHours() * 60 + now.getMinutes();
}
