/** The frame's elements, made once; words and buttons change in their places. */
import { mark } from "./mark.ts";
import type { Action, Telling } from "./scene.ts";

export interface Shown extends Telling {
  why: string;
  close: string;
  check: string;
  /** Empty: it is not shown. */
  forget: string;
  /** The same. */
  account: string;
  stop: string;
  /** Address of what "Check it" opens; empty: it is not shown. */
  checkUrl: string;
  lent: boolean;
}

export class View {
  readonly canvas = make("canvas", "strip");
  readonly wave = make("canvas", "wave");
  /** The yes, and the word to be forgotten: one element each from first to last, so that they can be watched. */
  readonly lend = make("button", "main");
  readonly forgetSure = make("button", "main");
  /** All that the person sees of us. */
  readonly box = make("main", "box");
  private readonly card = make("div", "card");
  private readonly notice = make("div", "notice");
  private readonly title = make("h1");
  private readonly text = make("p");
  private readonly why = make("button", "link why");
  private readonly check = make("a", "link");
  private readonly forget = make("button", "link");
  private readonly account = make("button", "link");
  private readonly close = make("button", "link");
  private readonly row = make("div", "row");
  private readonly badge = make("div", "badge");
  private readonly badgeOpen = make("button", "open");
  private readonly badgeStop = make("button", "halt");
  private readonly act: (action: Action, event: MouseEvent) => void;

  /** `open`: a badge was pressed; `closed`: its card is to be a badge again. */
  constructor(on: { act(action: Action, event: MouseEvent): void; why(): void; open(): void; close(): void }) {
    this.act = on.act;
    this.lend.addEventListener("click", (event) => on.act("lend", event));
    this.forgetSure.addEventListener("click", (event) => on.act("forget-sure", event));
    this.why.addEventListener("click", () => on.why());
    this.forget.dataset.action = "forget";
    this.forget.addEventListener("click", (event) => on.act("forget", event));
    this.account.dataset.action = "account";
    this.account.addEventListener("click", (event) => on.act("account", event));
    this.close.addEventListener("click", () => on.close());
    this.badgeOpen.addEventListener("click", () => on.open());
    this.badgeStop.addEventListener("click", (event) => on.act("stop", event));
    this.canvas.setAttribute("aria-hidden", "true");
    this.check.target = "_blank";
    this.check.rel = "noopener";
    const text = make("div", "text");
    text.setAttribute("role", "status");
    this.notice.setAttribute("role", "status");
    this.wave.setAttribute("aria-hidden", "true");
    text.append(this.title, this.text);
    const foot = make("div", "foot");
    foot.append(mark(24), this.why, this.check, this.account, this.forget, this.close);
    const words = make("div", "words");
    words.append(text, this.wave);
    // By keyboard the answers come before what stands above them.
    this.card.append(this.canvas, this.notice, words, this.row, foot);
    this.badge.append(mark(24), this.badgeOpen, this.badgeStop);
    this.box.append(this.card, this.badge);
    document.body.append(this.box);
  }

  /** `asBadge`: of the two shapes; `closable`: the card was opened from a badge. */
  show(shown: Shown, asBadge: boolean, closable: boolean): void {
    write(this.notice, shown.notice);
    write(this.title, shown.title);
    write(this.text, shown.text);
    write(this.why, shown.why);
    write(this.close, shown.close);
    write(this.check, shown.check);
    write(this.forget, shown.forget);
    write(this.account, shown.account);
    this.account.hidden = shown.account === "";
    write(this.badgeOpen, shown.badge);
    this.check.hidden = shown.checkUrl === "";
    if (shown.checkUrl !== "") this.check.href = shown.checkUrl;
    this.why.hidden = shown.checkUrl !== "";
    // Words that explain take its place.
    this.wave.hidden = shown.checkUrl !== "";
    this.forget.hidden = shown.forget === "";
    this.close.hidden = !closable;
    this.badgeStop.hidden = !shown.lent;
    this.badgeStop.setAttribute("aria-label", shown.stop);
    document.body.classList.toggle("lent", shown.lent);
    this.card.hidden = asBadge;
    this.badge.hidden = !asBadge;
    this.fill(shown.buttons);
  }

  focusWhy(): void {
    this.why.focus();
  }

  /** The theme's colours, for what is drawn. */
  palette(): { lent: string; lineStrong: string; ink: string } {
    const style = getComputedStyle(this.canvas);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    return { lent: colour("--lent"), lineStrong: colour("--line-strong"), ink: colour("--ink") };
  }

  private fill(buttons: Telling["buttons"]): void {
    const wanted = JSON.stringify(buttons);
    if (this.row.dataset.shown === wanted) return;
    this.row.dataset.shown = wanted;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.action : undefined;
    const made = buttons.map(({ action, label, main, off }) => {
      const kept = action === "lend" ? this.lend : action === "forget-sure" ? this.forgetSure : undefined;
      const button = kept ?? make("button", main ? "main" : "");
      write(button, label);
      button.dataset.action = action;
      button.setAttribute("aria-disabled", String(off === true));
      if (!kept) button.addEventListener("click", (event) => this.act(action, event));
      return button;
    });
    // What is watched stays where it is while words around it change: its watch goes on.
    const stays = (button: Element) => [this.lend, this.forgetSure].some((kept) => kept === button && made.includes(kept));
    for (const child of [...this.row.children]) if (!stays(child)) child.remove();
    for (const button of made) if (!stays(button) || !button.isConnected) this.row.append(button);
    if (focused) this.row.querySelector<HTMLElement>(`[data-action="${focused}"]`)?.focus();
  }
}

function make<Name extends keyof HTMLElementTagNameMap>(name: Name, classes = ""): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (classes) element.className = classes;
  if (element instanceof HTMLButtonElement) element.type = "button";
  return element;
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
