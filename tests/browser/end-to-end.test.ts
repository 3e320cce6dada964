import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startLiar } from "../../server/cli/demo/liar.ts";
import { expected, STEPS, UNITS } from "../fixtures/jobs/lcg/expected.ts";
import { openBrowser } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";

vi.setConfig({ testTimeout: 300_000 }); // two software GPUs share the cores with whatever else runs

const LEND = '[data-testid="lend"]';

/** Frames come slowly, or not at all, to a page that is not seen. */
const POLLING = { polling: 100 };

/** Opens the page and presses its button; resolves when the donor left `before`. */
async function volunteer(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.locator(LEND).click();
  await page.waitForFunction(() => document.querySelector("idlewave-page")?.getAttribute("data-state") !== "before", POLLING);
  return page;
}

const waitForState = (page: Page, state: string, timeout = 30_000) =>
  page.waitForFunction(
    (wanted) => document.querySelector("idlewave-page")?.getAttribute("data-state") === wanted,
    { ...POLLING, timeout },
    state,
  );

/** Headline and figures. */
const story = (page: Page) =>
  page.$eval("h1", (h1) => `${h1.textContent} ${document.querySelector(".figures")?.textContent}`.replace(/\s+/g, " "));

interface VolunteerCredit {
  id: string;
  credit: { final: number; escrow: number };
  units: { refused: number };
}

/** The volunteers, once each has signed for its last results. */
async function untilVested(network: Network): Promise<VolunteerCredit[]> {
  const read = async () => ((await network.get("/api/volunteers")) as { volunteers: VolunteerCredit[] }).volunteers;
  await expect.poll(async () => (await read()).every(({ credit }) => credit.escrow === 0), { timeout: 30_000 }).toBe(true);
  return await read();
}

describe("strangers' browsers and one coordinator", () => {
  let first: Browser;
  let second: Browser;
  let network: Network;
  const profile = mkdtempSync(join(tmpdir(), "idlewave-profile-"));

  beforeAll(async () => {
    [first, second] = await Promise.all([openBrowser({ profile }), openBrowser()]);
  });
  afterAll(async () => {
    await Promise.all([first?.close(), second?.close()]);
    rmSync(profile, { recursive: true, force: true });
  });
  beforeEach(async () => {
    network = await startNetwork();
  });
  afterEach(async () => {
    for (const browser of [first, second]) for (const page of await browser.pages()) if (page.url() !== "about:blank") await page.close();
    await network.close();
  });

  it("two of them verify a job beside a liar, whose replicas are refused and earn nothing", async () => {
    const job = await network.submit("jobs/lcg");
    const liar = await startLiar(network.url);
    await expect.poll(() => liar.lies(), { timeout: 20_000 }).toBeGreaterThan(0);
    await Promise.all([volunteer(first, network.url), volunteer(second, network.url)]);
    await network.until(job, ({ state }) => state === "done", 90);
    await liar.stop();
    expect(await network.results(job)).toEqual(expected(UNITS, STEPS));

    const volunteers = await untilVested(network);
    const lied = volunteers.find(({ id }) => id === liar.id);
    expect(lied?.credit).toEqual({ final: 0, escrow: 0 });
    expect(lied?.units.refused).toBeGreaterThan(0);
    // Two honest replicas of each unit, one credit each.
    const honest = volunteers.filter(({ id }) => id !== liar.id);
    expect(honest.reduce((sum, { credit }) => sum + credit.final, 0)).toBeCloseTo(2 * UNITS, 6);
  });

  it("go on over a restart of the coordinator in mid-job, and every unit counts once", async () => {
    const job = await network.submit("jobs/lcg");
    await Promise.all([volunteer(first, network.url), volunteer(second, network.url)]);
    await network.until(job, ({ units }) => units.final + units.voted > 4, 60);
    await network.restart(1500);
    const status = await network.until(job, ({ state }) => state === "done", 90);
    expect(await network.results(job)).toEqual(expected(UNITS, STEPS));
    expect(status.units.final).toBe(UNITS);
    const volunteers = await untilVested(network);
    expect(volunteers.reduce((sum, { credit }) => sum + credit.final, 0)).toBeCloseTo(2 * UNITS, 6);
  });

  it("recover from a lost device and lose nothing that was finished", async () => {
    const job = await network.submit("jobs/lcg");
    await Promise.all([volunteer(first, network.url), volunteer(second, network.url)]);
    await network.until(job, ({ units }) => units.final + units.voted > 2, 60);
    const session = await first.target().createCDPSession();
    await session.send("Browser.crashGpuProcess").catch(() => undefined);
    await network.until(job, ({ state }) => state === "done", 120);
    expect(await network.results(job)).toEqual(expected(UNITS, STEPS));
  });

  it("one tab works, the other says so; a reload keeps the account", async () => {
    const job = await network.submit("jobs/lcg", (manifest) => {
      manifest.units = { count: 4000 };
    });
    const page = await volunteer(first, network.url);
    await waitForState(page, "running");
    const tab = await first.newPage();
    await tab.goto(network.url);
    await waitForState(tab, "another-tab");
    await network.until(job, ({ units }) => units.voted > 0, 60);
    await tab.waitForFunction(() => /\d/.test(document.querySelector(".figures dd")?.textContent ?? ""));
    await tab.locator('[data-testid="stop"]').click();
    await waitForState(tab, "stopped");
    const told = await story(tab);
    await tab.close();
    await page.bringToFront();
    await waitForState(page, "stopped");
    expect(await story(page)).toBe(told);
    await page.reload();
    await page.locator(LEND).click();
    await network.until(job, ({ units }) => units.voted > 8, 60);
    const { volunteers } = (await network.get("/api/volunteers")) as { volunteers: unknown[] };
    expect(volunteers).toHaveLength(1);
  });

  it("nothing runs on battery before the visitor says so, and what was chosen on the page is followed at once", async () => {
    const job = await network.submit("jobs/lcg", (manifest) => {
      manifest.units = { count: 4000 };
    });
    const page = await second.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    await page.evaluateOnNewDocument(() => {
      const battery = Object.assign(new EventTarget(), { charging: false, level: 0.7 });
      Navigator.prototype.getBattery = async () => battery;
    });
    await page.goto(network.url);
    await page.locator(LEND).click();
    await waitForState(page, "on-hold");
    expect((await network.get("/api/volunteers")) as unknown).toEqual({ volunteers: [] });
    await page.locator('[data-testid="anyway"]').click();
    await waitForState(page, "running");
    await page.waitForFunction(() => document.querySelector(".dock-status span")?.textContent === "Less, on battery");
    await network.until(job, ({ units }) => units.voted > 0, 60);
    await page.locator("#when summary").click();
    const hour = (new Date().getHours() + 12) % 24;
    await page.locator('[data-testid="hours-from"]').fill(`${String(hour).padStart(2, "0")}:00`);
    await page.locator('[data-testid="hours-to"]').fill(`${String(hour).padStart(2, "0")}:30`);
    await waitForState(page, "on-hold");
    await page.locator(".wishes ::-p-text(At any hour)").click();
    await waitForState(page, "running");
    await page.locator('[data-testid="stop"]').click();
    await waitForState(page, "stopped");
  });

  it("a tab that is put to sleep in mid-job computes nothing until it wakes, then goes on, and every unit counts once", async () => {
    const job = await network.submit("jobs/lcg", (manifest) => {
      manifest.units = { count: 2 * UNITS };
    });
    const sleeper = await volunteer(first, network.url);
    await network.until(job, ({ units }) => units.voted > 2, 60);
    const devtools = await sleeper.createCDPSession();
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    await volunteer(second, network.url);
    await network.until(job, ({ units }) => units.final + units.voted === 2 * UNITS && units.leased === 0, 120);
    // Awake it would have computed all of them too.
    expect((await network.status(job)).units.final).toBeLessThan(2 * UNITS);
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    const { replicas } = await network.until(job, ({ state }) => state === "done", 120);
    expect(replicas).toEqual({ counted: 4 * UNITS, refused: 0 });
    expect(await network.results(job)).toEqual(expected(2 * UNITS, STEPS));
  });

  it("a worker that the browser ended is told, and another one goes on under the same account", async () => {
    const job = await network.submit("jobs/lcg", (manifest) => {
      manifest.units = { count: 4000 };
    });
    const page = await volunteer(first, network.url);
    await waitForState(page, "running");
    await network.until(job, ({ units }) => units.voted > 0, 60);
    const { voted } = (await network.status(job)).units;
    // The page has a worker that draws too.
    const names = await Promise.all(page.workers().map((worker) => worker.evaluate(() => self.name)));
    await page.workers()[names.indexOf("idlewave donor")]?.close();
    await waitForState(page, "failed");
    // A click that comes sooner was meant for what stood there before.
    await new Promise((resolve) => setTimeout(resolve, 700));
    await page.locator(LEND).click();
    await network.until(job, ({ units }) => units.voted > voted + 2, 60);
    const { volunteers } = (await network.get("/api/volunteers")) as { volunteers: unknown[] };
    expect(volunteers).toHaveLength(1);
  });

  it("a tab closed in mid-unit: its units go to another", async () => {
    const job = await network.submit("jobs/lcg");
    const gone = await volunteer(first, network.url);
    await waitForState(gone, "running");
    await gone.close();
    const late = await openBrowser();
    try {
      await Promise.all([volunteer(second, network.url), volunteer(late, network.url)]);
      await network.until(job, ({ state }) => state === "done", 120);
      expect(await network.results(job)).toEqual(expected(UNITS, STEPS));
    } finally {
      await late.close();
    }
  });
});

describe("a browser without WebGPU", () => {
  let network: Network;
  let browser: Browser | undefined;
  beforeEach(async () => {
    network = await startNetwork();
  });
  afterEach(async () => {
    await browser?.close();
    await network.close();
  });

  const says = async (page: Page, job: number, state: "no-webgpu" | "no-adapter", words: string) => {
    await waitForState(page, state);
    expect(await page.$eval("h1", (h1) => h1.textContent)).toBe(words);
    expect((await network.status(job)).units.leased).toBe(0);
  };

  it("says so at once when it knows no navigator.gpu", async () => {
    browser = await openBrowser();
    const job = await network.submit("jobs/lcg");
    const page = await browser.newPage();
    // No flag of Chromium takes it away.
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(Navigator.prototype, "gpu"));
    await page.goto(network.url);
    await says(page, job, "no-webgpu", "This browser can't compute units yet.");
  });

  it("says so after the click when it has no adapter, and claims nothing", async () => {
    browser = await openBrowser({ gpu: "none" });
    const job = await network.submit("jobs/lcg");
    await says(await volunteer(browser, network.url), job, "no-adapter", "This browser finds no graphics card.");
  });
});
