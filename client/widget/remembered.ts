/** The visitor's answer on this site, kept in this browser alone: storage in a frame is the site's own. */
import { DOSES, type Dose } from "../donor/state.ts";

const KEY = "idlewave-widget";
/** A yes holds so long, ms. */
export const CONSENT_MS = 24 * 3_600_000;

export type Answer = { kind: "none" } | { kind: "yes"; dose: Dose } | { kind: "never" };

/** What was answered here before; a yes of more than a day ago, or from the future, is none. */
export function answerAt(now: number, storage: Storage | null): Answer {
  let kept: unknown;
  try {
    kept = JSON.parse(storage?.getItem(KEY) ?? "null");
  } catch {
    return { kind: "none" };
  }
  if (typeof kept !== "object" || kept === null) return { kind: "none" };
  const { never, at, dose } = kept as { never?: unknown; at?: unknown; dose?: unknown };
  if (never === true) return { kind: "never" };
  const known = DOSES.find((each) => each === dose);
  const isFresh = typeof at === "number" && at <= now && now - at < CONSENT_MS;
  return isFresh && known !== undefined ? { kind: "yes", dose: known } : { kind: "none" };
}

export function keepYes(dose: Dose, now: number, storage: Storage | null): void {
  keep({ at: now, dose }, storage);
}

export function keepNever(storage: Storage | null): void {
  keep({ never: true }, storage);
}

export function forgetAnswer(storage: Storage | null): void {
  storage?.removeItem(KEY);
}

/** null where the browser keeps nothing for frames: then a yes holds until the page is left. */
export function storageHere(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function keep(value: object, storage: Storage | null): void {
  try {
    storage?.setItem(KEY, JSON.stringify(value));
  } catch {
    // Full, or refused: the answer holds until the page is left.
  }
}
