/** The built page in Chromium, with a scripted donor; its parts share one browser. */
import { expect, test } from "vitest";
import "./page.before.ts";
import "./page.keyboard.ts";
import "./page.lending.ts";
import "./page.widths.ts";
import { page, site, visitor } from "./page-scene.ts";

test("the page on what is kept forgets after two clicks, and has no accessibility fault", async () => {
  await page.goto(`${site.url}/privacy`);
  await page.click('[data-testid="forget"]');
  await page.click('[data-testid="forget-sure"]');
  await page.waitForFunction(() => document.body.textContent?.includes("You are forgotten."));
  expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
  expect(await visitor.violations()).toEqual([]);
});
