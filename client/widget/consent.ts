/**
 * When a click on a button of ours is a yes: a person's own, while all of our box was clear to see, on a button that did not
 * move under the pointer, in a page whose thread was free before and after, so that what the browser tells was so.
 */
import type { Sight } from "./sight.ts";
import type { Signs } from "./signs.ts";

/** The box was clear to see for so long before the button was pressed, ms. */
export const SEEN_MS = 600;
/** The pointer, or the keyboard's focus, was on it for so long, ms. */
const AIMED_MS = 350;
/** The page's thread was free for so long before the press, ms. */
const FREE_MS = 800;

/**
 * "covered": something may lie over it. "busy": the page's thread was held, so nobody knew. "untold": nobody ever knows, because
 * the browser does not tell, or the page does not answer. "too-quick": seen or aimed at for too short a time.
 * "forged": no press of a person's own, or one more while the last is looked into.
 */
export type Verdict = "yes" | "covered" | "busy" | "untold" | "too-quick" | "forged";

type SightOfAll = Pick<Sight, "tells" | "clearSince">;
type SignsOfPage = Pick<Signs, "confirm" | "heard">;

/** Watches a button from the first moment on. `own`: it stands in a window of the coordinator's, where no host can cover it. */
export class ConsentButton {
  private readonly sight: SightOfAll;
  private readonly signs: SignsOfPage;
  private readonly own: boolean;
  private aimedAt: number | null = null;
  /** Where the frame lies on the screen, as the pointer last told. */
  private place = "";
  private pressed: { at: number; verdict: Verdict } | null = null;
  private isConfirming = false;
  /** A key is held down that was pressed elsewhere, or long before: it repeats. */
  private isRepeating = false;

  constructor(button: HTMLElement, sight: SightOfAll, signs: SignsOfPage, own: boolean) {
    this.sight = sight;
    this.signs = signs;
    this.own = own;
    button.addEventListener("pointerover", (event) => this.aim(event));
    button.addEventListener("pointermove", (event) => this.aim(event));
    button.addEventListener("pointerout", () => this.lose());
    button.addEventListener("focus", () => {
      this.aimedAt ??= performance.now();
    });
    button.addEventListener("blur", () => this.lose());
    button.addEventListener("keydown", ({ repeat }) => {
      this.isRepeating = repeat;
    });
    button.addEventListener("keyup", () => {
      this.isRepeating = false;
    });
    button.addEventListener("pointerdown", (event) => {
      this.pressed = { at: performance.now(), verdict: this.judge(event) };
    });
  }

  /** What a click of the button means; takes some tenths of a second when it may be a yes, and says so by `onJudging`. */
  async verdictOf(click: MouseEvent, onJudging: () => void): Promise<Verdict> {
    // The keyboard presses without a pointer.
    const pressed = click.detail === 0 ? { at: performance.now(), verdict: this.judge(click) } : this.pressed;
    this.pressed = null;
    if (!click.isTrusted || !pressed || this.isConfirming) return "forged";
    if (click.detail === 0 && this.isRepeating) return "too-quick";
    if (pressed.verdict !== "yes" || this.own) return pressed.verdict;
    onJudging();
    const thread = await this.confirm(pressed.at);
    if (!this.signs.heard) return "untold";
    if (this.clear() !== "yes") return "covered";
    if (thread === "held") return "busy";
    // Whether it was clear before is judged again: word of it may have come late.
    return thread === "free" && this.wasClear(pressed.at) ? "yes" : "too-quick";
  }

  /** Of the page's thread before a press; while it is looked into no other press counts. */
  private async confirm(press: number): ReturnType<Signs["confirm"]> {
    this.isConfirming = true;
    try {
      return await this.signs.confirm(press, FREE_MS);
    } finally {
      this.isConfirming = false;
    }
  }

  private judge(event: MouseEvent): Verdict {
    if (!event.isTrusted) return "forged";
    if (this.clear() !== "yes") return this.clear();
    const now = performance.now();
    // A finger comes from nowhere; the button itself must have been there.
    const isFinger = event instanceof PointerEvent && event.pointerType === "touch";
    if (!isFinger && (this.aimedAt === null || now - this.aimedAt < AIMED_MS)) return "too-quick";
    if (this.own) return "yes";
    return this.wasClear(now) ? "yes" : "too-quick";
  }

  /** It was clear to see for long enough before `at`, and has been since. */
  private wasClear(at: number): boolean {
    return this.sight.clearSince !== null && at - this.sight.clearSince >= SEEN_MS;
  }

  private clear(): Verdict {
    if (this.own) return "yes";
    if (!this.sight.tells) return "untold";
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
