/** E4: the visitor page's main thread while it lends against the same page at rest. */
import type { Page } from "puppeteer";
import { type GoalReport, measured, ofPairs, shown, spread } from "../goal.ts";
import { pairsOf, scaled } from "../stage.ts";
import { workOf } from "./calibrate.ts";
import type { EngineStage, Site } from "./stage.ts";

const WORKGROUPS: [number, number] = [256, 1];
const UNIT_MILLIS = 50;
/** After a click the page lays itself out anew. */
const SETTLE_MS = 2_000;

interface Frames {
  p95: number;
  longTasks: number[];
}

export async function measureE4(stage: EngineStage, site: Site): Promise<GoalReport> {
  const tab = await site.openTab();
  const work = await workOf(stage, tab, WORKGROUPS, UNIT_MILLIS);
  await tab.close();
  await site.submit(work);
  const page = await site.browser.newPage();
  await page.goto(site.server.url);
  const millis = scaled(stage, { full: 5000, quick: 3000, tiny: 500 });
  const settle = scaled(stage, { full: SETTLE_MS, quick: SETTLE_MS, tiny: 800 });
  const seen: { idle: Frames[]; lending: Frames[] } = { idle: [], lending: [] };
  for (let pair = 1; pair <= pairsOf(stage); pair++) {
    await later(settle);
    seen.idle.push(await watch(page, millis));
    await click(page, "lend");
    await page.waitForFunction(() => document.querySelector("idlewave-page")?.getAttribute("data-state") === "running", {
      timeout: 60_000,
    });
    await later(settle);
    seen.lending.push(await watch(page, millis));
    await click(page, "stop");
    await page.waitForSelector('[data-testid="lend"]');
    stage.say(
      `E4: pair ${pair}: frames ${shown(seen.idle.at(-1)?.p95 ?? 0)} ms at rest, ${shown(seen.lending.at(-1)?.p95 ?? 0)} ms while lending`,
    );
  }
  const p95 = (how: "idle" | "lending") => seen[how].map((frames) => frames.p95);
  const long = (how: "idle" | "lending") => seen[how].flatMap(({ longTasks }) => longTasks);
  return measured(
    [
      {
        name: "95th percentile of frame intervals while lending over that at rest",
        ...ofPairs(p95("lending"), p95("idle")),
        target: 1.1,
        is: "at most",
      },
      { name: "long tasks of the page while lending", value: long("lending").length, target: 0, is: "at most" },
    ],
    [
      `95th percentile ${spread(p95("idle"))} ms at rest, ${spread(p95("lending"))} ms while lending a quarter`,
      `tasks over 50 ms: ${list(long("idle"))} at rest, ${list(long("lending"))} while lending`,
      ...(stage.chromeFlags.length > 0 ? [] : ["on a software adapter nothing contends for the screen, only for processors"]),
    ].join("; "),
  );
}

/** Intervals between frames and long tasks of the page for so long. */
function watch(page: Page, millis: number): Promise<Frames> {
  return page.evaluate(
    (length) =>
      new Promise<Frames>((resolve) => {
        const longTasks: number[] = [];
        const observer = new PerformanceObserver((entries) => {
          for (const { duration } of entries.getEntries()) longTasks.push(duration);
        });
        observer.observe({ entryTypes: ["longtask"] });
        const intervals: number[] = [];
        const begin = performance.now();
        let last = begin;
        const frame = () => {
          const now = performance.now();
          intervals.push(now - last);
          last = now;
          if (now - begin < length) requestAnimationFrame(frame);
          else {
            observer.disconnect();
            intervals.sort((a, b) => a - b);
            resolve({ p95: intervals[Math.floor(0.95 * intervals.length)] ?? 0, longTasks });
          }
        };
        requestAnimationFrame(frame);
      }),
    millis,
  );
}

async function click(page: Page, name: string): Promise<void> {
  const button = await page.waitForSelector(`[data-testid="${name}"]`);
  await button?.evaluate((element) => (element as HTMLElement).click());
}

function list(millis: readonly number[]): string {
  return millis.length === 0 ? "none" : millis.map((length) => `${Math.round(length)} ms`).join(", ");
}

function later(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
