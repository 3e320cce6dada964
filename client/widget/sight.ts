/**
 * Whether the person can see a thing of ours, as the browser itself tells: wholly inside every scroller, and with
 * Intersection Observer v2 covered by nothing, faded, scaled or filtered by no ancestor, the host page's included.
 */
export class Sight {
  /** Since when it has been clear to see, ms of `performance.now()`; null: it is not, or nobody can tell. */
  clearSince: number | null = null;
  /** At least a part lies inside what is shown. */
  inView = false;
  /** The browser has told once. */
  told = false;
  /** The browser can tell what covers it. */
  readonly tells: boolean;

  constructor(target: Element, onChange: () => void) {
    this.tells = "isVisible" in IntersectionObserverEntry.prototype;
    const options = { threshold: [0, 0.5, 1], trackVisibility: true, delay: 100 };
    const observer = new IntersectionObserver((entries) => {
      const entry = entries.at(-1);
      if (!entry) return;
      const { isVisible } = entry as IntersectionObserverEntry & { isVisible?: boolean };
      const isClear = isVisible === true && entry.intersectionRatio >= 1;
      this.told = true;
      this.inView = entry.isIntersecting;
      if (!isClear) this.clearSince = null;
      else this.clearSince ??= performance.now();
      onChange();
    }, options);
    observer.observe(target);
  }

  /** Why the person does not see it now, null when they do, as far as the browser tells. */
  get lost(): "away" | "hidden" | "covered" | null {
    if (document.hidden) return "hidden";
    if (!this.inView) return "away";
    return this.tells && this.clearSince === null ? "covered" : null;
  }
}
