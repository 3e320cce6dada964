/**
 * Whether the host page's thread was free, and its process has reckoned what covers us: from what the page was asked, how soon
 * it answered, and when the browser was made to look. Knows no window and no clock.
 */

/**
 * Between two proofs of life at most, ms: a page that holds its thread for longer may have shown something else meanwhile. What
 * was shown for less before a press, nobody has pressed for.
 */
export const GAP_MS = 250;
/** Answers take this long on the average at most, ms: one that is free for a moment between long holds takes half a hold. */
const LATE_MS = 50;
/** From the word of a look, which may be of the time before it, to a question whose answer says that the look was reckoned, ms. */
export const RECKON_MS = 150;
/** Questions, and looks, that are kept: some seconds of them. */
const KEPT = 64;

interface Question {
  value: string;
  askedAt: number;
  answeredAt: number | null;
}

interface Look {
  begunAt: number;
  toldAt: number;
}

/** Times are ms of one clock. */
export class Pulse {
  private questions: Question[] = [];
  private looks: Look[] = [];

  /** `value`: nobody can guess it, so an answer was made after it was asked. */
  ask(value: string, now: number): void {
    this.questions.push({ value, askedAt: now, answeredAt: null });
    if (this.questions.length > KEPT) this.questions.shift();
  }

  /** Returns whether it answers a question that was open. */
  answer(value: unknown, now: number): boolean {
    const question = this.questions.find((each) => each.value === value);
    if (!question || question.answeredAt !== null) return false;
    question.answeredAt = now;
    return true;
  }

  /** The browser was made to look, and had its first word. */
  looked(look: Look): void {
    this.looks.push(look);
    if (this.looks.length > KEPT) this.looks.shift();
  }

  /** Whoever asks again after a while begins anew. */
  clear(): void {
    this.questions = [];
    this.looks = [];
  }

  /**
   * When it was first known that the page's process has reckoned what covers us, not longer than the gap before a press, or
   * after it; null: not yet. It holds if the thread was free until then.
   */
  reckonedBy(press: number): number | null {
    const look = this.looks.find(({ begunAt }) => begunAt >= press - GAP_MS);
    if (!look) return null;
    const answers = this.questions.filter(({ askedAt }) => askedAt >= look.toldAt + RECKON_MS).map(({ answeredAt }) => answeredAt);
    return answers.find((answeredAt) => answeredAt !== null) ?? null;
  }

  /**
   * Of the thread from `from` to `to`, by what was answered until then: "unasked" when the questions began later, "held" when no
   * answers show that it was free.
   */
  between(from: number, to: number): "free" | "held" | "unasked" {
    const first = this.questions[0];
    if (!first || first.askedAt > from) return "unasked";
    /** It was free after this; an answer shows that it was free at some moment after its question. */
    let freeAt = from;
    let late = 0;
    let count = 0;
    for (const { askedAt, answeredAt } of this.questions) {
      const isAnswered = answeredAt !== null && answeredAt <= to;
      const until = isAnswered ? answeredAt : to;
      if (askedAt > to || until <= from) continue;
      count += 1;
      late += until - askedAt;
      if (!isAnswered) continue;
      if (answeredAt - freeAt > GAP_MS) return "held";
      freeAt = Math.max(freeAt, askedAt);
    }
    return to - freeAt <= GAP_MS && late <= LATE_MS * count ? "free" : "held";
  }
}
