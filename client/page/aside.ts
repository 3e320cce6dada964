import { ASIDE_MS } from "../donor/manners/policy.ts";

/** The person uses this page: nothing is queued until they rest. */
export class Aside {
  private readonly onEnd: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onEnd: () => void) {
    this.onEnd = onEnd;
  }

  /** From now on, anew at each sign of them. */
  begin(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.onEnd, ASIDE_MS);
  }
}
