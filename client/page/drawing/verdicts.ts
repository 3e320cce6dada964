/**
 * Which of the visitor's units were refused, asked while nothing is lent: the list is the same for everybody who asks, so that
 * nobody learns whose browser it is.
 */
import type { RefusedReplica } from "../../../shared/api.ts";
import { REFUSED_LISTED } from "../../../shared/refused.ts";
import { ownVolunteerId } from "../../donor/own-units.ts";

const ASK_EVERY_MS = 5_000;

export class Verdicts {
  private askedAt = Number.NEGATIVE_INFINITY;

  /** Undefined while it is not known: asked too often, no answer, no key, or more were refused than are listed. */
  async ask(origin: string, headers: Record<string, string>, job: number): Promise<ReadonlySet<number> | undefined> {
    const now = performance.now();
    if (now - this.askedAt < ASK_EVERY_MS) return undefined;
    this.askedAt = now;
    const own = await ownVolunteerId().catch(() => undefined);
    if (!own) return undefined;
    const answer = await fetch(`${origin}/api/jobs/${job}/refused`, { headers, signal: AbortSignal.timeout(ASK_EVERY_MS) }).catch(
      () => null,
    );
    if (!answer?.ok) return undefined;
    const { refused } = (await answer.json()) as { refused: RefusedReplica[] };
    if (refused.length >= REFUSED_LISTED) return undefined;
    return refusedOf(refused, own);
  }
}

/** Units of one volunteer among those refused. */
export function refusedOf(refused: readonly RefusedReplica[], volunteer: string): ReadonlySet<number> {
  return new Set(refused.filter((each) => each.volunteer === volunteer).map(({ unit }) => unit));
}
