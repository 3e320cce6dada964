/**
 * The scene of the page's tests: one built page and one browser a file, and for each test a fresh visitor of a coordinator that
 * answers as at first. A file that imports it is set up.
 */
import type { Browser, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { openBrowser } from "./harness.ts";
import { firstAnswers, openSite, type Site } from "./page-site.ts";
import { Visitor } from "./page-visitor.ts";

export let site: Site;
export let visitor: Visitor;
/** The visitor's, 1280 x 800. */
export let page: Page;
let browser: Browser;

beforeAll(async () => {
  site = await openSite();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

beforeEach(async () => {
  Object.assign(site, firstAnswers());
  visitor = await Visitor.come(browser, site);
  page = visitor.page;
});

afterEach(async () => {
  await visitor.leave();
});
