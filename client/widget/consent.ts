/** When a click on a button of ours is a yes: a person's own, while all of our box was clear to see, on a button that did not move under the pointer. */
import type { Sight } from "./sight.ts";

/** The box was clear to see for so long before the button was pressed, ms. */
const SEEN_MS = 600;
/** The pointer, or the keyboard's focus, was on it for so long, ms. */
const AIMED_MS = 350;

export type Verdict = "yes" | "covered" | "too-quick" | "forged";

/** Watches a button from the first moment on. `own`: it stands in a window of the coordinator's, where no host can cover it. */
export class ConsentButton {
  private readonly sight: Sight;
  private readonly own: boolean;
  private aimedAt: number | null = null;
  /** Where the frame lies on the screen, as the pointer last told. */
  private place = "";
  private pressed: { at: number; verdict: Verdict } | null = null;

  constructor(button: HTMLElement, sight: Sight, own: boolean) {
    this.sight = sight;
    this.own = own;
    button.addEventListener("pointerover", (event) => this.aim(event));
    button.addEventListener("pointermove", (event) => this.aim(event));
    button.addEventListener("pointerout", () => this.lose());
    button.addEventListener("focus", () => {
      this.aimedAt ??= performance.now();
    });
    button.addEventListener("blur", () => this.lose());
    button.addEventListener("pointerdown", (event) => {
      this.pressed = { at: performance.now(), verdict: this.judge(event) };
    });
  }

  /** What a click of the button means. */
  verdictOf(click: MouseEvent): Verdict {
    const { pressed } = this;
    this.pressed = null;
    if (!click.isTrusted) return "forged";
    // The keyboard presses without a pointer.
    if (click.detail === 0) return this.judge(click);
    if (!pressed) return "forged";
    return pressed.verdict === "yes" ? this.clear() : pressed.verdict;
  }

  private judge(event: MouseEvent): Verdict {
    if (!event.isTrusted) return "forged";
    if (this.clear() !== "yes") return this.clear();
    const now = performance.now();
    // A finger comes from nowhere; the button itself must have been there.
    const isFinger = event instanceof PointerEvent && event.pointerType === "touch";
    if (!isFinger && (this.aimedAt === null || now - this.aimedAt < AIMED_MS)) return "too-quick";
    if (this.own) return "yes";
    return this.sight.clearSince !== null && now - this.sight.clearSince >= SEEN_MS ? "yes" : "too-quick";
  }

  private clear(): Verdict {
    if (this.own) return "yes";
    // A host may zoom us to a speck, which no observer tells; a person who zooms out decides in a window.
    return this.sight.clearSince !== null && devicePixelRatio >= 1 ? "yes" : "covered";
  }

  /** A frame that the host moves under the pointer starts anew. */
  private aim(event: PointerEvent): void {
    const place = `${Math.round(event.screenX - event.clientX)} ${Math.round(event.screenY - event.clientY)}`;
    if (place !== this.place || this.aimedAt === null) this.aimedAt = performance.now();
    this.place = place;
  }

  private lose(): void {
    this.aimedAt = null;
  }
}
