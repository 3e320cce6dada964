/** Why there is no work, and when it is asked for again. */
import { IDLE_WORDS } from "../../shared/idle-words.ts";
import { isCheckedByAuditor, waitsFor } from "../../shared/waits-for.ts";
import type { IdleReason } from "../../shared/wire.ts";
import { aboutSeconds } from "./numbers.ts";
import type { Words } from "./part.ts";
import { hasOtherJobs, leftOf, type Situation, waitingOf } from "./situation.ts";

/** `only-mine`: every unit left is one that the visitor computed already. */
type Reason = IdleReason | "only-mine";

const LEADS: Record<IdleReason, string> = {
  "all-assigned": "Yours will start when a job needs you.",
  "no-jobs": "Yours will start when one does.",
  paused: "Yours will start when it goes on.",
  "needs-features": "Yours lacks a part of WebGPU that they use.",
  "waits-for-others": "The rest is with others or needs a second volunteer.",
  quota: "More are yours as what you sent is checked.",
};
/** Of public jobs: new keys of one cluster share what they may draw, and what was drawn is halved every ten minutes. */
const SHARED_QUOTA = "New browsers at one address share it. More come as units are checked, and every ten minutes.";
/** Where the coordinator's auditor checks what one volunteer computed. */
const CHECKED_REST = "The rest is with others or waits for its check.";

/** `retryMs`: how long the donor waits before it asks again. */
export function waitingWords(situation: Situation, reason: IdleReason, retryMs: number): Words {
  const shown = reasonOf(situation, reason);
  const seconds = Math.max(1, Math.ceil(retryMs / 1_000));
  const again = ` This page asks again every ${seconds === 1 ? "second" : aboutSeconds(seconds)}.`;
  // A phone has room for that, or for the way to the others, or for whom the share is.
  const isFull = hasOtherJobs(situation) || (reason === "quota" && situation.pool === undefined);
  return { headline: [`${headlineOf(situation, shown)}.`], lead: [`${leadOf(situation, shown)}${isFull ? "" : again}`] };
}

/** Where the visitor came for one job, what is said is of that one. */
const OF_THIS_JOB: Partial<Record<IdleReason, string>> = {
  "all-assigned": "Every unit of this job is handed out",
  "needs-features": "This job needs another graphics card",
  "waits-for-others": "Nothing of this job is left for you now",
};

function headlineOf(situation: Situation, reason: Reason): string {
  const isOne = situation.chosenJob > 0;
  if (reason !== "only-mine") return (isOne ? OF_THIS_JOB[reason] : undefined) ?? IDLE_WORDS[reason];
  const left = isOne ? "Every unit left of this job" : "Every unit left";
  return `${left} ${isChecked(situation) ? "waits for its check" : "needs somebody else"}`;
}

function leadOf(situation: Situation, reason: Reason): string {
  if (reason === "waits-for-others" && isChecked(situation)) return CHECKED_REST;
  if (reason === "quota" && situation.pool === undefined) return SHARED_QUOTA;
  if (reason !== "only-mine") return LEADS[reason];
  if (isChecked(situation)) return "You computed them; the coordinator checks them.";
  return `You computed them; ${waitsFor(situation.job, "a stranger")} must get the same bytes.`;
}

function isChecked({ job }: Situation): boolean {
  return job !== null && isCheckedByAuditor(job);
}

/** The coordinator does not know which units are shown, and whose they are. */
function reasonOf(situation: Situation, reason: IdleReason): Reason {
  const own = waitingOf(situation);
  const isForOthers = reason === "waits-for-others" || (reason === "all-assigned" && own > 0);
  if (!isForOthers) return reason;
  return own > 0 && own >= leftOf(situation) ? "only-mine" : "waits-for-others";
}
