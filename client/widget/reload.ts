/** A newer version is there: the frame loads itself anew. The yes is kept, so it goes on by itself. */

const KEY = "idlewave-widget-reloaded";
/** A coordinator that cannot make up its mind is not asked more often, ms. */
const EVERY_MS = 300_000;

export function loadAnew(): void {
  try {
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - last < EVERY_MS) return;
    sessionStorage.setItem(KEY, String(Date.now()));
  } catch {
    return; // Where nothing may be kept it might go round for ever.
  }
  location.reload();
}
