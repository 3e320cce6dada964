/** Whether the host page's thread was free: reckoned from what it was asked and how soon it answered. Knows no window and no clock. */

/** Between two proofs of life at most, ms: a page that holds its thread for longer may have shown something else meanwhile. */
export const GAP_MS = 250;
/** Answers take this long on the average at most, ms: one that is free for a moment between long holds takes half a hold. */
const LATE_MS = 50;
/** Questions that are kept: some seconds of them. */
const KEPT = 64;

interface Question {
  value: string;
  askedAt: number;
  answeredAt: number | null;
}

/** Times are ms of one clock. */
export class Pulse {
  private questions: Question[] = [];

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

  /** Whoever asks again after a while begins anew. */
  clear(): void {
    this.questions = [];
  }

  /** Of the thread from `from` to `to`: "unasked" when the questions began later, "held" when no answers show that it was free. */
  between(from: number, to: number): "free" | "held" | "unasked" {
    const first = this.questions[0];
    if (!first || first.askedAt > from) return "unasked";
    /** It was free after this; an answer shows that it was free at some moment after its question. */
    let freeAt = from;
    let late = 0;
    let count = 0;
    for (const { askedAt, answeredAt } of this.questions) {
      const until = answeredAt ?? to;
      if (askedAt > to || until <= from) continue;
      count += 1;
      late += until - askedAt;
      if (answeredAt === null) continue;
      if (answeredAt - freeAt > GAP_MS) return "held";
      freeAt = Math.max(freeAt, askedAt);
    }
    return to - freeAt <= GAP_MS && late <= LATE_MS * count ? "free" : "held";
  }
}
