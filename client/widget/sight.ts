/**
 * Whether the person can see a thing of ours, as the browser itself tells: wholly inside every scroller, and with
 * Intersection Observer v2 covered by nothing, faded, scaled or filtered by no ancestor, the host page's included.
 */

const OPTIONS = { threshold: [0, 0.5, 1], trackVisibility: true, delay: 100 };
/** A frame that is not drawn has no word of the browser's within this, ms. */
const NO_WORD_MS = 400;

export class Sight {
  /** Since when it has been clear to see, ms of `performance.now()`; null: it is not, or nobody can tell. */
  clearSince: number | null = null;
  /** At least a part lies inside what is shown. */
  inView = false;
  /** The browser has told once. */
  told = false;
  /** The browser can tell what covers it. */
  readonly tells: boolean;
  private readonly target: Element;
  private readonly onChange: () => void;
  private readonly observer: IntersectionObserver;
  /** The last of the looks that are under way, which follow each other; null: none is. */
  private looking: Promise<number | null> | null = null;
  private onWord: () => void = () => {};

  constructor(target: Element, onChange: () => void) {
    this.tells = "isVisible" in IntersectionObserverEntry.prototype;
    this.target = target;
    this.onChange = onChange;
    this.observer = new IntersectionObserver((entries) => this.take(entries), OPTIONS);
    this.observer.observe(target);
  }

  /** Why the person does not see it now, null when they do, as far as the browser tells. */
  get lost(): "away" | "hidden" | "covered" | null {
    if (document.hidden) return "hidden";
    if (!this.inView) return "away";
    return this.tells && this.clearSince === null ? "covered" : null;
  }

  /**
   * Begins to watch anew; ends with the browser's first word, and tells when it began, or null without a word. Chromium has the
   * page that shows us reckon what covers us when that page draws, and it draws for a frame that begins to watch. The first
   * word may still be of the time before.
   */
  lookAnew(): Promise<number | null> {
    // Whoever asked for the one before hears of its fault.
    const before: Promise<unknown> = this.looking?.catch(() => null) ?? Promise.resolve();
    const look = before
      .then(() => this.watchAnew())
      .finally(() => {
        if (this.looking === look) this.looking = null;
      });
    this.looking = look;
    return look;
  }

  /** It has been clear to see for so long, ms, as far as the browser tells by itself. */
  hasBeenClear(millis: number): boolean {
    return !this.tells || (this.clearSince !== null && performance.now() - this.clearSince >= millis);
  }

  get isLooking(): boolean {
    return this.looking !== null;
  }

  private async watchAnew(): Promise<number | null> {
    this.take(this.observer.takeRecords());
    this.observer.disconnect();
    // That nobody watches is told to the page's process at the end of a frame of ours.
    await soon((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
    const begunAt = performance.now();
    const isTold = await soon((resolve) => {
      this.onWord = resolve;
      this.observer.observe(this.target);
    });
    return isTold ? begunAt : null;
  }

  private take(entries: IntersectionObserverEntry[]): void {
    if (entries.length === 0) return;
    for (const entry of entries) {
      const { isVisible } = entry as IntersectionObserverEntry & { isVisible?: boolean };
      this.inView = entry.isIntersecting;
      if (isVisible !== true || entry.intersectionRatio < 1) this.clearSince = null;
      else this.clearSince ??= performance.now();
    }
    this.told = true;
    this.onWord();
    this.onChange();
  }
}

/** Whether it came before it was too late. */
function soon(begin: (resolve: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), NO_WORD_MS);
    begin(() => resolve(true));
  });
}
