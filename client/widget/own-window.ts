/** The window of the coordinator's own, for browsers and pages in which a click in the frame cannot count. */
import type { WindowMessage } from "../../shared/widget.ts";

const PATH = "/widget/window";
const QUESTION = "question";
type Question = "lend" | "forget";
const FEATURES = "popup,width=368,height=340";

/** Whether this document is that window. */
export function isOwnWindow(): boolean {
  return location.pathname === PATH;
}

/** In that window: what the person came to decide. */
export function askedInOwnWindow(): Question {
  return new URLSearchParams(location.search).get(QUESTION) === "forget" ? "forget" : "lend";
}

/** In that window: tells the frame that opened it, and closes. */
export function answerOpener(message: WindowMessage): void {
  (window.opener as Window | null)?.postMessage(message, location.origin);
  window.close();
}

/** In the frame: opens it, and knows its answer from everybody else's words. */
export class OwnWindow {
  private opened: Window | null = null;

  open(question: Question): void {
    const url = new URL(PATH, location.origin);
    url.search = location.search;
    url.searchParams.set(QUESTION, question);
    this.opened = window.open(url, "_blank", FEATURES);
  }

  /** What was answered there, null when the message is another's. */
  answerIn(event: MessageEvent<unknown>): WindowMessage | null {
    if (!this.opened || event.source !== this.opened || event.origin !== location.origin) return null;
    const message = (event.data ?? {}) as Partial<WindowMessage>;
    if (message.idlewave === "forget") return { idlewave: "forget" };
    if (message.idlewave !== "consent" || typeof message.dose !== "number" || typeof message.job !== "number") return null;
    return { idlewave: "consent", dose: message.dose, job: message.job };
  }
}
