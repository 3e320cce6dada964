import { ASIDE_MS } from "../donor/manners/policy.ts";

/** One sign of the person in so long is worth telling. */
const SIGN_EVERY_MS = 250;

/** The person uses this page: nothing is queued until they rest. */
export class Aside {
  private readonly onEnd: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private signAt = Number.NEGATIVE_INFINITY;

  constructor(onEnd: () => void) {
    this.onEnd = onEnd;
  }

  /** There is a sign of them: from now on, anew at each. Answers whether it was worth telling. */
  begin(): boolean {
    const now = performance.now();
    if (now - this.signAt < SIGN_EVERY_MS) return false;
    this.signAt = now;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.onEnd, ASIDE_MS);
    return true;
  }
}
