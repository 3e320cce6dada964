/** Page and donor in Firefox, on a software driver of Vulkan, at a real coordinator. `npm test` leaves it out where there is none, and says so. */
import type { Browser, BrowserContext, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { expected, UNITS } from "../fixtures/jobs/lcg/expected.ts";
import { openBrowser, openFirefox } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";

vi.setConfig({ testTimeout: 300_000 }); // two software GPUs share the cores with whatever else runs

const LEND = '[data-testid="lend"]';
/** Mesa's lavapipe ends every loop after 65,535 iterations. */
const STEPS = 60_000;
const units = (count: number) => (manifest: Record<string, unknown>) => {
  Object.assign(manifest, { units: { count }, bindings: { params: { set: { unit: "$unit.index", steps: STEPS } } } });
};

let firefox: Browser;
let profile: BrowserContext;
let network: Network;
beforeAll(async () => {
  firefox = await openFirefox();
});
afterAll(() => firefox?.close());
beforeEach(async () => {
  [profile, network] = await Promise.all([firefox.createBrowserContext(), startNetwork()]);
});
afterEach(async () => {
  await profile.close();
  await network.close();
});

async function openPage(from: BrowserContext | Browser): Promise<Page> {
  const page = await from.newPage();
  await page.goto(network.url);
  await page.waitForSelector(LEND);
  return page;
}

async function volunteer(from: BrowserContext | Browser): Promise<Page> {
  const page = await openPage(from);
  await page.click(LEND);
  return page;
}

const waitForState = (page: Page, state: string) =>
  page.waitForFunction((wanted) => document.querySelector("idlewave-page")?.getAttribute("data-state") === wanted, { polling: 100 }, state);
const accounts = async () =>
  ((await network.get("/api/volunteers")) as { volunteers: { credit: { final: number; escrow: number } }[] }).volunteers;

describe("a volunteer's Firefox", () => {
  it("verifies a job with a stranger's Chromium, whose bytes are the same, and both are credited", async () => {
    const chromium = await openBrowser();
    try {
      const job = await network.submit("jobs/lcg", units(UNITS));
      await Promise.all([volunteer(profile), volunteer(chromium)]);
      await network.until(job, ({ state }) => state === "done", 120);
      expect(await network.results(job)).toEqual(expected(UNITS, STEPS));
      await expect
        .poll(async () => (await accounts()).map(({ credit }) => credit), { timeout: 30_000 })
        .toEqual([
          { final: UNITS, escrow: 0 },
          { final: UNITS, escrow: 0 },
        ]);
    } finally {
      await chromium.close();
    }
  });

  it("works in one tab, and the other says so and stops both; a reload keeps the account, and what was open is given back", async () => {
    const job = await network.submit("jobs/lcg", units(4000));
    const page = await volunteer(profile);
    await waitForState(page, "running");
    const tab = await profile.newPage();
    await tab.goto(network.url);
    await waitForState(tab, "another-tab");
    await network.until(job, ({ units }) => units.voted > 0, 60);
    await tab.click('[data-testid="stop"]');
    for (const each of [tab, page]) await waitForState(each, "stopped");
    await network.until(job, ({ units }) => units.leased === 0, 30);
    const { voted } = (await network.status(job)).units;
    await tab.close();
    await page.reload();
    await page.waitForSelector(LEND);
    await page.click(LEND);
    await network.until(job, ({ units }) => units.voted > voted, 60);
    expect(await accounts()).toHaveLength(1);
  });

  it("goes on over a restart of the coordinator in mid-job, and every unit counts once", async () => {
    const job = await network.submit("jobs/lcg", units(UNITS));
    const other = await firefox.createBrowserContext();
    try {
      // One after the other: a click on a window that is covered goes nowhere.
      for (const each of [profile, other]) await waitForState(await volunteer(each), "running");
      await network.until(job, ({ units }) => units.final + units.voted > 4, 60);
      await network.restart(1500);
      const status = await network.until(job, ({ state }) => state === "done", 120);
      expect(status.replicas).toEqual({ counted: 2 * UNITS, refused: 0 });
      expect(await network.results(job)).toEqual(expected(UNITS, STEPS));
    } finally {
      await other.close();
    }
  });
});
