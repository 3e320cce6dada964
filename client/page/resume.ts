/** A page that reloads for a newer version goes on under the same consent, and does so once in a while only. */
import { DOSES, type Dose } from "../donor/state.ts";

const RESUME_KEY = "idlewave-resume";
const RELOAD_EVERY_MS = 300_000;

export function reloadAndResume(dose: Dose): void {
  const since = Date.now() - Number(sessionStorage.getItem(`${RESUME_KEY}-at`) ?? 0);
  // A clock that was set back tells nothing.
  if (since >= 0 && since < RELOAD_EVERY_MS) return;
  sessionStorage.setItem(`${RESUME_KEY}-at`, String(Date.now()));
  resumeWith(dose);
  location.reload();
}

/** The next page of this tab lends as soon as it is there: its visitor has said yes on this one. */
export function resumeWith(dose: Dose): void {
  sessionStorage.setItem(RESUME_KEY, String(dose));
}

/** The dose that was lent before the reload, once; undefined on any other visit. */
export function takeResumed(): Dose | undefined {
  const kept = sessionStorage.getItem(RESUME_KEY);
  sessionStorage.removeItem(RESUME_KEY);
  return DOSES.find((each) => String(each) === kept);
}
