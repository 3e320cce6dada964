/** Core Web Vitals of a page, by the browser's own entries, for https://web.dev/articles/vitals. */
import type { Page } from "puppeteer";

/** Event Timing tells of none that is faster, ms. */
const LEAST_INTERACTION_MS = 16;

export interface Vitals {
  /** Largest Contentful Paint, ms. */
  lcp: number;
  /** Cumulative Layout Shift: all shifts without recent input, so no less than that of the worst session. */
  cls: number;
  /** Interaction to Next Paint: of fewer than 50 interactions the slowest, ms. */
  inp: number;
}

/** Before the page is opened. */
export async function watchVitals(page: Page): Promise<void> {
  await page.evaluateOnNewDocument((least) => {
    const vitals = { lcp: 0, cls: 0, inp: 0 };
    Object.assign(globalThis, { vitals });
    const watch = (type: string, take: (entry: PerformanceEntry) => void, options = {}) =>
      new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...options });
    watch("largest-contentful-paint", ({ startTime }) => {
      vitals.lcp = startTime;
    });
    watch("layout-shift", (entry) => {
      const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
      if (!hadRecentInput) vitals.cls += value;
    });
    const interaction = (entry: PerformanceEntry) => {
      const { interactionId, duration } = entry as PerformanceEntry & { interactionId: number };
      if (interactionId > 0) vitals.inp = Math.max(vitals.inp, duration);
    };
    watch("event", interaction, { durationThreshold: least });
  }, LEAST_INTERACTION_MS);
}

export function vitalsOf(page: Page): Promise<Vitals> {
  return page.evaluate("vitals") as Promise<Vitals>;
}
