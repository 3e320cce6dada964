/** Asks for work before it runs dry, and not more often than the coordinator wishes. */
import type { AssignmentFrame, Frame } from "../../../shared/wire.ts";
import { InputError } from "../inputs/inputs.ts";
import { NotConnected } from "../socket.ts";
import type { Choice } from "./choice.ts";
import type { Claims } from "./claims.ts";

/** The coordinator's wish is believed within these; without an answer it is asked again after `first`. */
const RETRY_MS = { first: 1_000, least: 250, most: 60_000 };

/** All who are idle hear of a new job at once: their claims are spread over this long. */
const NEWS_SPREAD_MS = 2_000;

/** What a claim was answered with instead of work. */
export type NoWork = Exclude<Frame, AssignmentFrame>;

export interface SupplyListener {
  /** Something changed: there is work, or it is time to ask again. */
  onChange(): void;
  /** There is no work and nothing is left to do. */
  onDry(answer: NoWork, retryMs: number): Promise<void>;
  onFailure(error: unknown): void;
}

export class Supply {
  private readonly claims: Claims;
  private readonly choice: Choice;
  private readonly listener: SupplyListener;
  private claiming = false;
  /** News came while a claim was under way, whose answer may be older. */
  private heard = false;
  private askAgainAt = 0;
  /** The last claim was refused for what this volunteer holds, or has not earned yet. */
  private isSpent = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(claims: Claims, choice: Choice, listener: SupplyListener) {
    this.claims = claims;
    this.choice = choice;
    this.listener = listener;
  }

  /** Claims if there is need. `unitMillis`: GPU time a unit, or null when unknown. Never rejects. */
  async refill(unitMillis: number | null): Promise<void> {
    const need = this.claims.need(unitMillis);
    if (!need || this.claiming || performance.now() < this.askAgainAt) return;
    this.claiming = true;
    try {
      const answer = await this.claim(need);
      if (answer === "assigned") return;
      if (answer === "nothing-for-us") return this.pause();
      this.isSpent = answer.type === "idle" && answer.reason === "quota";
      const wish = "retryMs" in answer ? answer.retryMs : RETRY_MS.first;
      const retryMs = Math.min(RETRY_MS.most, Math.max(RETRY_MS.least, wish));
      this.pause(retryMs);
      if (this.claims.waiting + this.claims.open === 0) await this.listener.onDry(answer, retryMs);
    } catch (error) {
      this.pause(RETRY_MS.first);
      const passes = error instanceof NotConnected || (error instanceof InputError && error.transient);
      if (!passes) this.listener.onFailure(error);
    } finally {
      this.claiming = false;
      if (this.heard) this.soon();
      this.listener.onChange();
    }
  }

  private async claim(need: { units: number; gpuMillis: number }): Promise<NoWork | "assigned" | "nothing-for-us"> {
    let answer: NoWork | "assigned" | "nothing-for-us" = "nothing-for-us";
    for (const job of await this.choice.numbers()) {
      answer = await this.claims.claim(need, job);
      if (answer === "assigned" || answer.type !== "idle") break;
    }
    return answer;
  }

  /** Asks nothing for so long. */
  pause(ms: number = RETRY_MS.most): void {
    this.askAgainAt = performance.now() + ms;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hurry(), ms);
  }

  /** There may be work where there was none: asks within moments. */
  soon(): void {
    if (this.claiming) {
      this.heard = true;
      return;
    }
    this.heard = false;
    const ms = Math.random() * NEWS_SPREAD_MS;
    if (this.askAgainAt > performance.now() + ms) this.pause(ms);
  }

  /** Some of what is held was answered: there may be room for more. */
  answered(): void {
    if (!this.isSpent || this.askAgainAt <= performance.now() + RETRY_MS.least) return;
    this.isSpent = false;
    this.pause(RETRY_MS.least);
  }

  /** Asks at once. */
  hurry(): void {
    this.askAgainAt = 0;
    this.listener.onChange();
  }

  close(): void {
    clearTimeout(this.timer);
  }
}
