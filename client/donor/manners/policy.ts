/**
 * How much is lent, judged from what is known of the moment: pure, so that one table tells it.
 *
 *   lend ─(a reason to hold)─▶ hold ─(none is left; a hot computer has cooled down to "fair")─▶ lend
 *
 * Every signal makes it less, none makes it more: what a browser does not tell holds nothing up, and only wishes of the
 * visitor's ask for a sign that they are away.
 */
import type { RemoteWish } from "../../../shared/account/remote-wish.ts";
import type { Surroundings } from "./surroundings.ts";
import { isWithin, type Wishes } from "./wishes.ts";

/** At most this share where something asks for less: a film that hides the page, a battery, a warm computer, Save-Data. */
export const SLOW_SHARE = 0.25;
/** Nothing new is queued until the person has not moved, typed or scrolled for this long; the page tells of input every 250 ms. */
export const ASIDE_MS = 600;
/** A battery below this is left to its owner, whatever they said before. */
const LOW_BATTERY = 0.2;
/** A page that has the focus and was not touched for so long: its visitor is not there. */
const IDLE_AFTER_MS = 5 * 60_000;

/**
 * Milliseconds of GPU time of the longest piece that cannot be cut: a kernel that runs its dispatches whole, or a single long
 * workgroup. A graphics card draws no screen meanwhile, so it is less than a frame while somebody may look at one; a processor does.
 */
const LONGEST_MS = { seen: 12, idle: 1_000 };

/** Why nothing runs, though it was asked for. */
export type HoldReason =
  | "frozen"
  /** From another device of the account, by the same person. */
  | "remote"
  | "hours"
  | "present"
  /** Only while the visitor is away, and the browser does not tell any more. */
  | "away-untold"
  | "battery"
  | "battery-low"
  | "save-data"
  | "heat"
  /** No job fits into the GPU memory that is lent: the donor finds that out, not the policy. */
  | "memory"
  /** The jobs come in pieces too long for somebody who is there: the donor finds that out too. */
  | "long-pieces";

/** Why less is lent than was chosen: no more than SLOW_SHARE. */
export type SlowReason = "hidden" | "battery" | "heat" | "save-data";

/** What the visitor may say to a hold. */
export type Anyway = Extract<HoldReason, "battery" | "save-data">;

export interface Hold {
  reason: HoldReason;
  /** The minute of the day when it ends, where that is known. */
  until: number | null;
}

export type Verdict =
  | ({ kind: "hold" } & Hold)
  /** `idle`: nobody is there who would notice longer slices. */
  | { kind: "lend"; share: number; idle: boolean; longestMs: number; slowed: SlowReason | null };

export interface Moment extends Surroundings {
  /** Of the day, local time, 0 … 1439. */
  minute: number;
  /** Milliseconds since the visitor moved, scrolled or typed on the page. */
  untouchedMs: number;
  /** What computes is the processor: its load is what is lent, and tells nothing of what else it does. */
  software: boolean;
}

export interface Asked {
  /** Share of the GPU, 0 … 1. */
  dose: number;
  wishes: Wishes;
  anyway: readonly Anyway[];
  /** From the account's devices: it makes less of the dose, and never more. */
  remote: Pick<RemoteWish, "paused" | "share">;
}

export function judge(moment: Moment, asked: Asked, before: Verdict): Verdict {
  const reason = holdReason(moment, asked, before);
  if (reason) return { kind: "hold", reason, until: reason === "hours" ? (asked.wishes.hours?.from ?? null) : null };
  const dose = Math.min(asked.dose, asked.remote.share / 100);
  const slowed = dose > SLOW_SHARE ? slowReason(moment) : null;
  const idle = isIdle(moment);
  const longestMs = moment.screen && !moment.software ? LONGEST_MS[idle ? "idle" : "seen"] : Number.POSITIVE_INFINITY;
  return { kind: "lend", share: slowed ? SLOW_SHARE : dose, idle, longestMs, slowed };
}

function holdReason(moment: Moment, { wishes, anyway, remote }: Asked, before: Verdict): HoldReason | null {
  const { battery, away } = moment;
  if (moment.frozen) return "frozen";
  if (remote.paused) return "remote";
  if (wishes.hours && !isWithin(wishes.hours, moment.minute)) return "hours";
  if (wishes.onlyAway && away !== true) return away === null ? "away-untold" : "present";
  if (battery && !battery.charging) {
    if (battery.level < LOW_BATTERY) return "battery-low";
    if (!anyway.includes("battery")) return "battery";
  }
  if (moment.saveData && !anyway.includes("save-data")) return "save-data";
  return isTooHot(moment, before) ? "heat" : null;
}

/** Begun at "critical", it lasts until the load is well below: else it would begin anew at once. */
function isTooHot({ pressure, software }: Moment, before: Verdict): boolean {
  if (software) return false;
  const wasHot = before.kind === "hold" && before.reason === "heat";
  return pressure === "critical" || (wasHot && pressure === "serious");
}

function slowReason({ hidden, battery, pressure, saveData, software }: Moment): SlowReason | null {
  if (hidden) return "hidden";
  if (battery && !battery.charging) return "battery";
  if (pressure === "serious" && !software) return "heat";
  return saveData ? "save-data" : null;
}

/** A hidden page is not an idle person, whatever Idle Detection says: nobody touches anything during a film. */
function isIdle({ hidden, focused, away, untouchedMs }: Moment): boolean {
  if (hidden) return false;
  return away === true || (away === null && focused && untouchedMs > IDLE_AFTER_MS);
}
