/** Why there is no work, and when it is asked for again. */
import { IDLE_WORDS } from "../../shared/idle-words.ts";
import type { IdleReason } from "../../shared/wire.ts";
import { aboutSeconds } from "./numbers.ts";
import type { Words } from "./part.ts";
import { leftOf, type Situation, waitingOf } from "./situation.ts";

/** `only-mine`: every unit left is one that the visitor computed already. */
type Reason = IdleReason | "only-mine";

const ONLY_MINE = "Every unit left needs somebody else";

const LEADS: Record<Reason, string> = {
  "all-assigned": "Yours will start when a job needs you.",
  "no-jobs": "Yours will start when one does.",
  paused: "Yours will start when it goes on.",
  "needs-features": "Yours lacks a part of WebGPU that they use.",
  "waits-for-others": "The rest is with others or needs a second volunteer.",
  "only-mine": "You computed them; a stranger must get the same bytes.",
  quota: "More are yours as what you sent is checked.",
};

/** `retryMs`: how long the donor waits before it asks again. */
export function waitingWords(situation: Situation, reason: IdleReason, retryMs: number): Words {
  const shown = reasonOf(situation, reason);
  const headline = `${shown === "only-mine" ? ONLY_MINE : IDLE_WORDS[shown]}.`;
  const seconds = Math.max(1, Math.ceil(retryMs / 1_000));
  return {
    headline: [headline],
    lead: [`${LEADS[shown]} This page asks again every ${seconds === 1 ? "second" : aboutSeconds(seconds)}.`],
  };
}

/** The coordinator does not know which units are shown, and whose they are. */
function reasonOf(situation: Situation, reason: IdleReason): Reason {
  const own = waitingOf(situation);
  const isForOthers = reason === "waits-for-others" || (reason === "all-assigned" && own > 0);
  if (!isForOthers) return reason;
  return own > 0 && own >= leftOf(situation) ? "only-mine" : "waits-for-others";
}
