/** The widget in its shapes and languages. */
import type { Frame } from "puppeteer";
import { describe, expect, it } from "vitest";
import { languageFor } from "../../client/widget/language.ts";
import { type WidgetSize, widgetSnippet } from "../../shared/widget.ts";
import { agree, frameOf, network, page, site, until, visit } from "./widget-scene.ts";

const LANGUAGES = ["en", "de", "fr", "es", "pt", "ar"];

/** Words that have no room. */
const cutIn = (frame: Frame) =>
  frame.evaluate(() =>
    [...document.querySelectorAll(".notice, .words, .foot, .row button")]
      .filter(({ scrollHeight, clientHeight, scrollWidth, clientWidth }) => scrollHeight > clientHeight || scrollWidth > clientWidth)
      .map(({ textContent }) => textContent),
  );

describe("the widget", () => {
  it("is a badge that opens as a card from its own corner, and moves nothing", async () => {
    const frame = await visit("{widget}<p id=below>below</p>", 'size="badge"');
    const below = await page.$eval("#below", (element) => element.getBoundingClientRect().top);
    await frame.locator(".badge .open").click();
    await until(frame, "ask");
    await frame.waitForFunction(() => innerHeight === 288 && innerWidth === 320);
    expect(await page.$eval("#below", (element) => element.getBoundingClientRect().top)).toBe(below);
  });

  it("has its answers first by keyboard, and Escape closes why it is here", async () => {
    const frame = await visit("{widget}", 'size="badge"');
    await frame.locator(".badge .open").click();
    await until(frame, "ask");
    const focused = () =>
      frame.evaluate(() => (document.activeElement as HTMLElement).dataset.action ?? document.activeElement?.classList.value);
    await frame.focus(".box [data-action='lend']");
    const order = [await focused()];
    for (let step = 0; step < 3; step++) {
      await page.keyboard.press("Tab");
      order.push(await focused());
    }
    expect(order).toEqual(["lend", "less", "no", "link why"]);
    await page.keyboard.press("Enter");
    await frame.waitForSelector('[data-action="never"]');
    await page.keyboard.press("Escape");
    await frame.waitForSelector('[data-action="lend"]');
    expect(await focused()).toBe("link why");
  });

  it.each<[WidgetSize, number]>([
    ["card", 1280],
    ["card", 390],
    ["badge", 1280],
    ["badge", 390],
  ])("as a %s moves nothing on a page %d px wide, however late its loader comes", async (size, width) => {
    await page.setViewport({ width, height: 800 });
    let letCome = () => {};
    const late = new Promise<void>((resolve) => {
      letCome = resolve;
    });
    await page.setRequestInterception(true);
    page.on("request", (request) => {
      if (request.url().endsWith("/widget.js")) void late.then(() => request.continue());
      else void request.continue();
    });
    const words = "<p>What this site is about stands around the box, and is being read.</p>";
    site.pages.set("/", `${words}${widgetSnippet(network.url, site.origin, size)}<div id=below>${words.repeat(6)}</div>`);
    // The whole page waits for the script.
    await page.goto(site.origin, { waitUntil: "domcontentloaded" });
    const boxes = () =>
      page.$$eval("idlewave-widget, #below", (each) => each.map((element) => JSON.stringify(element.getBoundingClientRect())));
    const before = await boxes();
    await page.evaluate(() => {
      const seen = { score: 0 };
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.score += (entry as PerformanceEntry & { value: number }).value;
      }).observe({ type: "layout-shift", buffered: true });
      Object.assign(globalThis, { shifted: seen });
    });
    // It was drawn without the loader.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100))));
    letCome();
    await frameOf(page);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100))));
    expect(await boxes()).toEqual(before);
    expect(await page.evaluate(() => (globalThis as unknown as { shifted: { score: number } }).shifted.score)).toBe(0);
  });

  it.each(LANGUAGES)("has room for all that it asks in %s", async (lang) => {
    const frame = await visit("{widget}", `lang="${lang}"`);
    await until(frame, "ask");
    expect(await cutIn(frame)).toEqual([]);
    // What is told after a press, beside it.
    const { words } = languageFor([lang]);
    const { tooQuick, tooQuickAgain, judging, pageBusy, pageBusyAgain, covered, untold, tooBusy } = words;
    for (const said of [tooQuick, tooQuickAgain, judging, pageBusy, pageBusyAgain, covered, untold, tooBusy]) {
      await frame.$eval(".notice", (notice, text) => notice.replaceChildren(text.replace("{presses}", "22")), said);
      expect(await cutIn(frame)).toEqual([]);
    }
  });

  it.each(LANGUAGES)("asks in two lines in %s, whatever is to be lent", async (lang) => {
    const frame = await visit("{widget}", `lang="${lang}"`);
    await until(frame, "ask");
    for (const turn of ["more", "less", "less"]) {
      await frame.click(`[data-action="${turn}"]`).catch(() => undefined); // at the least there is More alone
      const { text, lines } = await frame.$eval("h1", (h1) => ({
        text: h1.textContent,
        lines: h1.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(h1).lineHeight),
      }));
      expect(lines, text ?? "").toBeLessThanOrEqual(2);
    }
  });

  it("has room for why it is here, beside what is lent, in every language", async () => {
    await agree(await visit());
    for (const lang of LANGUAGES) {
      const frame = await visit("{widget}", `lang="${lang}"`);
      await frame.waitForSelector('[data-action="stop"]');
      await frame.click(".why");
      await frame.waitForSelector('[data-action="never"]');
      expect(await cutIn(frame), lang).toEqual([]);
      await frame.click(".foot [data-action='forget']");
      await frame.waitForSelector('[data-action="forget-sure"]');
      expect(await cutIn(frame), lang).toEqual([]);
    }
  });

  it("speaks the reader's language, from the right where it is written so", async () => {
    const frame = await visit("{widget}", 'lang="ar"');
    await until(frame, "ask");
    expect(await frame.evaluate(() => [document.documentElement.dir, document.documentElement.lang])).toEqual(["rtl", "ar"]);
    expect(await frame.$eval("h1", (element) => element.textContent)).toContain("Tidal Atlas");
  });

  it.each([
    ["light", "dark", "rgb(237, 242, 241)"],
    ["dark", "light", "rgb(5, 24, 31)"],
  ])("is %s where the host says so, though the visitor's system is %s", async (theme, system, ground) => {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: system }]);
    const frame = await visit("{widget}", `theme="${theme}"`);
    await until(frame, "ask");
    expect(await frame.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(ground);
  });
});
