/** Why a volunteer has no work, in a sentence without its full stop: the page and `donate` say the same. */
import type { IdleReason } from "./wire.ts";

export const IDLE_WORDS: Readonly<Record<IdleReason, string>> = {
  "all-assigned": "Every unit is handed out",
  "no-jobs": "No job needs you right now",
  paused: "The job is paused",
  "needs-features": "The jobs here need another graphics card",
  "waits-for-others": "Nothing is left for you now",
  quota: "You have your share of units for now",
};
