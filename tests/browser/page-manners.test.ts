/** The built page's manners in Chromium, with a scripted donor: what the browser tells it, and what the page says of it. */
import type { Browser, CDPSession, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { HoldReason } from "../../client/donor/manners/policy.ts";
import { openBrowser } from "./harness.ts";
import { job, network, picture } from "./page-fixtures.ts";
import { openSite, type Site } from "./page-site.ts";
import { Visitor } from "./page-visitor.ts";

let site: Site;
let browser: Browser;
let page: Page;
let visitor: Visitor;
let devtools: CDPSession;

beforeAll(async () => {
  site = await openSite();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

beforeEach(async () => {
  site.jobs = [job()];
  site.pictures.set(1, picture(0.62));
  site.network = network;
  visitor = await Visitor.come(browser, site);
  page = visitor.page;
  devtools = await page.createCDPSession();
});

afterEach(async () => {
  await visitor.leave();
});

/** Puts a battery into the device, which `battery` of the page then is. */
const withBattery = () =>
  page.evaluateOnNewDocument(() => {
    const battery = Object.assign(new EventTarget(), { charging: true, level: 0.8 });
    Object.assign(globalThis, { battery });
    Navigator.prototype.getBattery = async () => battery;
  });

const told = (part: string) => visitor.heard("surroundings", part);

describe("what the browser tells", () => {
  test("nothing is listened to before the click, and the first word comes with it", async () => {
    await page.evaluateOnNewDocument(() => {
      const asked: string[] = [];
      Object.assign(globalThis, { asked });
      const { getBattery } = Navigator.prototype;
      Navigator.prototype.getBattery = function () {
        asked.push("battery");
        return getBattery?.call(this) ?? Promise.reject();
      };
      const { PressureObserver: Known } = window;
      if (!Known) return;
      window.PressureObserver = class extends Known {
        constructor(callback: (records: PressureRecord[]) => void) {
          super(callback);
          asked.push("pressure");
        }
      };
    });
    await visitor.open();
    expect(await page.evaluate("asked")).toEqual([]);
    await visitor.lend();
    expect(await page.evaluate("asked.sort()")).toEqual(["battery", "pressure"]);
  });

  test("the charger that is pulled and put back", async () => {
    await withBattery();
    await visitor.open();
    await visitor.lend();
    const set = (charging: boolean, level: number) =>
      page.evaluate(`Object.assign(battery, ${JSON.stringify({ charging, level })}).dispatchEvent(new Event("chargingchange"))`);
    await set(false, 0.5);
    await told(`"battery":{"charging":false,"level":0.5}`);
    await set(true, 0.5);
    await told(`"battery":{"charging":true,"level":0.5}`);
  });

  test("the processor's load", async () => {
    await devtools.send("Emulation.setPressureSourceOverrideEnabled", { enabled: true, source: "cpu", metadata: { available: true } });
    await visitor.open();
    await page.bringToFront();
    await visitor.lend();
    for (const state of ["serious", "critical", "nominal"] as const) {
      await devtools.send("Emulation.setPressureStateOverride", { source: "cpu", state });
      await told(`"pressure":"${state}"`);
    }
  });

  test("Save-Data", async () => {
    await devtools.send("Emulation.setDataSaverOverride" as never, { dataSaverEnabled: true } as never);
    await visitor.open();
    await visitor.lend();
    await told(`"saveData":true`);
  });

  test("that the tab is put to sleep", async () => {
    await visitor.open();
    await visitor.lend();
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await told(`"frozen":true`);
  });
});

describe("what the page says", () => {
  test.each<[HoldReason, string, string, string | null]>([
    ["battery", "Waiting for your charger.", "Paused, on battery", "Run on battery anyway"],
    ["battery-low", "Waiting for your charger.", "Paused, battery is low", null],
    ["heat", "Waiting for your computer to cool.", "Paused, computer is hot", null],
    ["save-data", "Waiting: you asked to save data.", "Paused, saving data", "Run anyway"],
    ["hours", "Waiting for 22:00.", "Paused until 22:00", null],
    ["present", "Waiting until you are away.", "Paused, you are here", null],
    ["away-untold", "Waiting until you are away.", "Paused, are you away?", null],
  ])("on hold, %s", async (reason, headline, dock, button) => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({ phase: { kind: "on-hold", reason, until: reason === "hours" ? 22 * 60 : null } });
    expect(await visitor.h1()).toBe(headline);
    expect(await page.$eval(".dock-status strong", (line) => line.textContent)).toBe(dock);
    const anyway = await page.$('[data-testid="anyway"]');
    expect((await anyway?.evaluate((each) => each.textContent)) ?? null).toBe(button);
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ] as const) {
      await page.setViewport({ width, height });
      const cut = await page.$$eval(".dock-status strong, .dock-status span", (lines) =>
        lines.filter((line) => line.scrollWidth > line.clientWidth + 1).map((line) => line.textContent),
      );
      expect(cut, `${width} x ${height}`).toEqual([]);
    }
    expect(await visitor.violations()).toEqual([]);
    if (!button) return;
    await page.setViewport({ width: 1280, height: 800 });
    await anyway?.click();
    await visitor.heard(`anyway ${reason}`);
  });

  test("that less is lent than was chosen, and why", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({ slowed: "battery" });
    expect(await page.$$eval(".dock-status *", (lines) => lines.map((line) => line.textContent))).toEqual([
      "Lending a quarter",
      "Less, on battery",
    ]);
  });
});
