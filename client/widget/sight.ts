/**
 * Whether the person can see a thing of ours, as the browser itself tells: wholly inside every scroller, and with
 * Intersection Observer v2 covered by nothing, faded, scaled or filtered by no ancestor, the host page's included.
 */

const OPTIONS = { threshold: [0, 0.5, 1], trackVisibility: true, delay: 100 };
/** A frame that is not drawn has no word of the browser's, ms. */
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
  private looking: Promise<void> | null = null;
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
   * Begins to watch anew; ends with the browser's first word. Chromium has the page that shows us reckon what covers us when
   * that page draws, and it draws for a frame that begins to watch. The first word may still be of the time before.
   */
  lookAnew(): Promise<void> {
    // Whoever asked for the one before hears of its fault.
    const before = this.looking?.catch(() => undefined) ?? Promise.resolve();
    const look = before
      .then(() => this.watchAnew())
      .finally(() => {
        if (this.looking === look) this.looking = null;
      });
    this.looking = look;
    return look;
  }

  get isLooking(): boolean {
    return this.looking !== null;
  }

  private async watchAnew(): Promise<void> {
    this.take(this.observer.takeRecords());
    this.observer.disconnect();
    // That nobody watches is told to the page's process at the end of a frame of ours.
    await soon((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
    await soon((resolve) => {
      this.onWord = resolve;
      this.observer.observe(this.target);
    });
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

function soon(begin: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, NO_WORD_MS);
    begin(resolve);
  });
}
