/**
 * `<idlewave-widget>`: a box of fixed size with the coordinator's frame in it. The only script on the host page, without a
 * dependency; it makes no request but the frame's document, which asks for one picture.
 */
import { type FrameMessage, type HostAnswer, type HostMessage, isWidgetSize, WIDGET_SIZES, type WidgetSize } from "../../shared/widget.ts";

const source = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : import.meta.url;
const coordinator = new URL(source).origin;
/** Above what hosts have on their pages, below what only a browser can show. */
const OVERLAY = "2147483000";

class IdlewaveWidget extends HTMLElement {
  static readonly observedAttributes = ["site", "cause", "theme", "size", "lang"];
  private frame: HTMLIFrameElement | null = null;

  connectedCallback(): void {
    addEventListener("message", this);
    this.show();
  }

  disconnectedCallback(): void {
    removeEventListener("message", this);
    this.frame?.remove();
    this.frame = null;
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (this.frame && before !== after) this.show();
  }

  private get size(): WidgetSize {
    const size = this.getAttribute("size") ?? "card";
    return isWidgetSize(size) ? size : "card";
  }

  private show(): void {
    const { width, height } = WIDGET_SIZES[this.size];
    // No layout of the host's moves, whatever the frame shows: this is the room that the pasted style has kept.
    Object.assign(this.style, {
      display: "inline-block",
      position: "relative",
      width: `${width}px`,
      height: `${height}px`,
      maxWidth: "none",
    });
    const frame = document.createElement("iframe");
    const url = new URL("/widget", coordinator);
    url.searchParams.set("site", this.getAttribute("site") ?? location.origin);
    for (const name of ["cause", "theme", "lang"]) {
      const value = this.getAttribute(name);
      if (value) url.searchParams.set(name, value);
    }
    url.searchParams.set("size", this.size);
    frame.src = url.href;
    frame.title = "Idlewave";
    frame.allow = "compute-pressure; idle-detection";
    frame.loading = "lazy";
    frame.addEventListener("load", () => this.colour());
    this.frame?.remove();
    this.frame = frame;
    this.fit(this.size);
    this.append(frame);
  }

  /** A badge that was opened lies as a card over the page, from its own corner. */
  private fit(size: WidgetSize): void {
    const { width, height } = WIDGET_SIZES[size];
    const { left, top } = this.getBoundingClientRect();
    const sideways = size !== this.size && left + width > innerWidth ? "right" : "left";
    const upwards = size !== this.size && top + height > innerHeight && top > height ? "bottom" : "top";
    const above = size === this.size ? "" : `;z-index:${OVERLAY}`;
    if (this.frame) {
      this.frame.style.cssText = `border:0;position:absolute;${sideways}:0;${upwards}:0;width:${width}px;height:${height}px${above}`;
    }
  }

  private colour(): void {
    const style = getComputedStyle(this);
    const [ground = "", ink = ""] = ["--idlewave-ground", "--idlewave-ink"].map((name) => style.getPropertyValue(name).trim());
    const message: HostMessage = { idlewave: "colours", ground, ink };
    if (ground || ink) this.say(message);
  }

  private say(message: HostMessage | HostAnswer): void {
    this.frame?.contentWindow?.postMessage(message, coordinator);
  }

  handleEvent(event: MessageEvent<FrameMessage | null>): void {
    if (!this.frame || event.source !== this.frame.contentWindow || event.origin !== coordinator) return;
    const message = event.data;
    if (message?.idlewave === "alive?") this.say({ idlewave: "alive", value: message.value });
    if (message?.idlewave === "size" && isWidgetSize(message.size)) this.fit(message.size);
    if (message?.idlewave === "state") this.tell("idlewave:state", { state: message.state });
    if (message?.idlewave === "credit") this.tell("idlewave:credit", { units: message.units, verified: message.verified });
  }

  private tell(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

if (!customElements.get("idlewave-widget")) customElements.define("idlewave-widget", IdlewaveWidget);
