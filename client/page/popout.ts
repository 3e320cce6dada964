/**
 * The picture in a window of its own (Document Picture-in-Picture), with Stop, Less and More, for as long as something is lent:
 * plate and dock go there as they are, with what draws them; the page keeps a dock without the wave.
 */
import { html, render } from "lit";
import { Dock } from "./dock.ts";
import type { Visit } from "./visit.ts";

/** Room for 19 x 20 squares of 18 pixels, and the dock. */
const SIZE = { width: 360, height: 520 };
/** The window does not always follow the page's theme: it is told the colours. */
const TOKENS = ["ground", "ink", "ink-2", "line-strong", "line", "lent", "on-lent", "lent-edge", "sea", "bad"];

export interface PopOutParts {
  visit: Visit;
  plate: HTMLElement;
  dock: HTMLElement;
  /** Events that tell of a person. */
  inputs: readonly string[];
  onInput(): void;
  /** The picture has another room. */
  onRoom(): void;
  /** It is back in the page. */
  onClose(): void;
}

export class PopOut {
  private readonly parts: PopOutParts;
  private readonly own: Window;
  private readonly away = document.createElement("div");
  private readonly standIn = new Dock();
  private readonly theme = matchMedia("(prefers-color-scheme: dark)");
  private isClosed = false;

  private constructor(parts: PopOutParts, own: Window) {
    this.parts = parts;
    this.own = own;
    const { body, head } = own.document;
    own.document.documentElement.lang = document.documentElement.lang;
    own.document.title = document.title;
    for (const link of document.querySelectorAll('link[rel="stylesheet"]')) {
      const copy = own.document.importNode(link, true);
      copy.addEventListener("load", () => parts.onRoom());
      head.append(copy);
    }
    body.className = "popped-out";
    this.dress();
    this.theme.addEventListener("change", this.dress);
    this.standIn.visit = parts.visit;
    this.standIn.classList.add("stand-in");
    this.away.className = "popped-away";
    render(
      html`<p>The picture is in a window of its own.</p><button class="plain" type="button" @click=${() => this.close()}>Bring it back</button>`,
      this.away,
    );
    parts.dock.replaceWith(this.standIn);
    parts.plate.replaceWith(this.away);
    body.append(parts.plate, parts.dock);
    for (const input of parts.inputs) own.addEventListener(input, parts.onInput, { passive: true });
    own.addEventListener("resize", () => parts.onRoom());
    own.addEventListener("pagehide", () => this.bringBack());
  }

  /** Needs a click, and a browser that has such windows. Rejects when it opens none. */
  static async open(parts: PopOutParts): Promise<PopOut> {
    const own = await window.documentPictureInPicture?.requestWindow(SIZE);
    if (!own) throw new Error("This browser has no windows for pictures.");
    return new PopOut(parts, own);
  }

  /** For the plate, CSS pixels. */
  room(): { width: number; height: number } {
    const dock = this.parts.dock.querySelector(".dock")?.getBoundingClientRect().height ?? 0;
    return { width: this.own.innerWidth, height: Math.max(1, this.own.innerHeight - dock) };
  }

  /** The visit changed. */
  update(tick: number): void {
    this.standIn.tick = tick;
  }

  close(): void {
    this.own.close();
    // It tells of its end later, when its picture would be gone with it.
    this.bringBack();
  }

  private bringBack(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.theme.removeEventListener("change", this.dress);
    this.standIn.replaceWith(this.parts.dock);
    this.away.replaceWith(this.parts.plate);
    this.parts.onClose();
  }

  private readonly dress = (): void => {
    const colours = getComputedStyle(document.documentElement);
    const { style } = this.own.document.documentElement;
    for (const token of TOKENS) style.setProperty(`--${token}`, colours.getPropertyValue(`--${token}`));
  };
}
