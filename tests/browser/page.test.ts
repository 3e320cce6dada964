/** The built page in Chromium, with a scripted donor; its parts share one browser. */
import { expect, test } from "vitest";
import { ARTICLES } from "../../shared/articles.ts";
import "./page.before.ts";
import "./page.keyboard.ts";
import "./page.lending.ts";
import "./page.widths.ts";
import { page, site, visitor } from "./page-scene.ts";

test("the page on what is kept forgets after two clicks, and has no accessibility fault", async () => {
  await page.goto(`${site.url}/privacy`);
  await page.evaluate(() => localStorage.setItem("idlewave-widget https://blog.example", "{}"));
  await page.click('[data-testid="forget"]');
  await page.click('[data-testid="forget-sure"]');
  await page.waitForFunction(() => document.body.textContent?.includes("You are forgotten."));
  expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
  expect(await page.evaluate(() => localStorage.length)).toBe(0);
  expect(await visitor.violations()).toEqual([]);
});

test.each(ARTICLES)("/%s has no accessibility fault, and needs no sideways scroll on a phone", async (name) => {
  await page.setViewport({ width: 320, height: 640 });
  await page.goto(`${site.url}/${name}`);
  await page.waitForSelector("idlewave-mark svg");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  expect(await visitor.violations()).toEqual([]);
});

test("what a site is to paste, and what an owner is to type, names this coordinator", async () => {
  await page.goto(`${site.url}/your-site`);
  await page.waitForFunction((url) => document.querySelector("pre")?.textContent?.includes(`${url}/widget.js`), {}, site.url);
  await page.goto(`${site.url}/your-job`);
  await page.waitForFunction((url) => document.querySelector("pre")?.textContent?.includes(`IDLEWAVE_URL=${url}`), {}, site.url);
  await page.waitForFunction(() => document.querySelector("#who")?.textContent !== "");
});

test("every link at the foot of the page leads somewhere, also where there is no job", async () => {
  await visitor.open("/?job=77", "unknown-job");
  const links = await page.$$eval("footer nav a", (all) => all.map((link) => link.getAttribute("href") ?? ""));
  expect(links.length).toBeGreaterThan(4);
  for (const link of links) {
    if (link.startsWith("#")) expect(await page.$(link), link).not.toBeNull();
    else if (link.startsWith("/")) expect((await fetch(site.url + link)).status, link).toBe(200);
  }
});
