/** The window of the coordinator's own, for browsers and pages in which a click in the frame cannot count. */
import type { WindowMessage } from "../../shared/widget.ts";

const PATH = "/widget/window";
const FEATURES = "popup,width=368,height=340";

/** Whether this document is that window. */
export function isOwnWindow(): boolean {
  return location.pathname === PATH;
}

/** In that window: tells the frame that opened it, and closes. */
export function answerOpener(dose: number): void {
  const message: WindowMessage = { idlewave: "consent", dose };
  (window.opener as Window | null)?.postMessage(message, location.origin);
  window.close();
}

/** In the frame: opens it, and knows its answer from everybody else's words. */
export class OwnWindow {
  private opened: Window | null = null;

  open(): void {
    const url = new URL(PATH, location.origin);
    url.search = location.search;
    this.opened = window.open(url, "_blank", FEATURES);
  }

  /** The dose that was agreed to there, null when the message is another's. */
  doseIn(event: MessageEvent<unknown>): number | null {
    if (!this.opened || event.source !== this.opened || event.origin !== location.origin) return null;
    const { idlewave, dose } = (event.data ?? {}) as Partial<WindowMessage>;
    return idlewave === "consent" && typeof dose === "number" ? dose : null;
  }
}
