/** The widget in its shapes and languages. */
import { describe, expect, it } from "vitest";
import { page, until, visit } from "./widget-scene.ts";

describe("the widget", () => {
  it("is a badge that opens as a card from its own corner, and moves nothing", async () => {
    const frame = await visit("{widget}<p id=below>below</p>", 'size="badge"');
    const below = await page.$eval("#below", (element) => element.getBoundingClientRect().top);
    await frame.locator(".badge .open").click();
    await until(frame, "ask");
    await frame.waitForFunction(() => innerHeight === 288 && innerWidth === 320);
    expect(await page.$eval("#below", (element) => element.getBoundingClientRect().top)).toBe(below);
  });

  it.each(["en", "de", "fr", "es", "pt", "ar"])("has room for all that it asks in %s", async (lang) => {
    const frame = await visit("{widget}", `lang="${lang}"`);
    await until(frame, "ask");
    const sizes = await frame.evaluate(() =>
      [...document.querySelectorAll(".words, .row button")].map(({ scrollHeight, clientHeight, scrollWidth, clientWidth }) => [
        scrollHeight - clientHeight,
        scrollWidth - clientWidth,
      ]),
    );
    for (const [high, wide] of sizes) expect([high, wide]).toEqual([0, 0]);
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
