/** What may go well later, and when. */
import { isPassing } from "../../../shared/errors.ts";
import type { Frame } from "../../../shared/wire.ts";

export const RETRY_MS = 2_000;

export class Retry extends Error {
  readonly afterMs: number;
  constructor(afterMs: number) {
    super("later");
    this.afterMs = afterMs;
  }
}

/** A coordinator of a later release has codes that this one does not know: when it names a time, the same may go well then. */
export function throwIfPassing(answer: Extract<Frame, { type: "error" }>): void {
  const passes = answer.retryMs > 0 || isPassing(answer.code) || answer.code === "not-authenticated";
  if (passes) throw new Retry(Math.max(250, answer.retryMs || RETRY_MS));
}
