/**
 * The scene of the page's tests: one built page and one browser a file, and for each test a fresh visitor of a coordinator that
 * answers as at first. A file that imports it is set up.
 */
import type { Browser, BrowserContext, Page } from "puppeteer";
import { afterAll, beforeAll, beforeEach, vi } from "vitest";
import { openBrowser } from "./harness.ts";
import { firstAnswers, openSite, type Site } from "./page-site.ts";
import { Visitor } from "./page-visitor.ts";

/** What a test waits for may take so long on a busy machine, ms. */
const PATIENCE_MS = 120_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

export let site: Site;
export let visitor: Visitor;
/** The visitor's, 1280 x 800. */
export let page: Page;
let browser: Browser;
let profile: BrowserContext;

beforeAll(async () => {
  site = await openSite();
  browser = await openBrowser();
  profile = await browser.createBrowserContext();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

beforeEach(async () => {
  Object.assign(site, firstAnswers());
  visitor = await Visitor.come(profile, site);
  page = visitor.page;
  page.setDefaultTimeout(PATIENCE_MS);
});
