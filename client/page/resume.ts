/**
 * A yes that goes on in the next page of this tab: where the page reloads for a newer version, once in a while only, and where a
 * link of its own leads to another job or from joining to the pool. It holds for that one address, once.
 */
import { DOSES, type Dose } from "../donor/state.ts";

const RESUME_KEY = "idlewave-resume";
const RELOAD_EVERY_MS = 300_000;

export function reloadAndResume(dose: Dose): void {
  const since = Date.now() - Number(sessionStorage.getItem(`${RESUME_KEY}-at`) ?? 0);
  // A clock that was set back tells nothing.
  if (since >= 0 && since < RELOAD_EVERY_MS) return;
  sessionStorage.setItem(`${RESUME_KEY}-at`, String(Date.now()));
  resumeWith(dose, location.href);
  location.reload();
}

/** The next page of this tab lends as soon as it is there, if it is the one at `address`: its visitor has said yes on this one. */
export function resumeWith(dose: Dose, address: string): void {
  sessionStorage.setItem(RESUME_KEY, JSON.stringify({ dose, address: placeOf(address) }));
}

/** The visitor takes the yes back before the next page has come. */
export function dropResumed(): void {
  sessionStorage.removeItem(RESUME_KEY);
}

/** The dose that was lent on the page before this one, once; undefined on any other visit. */
export function takeResumed(): Dose | undefined {
  const kept = sessionStorage.getItem(RESUME_KEY);
  dropResumed();
  const { dose, address } = JSON.parse(kept ?? "{}") as { dose?: unknown; address?: unknown };
  return address === placeOf(location.href) ? DOSES.find((each) => each === dose) : undefined;
}

/** Without the fragment, which is a place on the same page. */
function placeOf(address: string): string {
  const { origin, pathname, search } = new URL(address, location.href);
  return origin + pathname + search;
}
