/** The built page's manners in Chromium, with a scripted donor: what the browser tells it, and what the page says of it. */
import type { CDPSession } from "puppeteer";
import { beforeEach, describe, expect, test } from "vitest";
import type { HoldReason } from "../../client/donor/manners/policy.ts";
import { page, site, visitor } from "./page-scene.ts";

let devtools: CDPSession;

beforeEach(async () => {
  devtools = await page.createCDPSession();
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
  test("that it is offline counts at once, and until something answers", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({ phase: { kind: "waiting", reason: "all-assigned", retryMs: 2_000 }, running: 0, unsent: 1 });
    await page.setOfflineMode(true);
    await visitor.until("offline");
    expect(await visitor.h1()).toBe("No connection. 1 unit is safe here.");
    await page.setOfflineMode(false);
    await visitor.until("waiting");
  });

  test("Save-Data is answered before the click, within a phone's first screen", async () => {
    await page.setViewport({ width: 390, height: 844 });
    await page.evaluateOnNewDocument(() => {
      Object.defineProperty(navigator, "connection", { value: Object.assign(new EventTarget(), { saveData: true }) });
    });
    await visitor.open();
    expect(await page.$eval(".terms", (terms) => terms.textContent)).toContain("You asked to save data");
    expect(await page.$eval(".terms", (terms) => terms.getBoundingClientRect().bottom)).toBeLessThanOrEqual(844);
  });

  test("another tab that lends less than was chosen: dock and ceiling of this one tell it", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({ phase: { kind: "another-tab", running: true, hold: null }, slowed: "heat" });
    const lines = await page.$$eval(".dock-status > *", (all) => all.map((line) => line.textContent));
    expect(lines).toEqual(["Lending a quarter", "Less, computer is busy"]);
    expect(await page.$eval(".wave-ceiling", (ceiling) => (ceiling as HTMLElement).dataset.dose)).toBe("0.25");
  });

  test("that it can be seen, to the donors of other tabs, while it lends", async () => {
    const isShown = () =>
      page.evaluate(() => navigator.locks.query().then(({ held }) => held?.some(({ name }) => name === "idlewave-seen")));
    await visitor.open();
    expect(await isShown()).toBe(false);
    await visitor.lend();
    expect(await isShown()).toBe(true);
    await page.click('[data-testid="stop"]');
    await visitor.until("stopped");
    await expect.poll(isShown).toBe(false);
  });

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
  const holds: [HoldReason, string, string, string | null][] = [
    ["battery", "Waiting for your charger.", "Paused, on battery", "Run on battery anyway"],
    ["battery-low", "Waiting for your charger.", "Paused, battery is low", null],
    ["heat", "Waiting for your computer to cool.", "Paused, computer is hot", null],
    ["save-data", "Waiting: you asked to save data.", "Paused, saving data", "Run anyway"],
    ["hours", "Waiting for 10:00 PM.", "Paused until 10:00 PM", null],
    ["present", "Waiting until you are away.", "Paused, you are here", null],
    ["away-untold", "Waiting until you are away.", "Paused, are you away?", null],
    ["memory", "Waiting for a smaller job.", "Paused, jobs too large", null],
    ["long-pieces", "Waiting until you are away.", "Paused, you are here", null],
  ];
  test("on hold, for each of the reasons", async () => {
    await visitor.open();
    await visitor.lend();
    for (const [reason, headline, dock, button] of holds) {
      await visitor.say({ phase: { kind: "on-hold", reason, until: reason === "hours" ? 22 * 60 : null } });
      await expect.poll(() => visitor.h1()).toBe(headline);
      const first = () => page.$eval(".dock-status strong", (line) => (line.textContent ?? "").replace("\u202f", " "));
      await expect.poll(first, { message: reason }).toBe(dock);
      const anyway = await page.$('[data-testid="anyway"]');
      expect((await anyway?.evaluate((each) => each.textContent)) ?? null, reason).toBe(button);
      for (const [width, height] of [
        [1280, 800],
        [390, 844],
      ] as const) {
        await page.setViewport({ width, height });
        const cut = await page.$$eval(".dock-status strong, .dock-status span", (lines) =>
          lines.filter((line) => line.scrollWidth > line.clientWidth + 1).map((line) => line.textContent),
        );
        expect(cut, `${reason}, ${width} x ${height}`).toEqual([]);
        if (width === 1280)
          expect(await page.$eval(".label", (label) => label.getBoundingClientRect().bottom), reason).toBeLessThanOrEqual(height - 96);
      }
      expect(await visitor.violations(), reason).toEqual([]);
      if (button) {
        // The whole button, with room between it and the phone's dock.
        const room = await page.evaluate(() => {
          const edge = (of: string, side: "top" | "bottom") => document.querySelector(of)?.getBoundingClientRect()[side] ?? Number.NaN;
          return edge(".dock", "top") - edge('[data-testid="anyway"]', "bottom");
        });
        expect(room, reason).toBeGreaterThanOrEqual(8);
      }
      await page.setViewport({ width: 1280, height: 800 });
      if (!button) continue;
      await anyway?.click();
      await visitor.heard(`anyway ${reason}`);
    }
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

describe("when it may run", () => {
  const open = async () => {
    await page.click("#when summary");
    await page.waitForSelector(".wishes");
  };
  const label = (words: string) => page.locator(`.wishes ::-p-text(${words})`);
  const chosen = () =>
    page.$$eval(".wishes input[type=radio]:checked", (inputs) => inputs.map((input) => input.parentElement?.textContent?.trim()));

  test("is loaded when it is opened, by keyboard too, and writes nothing before a choice", async () => {
    await visitor.open();
    expect(await page.$(".wishes")).toBeNull();
    await page.focus("#when summary");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".wishes");
    expect(await chosen()).toEqual(["At any hour", "Also while I am here", "The browser's choice", "One gigabyte"]);
    expect(await visitor.violations()).toEqual([]);
    expect(await page.evaluate(() => indexedDB.databases().then((databases) => databases.length))).toBe(0);
    for (const width of [1280, 390, 320]) {
      await page.setViewport({ width, height: 800 });
      await page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth);
    }
  });

  test("is kept over a reload, holds for other tabs, and the donor begins with it", async () => {
    await visitor.open();
    await open();
    const other = await page.browserContext().newPage();
    await other.goto(site.url);
    await other.click("#when summary");
    await other.waitForSelector(".wishes");
    await page.bringToFront();
    await label("Only between").click();
    await page.$eval('[data-testid="hours-from"]', (input) => {
      (input as HTMLInputElement).value = "23:15";
      input.dispatchEvent(new Event("change"));
    });
    await label("The one that saves power").click();
    await label("A quarter gigabyte").click();
    const all = ["Only between", "Also while I am here", "The one that saves power", "A quarter gigabyte"];
    expect(await chosen()).toEqual(all);
    await other.waitForFunction(() =>
      document.querySelector('.wishes [name="card"]:checked')?.parentElement?.textContent?.includes("saves power"),
    );
    await page.waitForFunction(() => indexedDB.databases().then((all) => all.some(({ name }) => name === "idlewave-wishes")));
    await visitor.open();
    await open();
    expect(await chosen()).toEqual(all);
    expect(await page.$eval('[data-testid="hours-from"]', (input) => (input as HTMLInputElement).value)).toBe("23:15");
    await page.evaluate(() => scrollTo(0, 0));
    await visitor.lend();
    const wishes = { hours: { from: 23 * 60 + 15, to: 7 * 60 }, onlyAway: false, card: "saving", memoryBytes: 2 ** 28 };
    await visitor.heard("wishes", JSON.stringify(wishes));
  });

  test("hours that are none leave what holds, and the fields say it", async () => {
    await visitor.open();
    await open();
    const field = (which: string) => page.$eval(`[data-testid="hours-${which}"]`, (input) => (input as HTMLInputElement).value);
    for (const time of ["07:00", ""]) {
      await page.$eval(
        '[data-testid="hours-from"]',
        (input, value) => {
          (input as HTMLInputElement).value = value;
          input.dispatchEvent(new Event("change"));
        },
        time,
      );
      await expect.poll(() => field("from")).toBe("22:00");
      expect(await field("to")).toBe("07:00");
    }
  });

  test("only while away: the browser is asked by the click, and tells it from then on", async () => {
    await visitor.open();
    await open();
    await page.browserContext().overridePermissions(site.url, ["idle-detection"]);
    await devtools.send("Emulation.setIdleOverride", { isUserActive: false, isScreenUnlocked: true });
    await label("Only while I am away").click();
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('[data-testid="only-away"]')?.checked);
    await page.evaluate(() => scrollTo(0, 0));
    await visitor.lend();
    await visitor.heard("wishes", '"onlyAway":true');
    await told('"away":true');
    await devtools.send("Emulation.setIdleOverride", { isUserActive: true, isScreenUnlocked: true });
    await told('"away":false');
    await devtools.send("Emulation.setIdleOverride", { isUserActive: true, isScreenUnlocked: false });
    await page.waitForFunction(
      () => (globalThis as unknown as { heard: { said: string[] } }).heard.said.filter((each) => each.includes('"away":true')).length > 1,
    );
  });

  test("only while away may be chosen while something is lent, and withdrawn", async () => {
    await visitor.open();
    await visitor.lend();
    await told('"away":null');
    await devtools.send("Emulation.setIdleOverride", { isUserActive: false, isScreenUnlocked: true });
    await open();
    await page.browserContext().overridePermissions(site.url, ["idle-detection"]);
    await label("Only while I am away").click();
    await told('"away":true');
    const lastTold = () =>
      page.evaluate(() =>
        (globalThis as unknown as { heard: { said: string[] } }).heard.said.findLast((each) => each.startsWith("surroundings")),
      );
    await page.browserContext().overridePermissions(site.url, []);
    await expect.poll(lastTold).toContain('"away":null');
  });

  test("only while away is no choice where the browser can't tell, and none that it forbids", async () => {
    await visitor.open();
    await open();
    await page.browserContext().overridePermissions(site.url, []);
    await label("Only while I am away").click();
    await page.locator("::-p-text(does not allow this page)").wait();
    expect(await chosen()).toContain("Also while I am here");
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(window, "IdleDetector"));
    await visitor.open();
    await open();
    expect(await page.$('[data-testid="only-away"]')).toBeNull();
    expect(await page.$eval("idlewave-settings > p", (words) => words.textContent)).toMatch(/does not tell whether you are away/);
  });

  test("what was spent is an estimate, and says on what it rests", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({ adapter: "nvidia ampere", gpuSeconds: 7_200 });
    await open();
    expect(await page.$eval('[data-testid="energy"]', (words) => words.textContent)).toBe(
      "About 300 watt-hours so far. It is an estimate: 2 h 00 min of GPU time at 150 watts, as a graphics card of its own takes. Nothing here measures it.",
    );
  });
});
