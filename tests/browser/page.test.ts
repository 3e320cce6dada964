/** The built page in Chromium, with a scripted donor: words, order, accessibility, weight, and that nothing happens before the click. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DonorPhase, DonorState } from "../../client/donor/state.ts";
import { openBrowser } from "./harness.ts";
import { donorState, finalCells, job, network, picture, primes, SOURCE } from "./page-fixtures.ts";
import { openSite, PLAN_HASH, type Site, SOURCE_HASH } from "./page-site.ts";
import { Visitor } from "./page-visitor.ts";

const MAX_SCRIPT_BYTES = 60 * 1024;

let site: Site;
let browser: Browser;
let page: Page;
let visitor: Visitor;

beforeAll(async () => {
  site = await openSite();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

beforeEach(async () => {
  const final = finalCells(0.62).length;
  site.jobs = [job({ source: SOURCE_HASH, plan: PLAN_HASH, units: { total: 380, final, failed: 0, leased: 11, voted: 9 } }), primes()];
  site.pictures.clear();
  site.pictures.set(1, picture(0.62));
  site.refused = [];
  site.network = network;
  site.down = false;
  site.asked = [];
  visitor = await Visitor.come(browser, site);
  page = visitor.page;
});

afterEach(async () => {
  await visitor.leave();
});

const state = () => visitor.state();
const h1 = () => visitor.h1();
const open = (path?: string, waitFor?: string) => visitor.open(path, waitFor);
const say = (changes: Partial<DonorState>) => visitor.say(changes);
const lend = () => visitor.lend();
const heard = (what: string) => visitor.heard(what);
const violations = () => visitor.violations();

describe("before the click", () => {
  test("the page asks for its own files and the public API, and nothing else", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const workers: string[] = [];
    page.on("workercreated", (worker) => workers.push(worker.url()));
    await open();
    await page.waitForFunction(() => performance.getEntriesByType("resource").some((entry) => entry.name.endsWith("/api/network")));
    for (const url of asked) expect(new URL(url).origin, url).toBe(site.url);
    expect(asked.filter((url) => /socket|donation|donor/.test(url))).toEqual([]);
    expect(workers.filter((url) => !/drawing|worker/.test(url))).toEqual([]);
    expect(workers).toHaveLength(1);
    expect(new Set(site.asked.filter((path) => path.startsWith("/api/")))).toEqual(
      new Set(["/api/jobs", "/api/network", "/api/jobs/1/picture", ...site.asked.filter((path) => path === "/api/jobs/1")]),
    );
    expect(await page.evaluate(() => indexedDB.databases().then((databases) => databases.length + localStorage.length))).toBe(0);
  });

  test("its script weighs at most 60 KiB", async () => {
    const markup = await readFile(join(site.folder, "index.html"), "utf8");
    const names = [...markup.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1] ?? "");
    const drawing = (await readdir(join(site.folder, "assets")))
      .filter((name) => /^worker-.*\.js$/.test(name))
      .map((name) => `assets/${name}`);
    let bytes = 0;
    for (const name of [...names, ...drawing]) bytes += gzipSync(await readFile(join(site.folder, name))).byteLength;
    expect(names.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(MAX_SCRIPT_BYTES);
  });

  test("Less and More change the words on the button and start nothing", async () => {
    await open();
    const button = () => page.$eval('[data-testid="lend"]', (element) => element.textContent);
    expect(await button()).toBe("Lend half my GPU");
    await page.click(".consent [aria-label^=Less]");
    expect(await button()).toBe("Lend a quarter of my GPU");
    await page.click(".consent [aria-label^=More]");
    await page.click(".consent [aria-label^=More]");
    expect(await button()).toBe("Lend most of my GPU");
    expect(await page.$eval(".consent [aria-label^=More]", (element) => element.getAttribute("aria-disabled"))).toBe("true");
    expect(await state()).toBe("before");
  });

  test("?job= chooses the job", async () => {
    await open("/?job=2");
    expect(await h1()).toBe("Primes below 10¹² so far: 37,607,912,018");
  });

  test("jobs that need volunteers stand apart from those that are paused or finished, and none that does is said", async () => {
    const listed = () =>
      page.$$eval("idlewave-jobs section", (sections) =>
        sections.map((section) => [
          section.querySelector("h2")?.textContent ?? "",
          section.querySelector("p")?.textContent ?? "",
          [...section.querySelectorAll("tbody a")].map((link) => link.getAttribute("href") ?? "").join(),
        ]),
      );
    site.jobs = [job(), primes({ state: "done" })];
    await open();
    expect(await listed()).toEqual([
      ["Jobs that need volunteers", "", "?job=1"],
      ["Jobs that are finished", "", "?job=2"],
    ]);
    site.jobs = [job({ state: "paused" }), primes({ state: "done" })];
    await open("/?job=1", "paused");
    expect(await listed()).toEqual([
      ["Jobs that need volunteers", "None now: every job here is paused or finished.", ""],
      ["Jobs that are paused or finished", "", "?job=1,?job=2"],
    ]);
    expect(await violations()).toEqual([]);
  });

  test("?job= of a job that is not there says so, and lists those that are", async () => {
    await open("/?job=77", "unknown-job");
    expect(await h1()).toBe("There is no job 77.");
    expect(await page.$$eval(".jobs tbody tr", (rows) => rows.length)).toBe(2);
    expect(await page.$('[data-testid="lend"]')).toBeNull();
    expect(await violations()).toEqual([]);
  });

  test("the network is named, and processors are spoken of where it takes them, from the first words on", async () => {
    site.network = { ...network, name: "Tidal Network", allowSoftware: true };
    await open();
    expect(await page.$eval(".network", (element) => element.textContent)).toBe("Tidal Network");
    expect(await page.$eval("p.lead", (lead) => lead.textContent)).toMatch(/^Volunteers compute units, .* your processor does, slowly\.$/);
    // Nobody may ask before the click which of the two would compute.
    expect(await page.$eval('[data-testid="lend"]', (button) => button.textContent)).toBe("Lend half my machine");
    await page.setViewport({ width: 390, height: 844 });
    await page.waitForFunction(() => (document.querySelector("ul.terms")?.getBoundingClientRect().bottom ?? 0) <= innerHeight);
    expect(await page.$eval(".steps", (steps) => steps.textContent)).toMatch(/a stranger's machine gets/);
    expect(await violations()).toEqual([]);
  });

  test("a donor in another tab is shown live at once, can be told and stopped from here, and is missed when that tab is gone", async () => {
    const holder = await page.browserContext().newPage();
    await holder.goto(`${site.url}/privacy`);
    const lendThere = () =>
      holder.evaluate(async (state) => {
        let stop: () => void = () => undefined;
        const stopped = new Promise<void>((resolve) => {
          stop = resolve;
        });
        await new Promise<void>((held) => {
          void navigator.locks.request("idlewave-donor", () => {
            held();
            return stopped;
          });
        });
        const channel = new BroadcastChannel("idlewave-donor");
        const heard: string[] = [];
        channel.onmessage = ({ data }) => {
          heard.push(JSON.stringify(data));
          if (data.type === "ask") {
            channel.postMessage({ type: "holder", state });
            setInterval(() => channel.postMessage({ type: "fact", fact: { type: "share", gpuMillis: 125, wallMillis: 250 } }), 250);
          }
          if (data.type === "stop") stop();
        };
        Object.assign(globalThis, {
          heard,
          tell: (change: object) => channel.postMessage({ type: "holder", state: { ...state, ...change } }),
        });
        channel.postMessage({ type: "holder", state });
      }, donorState());
    await lendThere();
    await page.bringToFront();
    const workers: string[] = [];
    page.on("workercreated", (worker) => workers.push(worker.url()));
    await open("/", "another-tab");
    expect(await h1()).toBe("Running in another tab.");
    expect(await page.$('[data-testid="lend"]')).toBeNull();
    expect(workers).toHaveLength(1); // the one that draws
    expect(await violations()).toEqual([]);
    expect(await page.$$eval(".dock-status *", (lines) => lines.map((line) => line.textContent))).toEqual([
      "Lending half",
      "In another tab",
    ]);
    expect(await page.$eval(".figures dd", (figure) => figure.textContent)).toBe("14");
    await page.mouse.move(300, 300);
    await page.click(".dock-less");
    const hears = (what: string) =>
      holder.waitForFunction((part) => (globalThis as unknown as { heard: string[] }).heard.includes(part), {}, what);
    await hears('{"type":"input"}');
    await hears('{"type":"dose","dose":0.25}');
    // The wave is told as it is there: its label is written anew with another dose.
    for (let step = 0; !/^Lending (49|50|51) %/.test(await page.$eval(".wave", (wave) => wave.ariaLabel ?? "")); step++) {
      expect(step).toBeLessThan(60);
      await page.click(step % 2 === 0 ? ".dock-more" : ".dock-less");
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const tell = (change: Partial<DonorState>) =>
      holder.evaluate((told) => (globalThis as unknown as { tell(of: object): void }).tell(told), change);
    await tell({ phase: { kind: "on-hold", reason: "battery", until: null }, dose: 0.25 });
    await page.waitForSelector('idlewave-page[data-state="on-hold"]');
    expect(await h1()).toBe("Waiting for your charger.");
    await page.click('[data-testid="anyway"]');
    await hears('{"type":"anyway","anyway":"battery"}');
    await tell({ dose: 0.25 });
    await page.waitForSelector('idlewave-page[data-state="another-tab"]');
    await page.click('[data-testid="stop"]');
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
    await open();
    await lendThere();
    await page.waitForSelector('idlewave-page[data-state="another-tab"]');
    await holder.close();
    await page.waitForSelector('idlewave-page[data-state="before"]');
  });

  test("no job, no coordinator and no WebGPU have words of their own", async () => {
    site.jobs = [];
    await open("/", "no-job");
    expect(await h1()).toBe("No job needs you yet.");
    expect(await page.$eval("p.lead", (lead) => lead.textContent)).toMatch(
      /^Here volunteers lend their graphics cards .* again every ten seconds\.$/,
    );
    expect(await violations()).toEqual([]);
    site.down = true;
    await open("/", "unreachable");
    expect(await violations()).toEqual([]);
    site.down = false;
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(Navigator.prototype, "gpu"));
    await open("/", "no-webgpu");
    expect(await violations()).toEqual([]);
    expect(await page.$('[data-testid="lend"]')).toBeNull();
  });
});

describe("after the click", () => {
  test("the h1 has the focus, the dock is there, and Stop ends it", async () => {
    await open();
    await lend();
    await heard("start 0.5 0");
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    await say({});
    expect(await h1()).toMatch(/units of this picture/);
    await page.mouse.move(300, 300);
    await heard("input");
    await page.click(".dock-less");
    await heard("dose 0.25");
    await page.click('[data-testid="stop"]');
    await heard("stop");
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    expect(await page.$eval('[data-testid="lend"]', (element) => element.textContent)).toBe("Start again with a quarter");
    expect(await page.$eval("idlewave-dock", (element) => (element as HTMLElement).hidden)).toBe(true);
  });

  test("Stop is not where the consent button was", async () => {
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ] as const) {
      await page.setViewport({ width, height });
      await open();
      await page.$eval('[data-testid="lend"]', (element) => element.scrollIntoView({ block: "nearest" }));
      const button = await (await page.$('[data-testid="lend"]'))?.boundingBox();
      await lend();
      const stop = await (await page.$('[data-testid="stop"]'))?.boundingBox();
      if (!button || !stop) throw new Error("a button has no box");
      const point = { x: button.x + button.width / 2, y: button.y + button.height / 2 };
      const inside = point.x >= stop.x && point.x <= stop.x + stop.width && point.y >= stop.y && point.y <= stop.y + stop.height;
      expect(inside, `${width} x ${height}`).toBe(false);
    }
  });

  test.each([
    [360, 640],
    [320, 640],
  ])(
    "%d x %d: a double tap on Lend does not stop what it began, nor start again what a double tap on Stop ended",
    async (width, height) => {
      await page.setViewport({ width, height, hasTouch: true, isMobile: true });
      await open();
      const tapTwice = async (what: string) => {
        await page.$eval(what, (button) => button.scrollIntoView({ block: "nearest" }));
        const box = await (await page.$(what))?.boundingBox();
        if (!box) throw new Error(`${what} has no box`);
        for (let tap = 0; tap < 2; tap++) await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
      };
      await tapTwice('[data-testid="lend"]');
      await page.waitForSelector('[data-testid="stop"]', { visible: true });
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(await state()).toBe("starting");
      await tapTwice('[data-testid="stop"]');
      await page.waitForSelector('idlewave-page[data-state="stopped"]');
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(await state()).toBe("stopped");
    },
  );

  test("a tap where Stop came at once is not meant for it, a key is", async () => {
    await open();
    await page.evaluate(async () => {
      document.querySelector<HTMLElement>('[data-testid="lend"]')?.click();
      while (document.querySelector<HTMLElement>("idlewave-dock")?.hidden) await Promise.resolve();
      document.querySelector('[data-testid="stop"]')?.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
    });
    expect(await state()).toBe("starting");
    await page.$eval('[data-testid="stop"]', (stop) => (stop as HTMLElement).click());
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
  });

  test("Stop in another tab is Stop here, and so is another dose", async () => {
    await open();
    await lend();
    await say({});
    await say({ dose: 0.1 });
    await page.waitForFunction(() => document.querySelector(".wave-ceiling span")?.textContent?.startsWith("a tenth"));
    expect(await page.$eval(".wave", (wave) => wave.getAttribute("aria-label"))).toContain("ceiling a tenth");
    await say({ phase: { kind: "stopped" } });
    expect(await h1()).toBe("Stopped. You gave 14 units.");
  });

  test("what the donor tells of its job is not asked for beside it", async () => {
    await open();
    await lend();
    await say({});
    site.asked = [];
    const pictures = () => site.asked.filter((path) => path === "/api/jobs/1/picture").length;
    // Longer than the job is left alone before the click.
    await expect.poll(pictures, { timeout: 20_000 }).toBeGreaterThan(3);
    expect(site.asked).not.toContain("/api/jobs/1");
  });

  test("what waits here to be sent is told after Stop, and on the next visit before the click", async () => {
    await open();
    await lend();
    await say({ phase: { kind: "offline", running: false }, unsent: 2 });
    await page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const opening = indexedDB.open("idlewave-outbox");
          opening.onupgradeneeded = () => opening.result.createObjectStore("results");
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const writing = opening.result.transaction("results", "readwrite");
            for (const key of ["1:5:aa", "1:6:aa"]) writing.objectStore("results").put({ key }, key);
            writing.oncomplete = resolve;
          };
        }),
    );
    await page.click('[data-testid="stop"]');
    const told = () => page.waitForFunction(() => /2 units wait here/.test(document.querySelector("p.lead")?.textContent ?? ""));
    await told();
    await open();
    await told();
    expect(await violations()).toEqual([]);
  });

  test("a donor without a connection is told at once that the coordinator answers", async () => {
    await open();
    await lend();
    await say({ phase: { kind: "offline", running: true } });
    await heard("retry");
  });

  const phases: DonorPhase[] = [
    { kind: "starting", bytes: 1_200_000 },
    { kind: "running" },
    { kind: "offline", running: true },
    { kind: "waiting", reason: "all-assigned", retryMs: 15_000 },
    { kind: "software-adapter" },
    { kind: "device-lost", times: 3, final: true },
    { kind: "endless", job: 1, title: "Mandelbrot" },
    { kind: "refused", job: 1, unit: 77 },
    { kind: "job-done", job: 1, volunteers: 31, final: false },
    { kind: "another-tab", running: true, hold: null },
    { kind: "failed", message: "the kernel did not compile" },
  ];
  test.each(phases.map((phase) => [phase.kind, phase] as const))("%s has no accessibility fault in light or dark", async (_, phase) => {
    await open();
    await lend();
    await say({ phase });
    for (const value of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      expect(await violations(), value).toEqual([]);
    }
  });

  test("a newer version is loaded once, under the same consent, though the clock was set back", async () => {
    await open();
    await page.evaluate(() => sessionStorage.setItem("idlewave-resume-at", String(Date.now() + 1e9)));
    await lend();
    const isNew = page.waitForNavigation();
    // The page is gone at once: its state is seen the second time.
    const told = say({ phase: { kind: "another-version" }, running: 0 });
    await isNew;
    await page.waitForSelector('idlewave-page[data-state="starting"]');
    await page.waitForSelector('[data-testid="stop"]', { visible: true });
    expect(Number(await page.evaluate(() => sessionStorage.getItem("idlewave-resume-at")))).toBeLessThan(Date.now() + 1e6);
    await say({ phase: { kind: "another-version" }, running: 0 });
    await told;
    expect(await state()).toBe("another-version");
  });

  test("a unit that was just verified is said, in yellow", async () => {
    await open();
    await lend();
    await say({});
    await say({ verified: [{ job: 1, unit: 305 }] });
    await page.waitForFunction(() => document.querySelector("h1 mark")?.textContent === "Unit 305");
    expect(await h1()).toBe("Unit 305 is yours.");
  });

  test("what differed in a refused unit can be read", async () => {
    site.refused = [{ unit: 77, volunteer: "ab", digest: "11".repeat(32), canonical: "22".repeat(32), at: "" }];
    await open();
    await lend();
    await say({ phase: { kind: "refused", job: 1, unit: 77 } });
    await page.evaluate(() => [...document.querySelectorAll("button")].find((each) => each.textContent === "What differed")?.click());
    await page.waitForFunction(() => document.querySelector("dialog[open]")?.textContent?.includes("22".repeat(32)));
    expect(await violations()).toEqual([]);
  });
});

describe("the keyboard", () => {
  test("reaches action, doses and kernel in order, and Stop first while lent", async () => {
    await open();
    const order: string[] = [];
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press("Tab");
      order.push(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? ""));
    }
    expect(order).toEqual(["Skip to what is true now", "idlewave", "Lend half my GPU", "Less", "More", "Read the kernel"]);
    await open();
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector('[data-testid="stop"]', { visible: true });
    const next = async () => {
      await page.keyboard.press("Tab");
      return page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.tagName);
    };
    // The h1 has the focus, and Stop comes right after it.
    expect([await next(), await next(), await next()]).toEqual(["Stop", "Less", "More"]);
    await page.evaluate(() => document.querySelector<HTMLElement>(".home")?.focus());
    expect(await next()).toBe("Stop");
    await page.keyboard.press("Enter");
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
  });

  test("reaches Stop in the open kernel too", async () => {
    await open();
    await lend();
    await say({});
    await page.focus(".label button");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open] .reader-stop");
    expect(await violations()).toEqual([]);
    await page.focus(".reader-stop");
    await page.keyboard.press("Enter");
    await heard("stop");
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
    expect(await page.$(".reader-stop")).toBeNull();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Close");
  });

  test("opens, reads and closes the kernel, which is text", async () => {
    await open();
    await page.focus(".label button");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open] pre");
    expect(await page.$eval("dialog pre", (element) => element.textContent)).toBe(SOURCE);
    expect(await violations()).toEqual([]);
    await page.keyboard.down("Shift");
    for (const _ of ["Copy", "As it runs"]) await page.keyboard.press("Tab");
    await page.keyboard.up("Shift");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("dialog p")?.textContent?.startsWith("As it runs"));
    expect(await page.$eval("dialog pre", (element) => element.textContent)).toBe(`${SOURCE}// and an entry point of its own\n`);
    expect(await page.$eval("dialog p", (element) => element.textContent)).toMatch(/SHA-256 of the plan .* that the job names/);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("dialog p")?.textContent?.startsWith("As its owner"));
    expect(await page.$eval("dialog pre", (element) => element.textContent)).toBe(SOURCE);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("dialog[open]"));
  });
});

describe("every width", () => {
  test.each([320, 390, 640, 899, 900, 1280, 1920])("%d px needs no sideways scroll", async (width) => {
    await page.setViewport({ width, height: 800 });
    await open();
    await lend();
    await say({ phase: { kind: "offline", running: true }, unsent: 2 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  test.each([
    [640, 400],
    [844, 390],
    [360, 640],
    [375, 667],
    [390, 844],
    [1280, 800],
    [1280, 640],
  ])("%d x %d shows the whole consent button, beside or under the plate", async (width, height) => {
    await page.setViewport({ width, height });
    await open();
    const lower = await page.$eval('[data-testid="lend"]', (button) => button.getBoundingClientRect().bottom);
    expect(lower).toBeLessThanOrEqual(height);
    await page.waitForSelector(".plate .laid-out");
    const plate = await (await page.$(".plate canvas"))?.boundingBox();
    expect(plate?.width).toBeGreaterThan(140);
    expect((plate?.x ?? 0) + (plate?.width ?? 0)).toBeLessThanOrEqual(width);
  });

  test.each([
    [640, 400],
    [390, 844],
    [900, 700],
    [1280, 800],
  ])("%d x %d: the dock cuts no words", async (width, height) => {
    await page.setViewport({ width, height });
    await open();
    await lend();
    const states: Partial<DonorState>[] = [
      { gflops: null, secondsPerUnit: 0.2 },
      { gflops: null, secondsPerUnit: null, software: true, gpuSeconds: 35_000, dose: 0.25 },
      { phase: { kind: "offline", running: true } },
      { phase: { kind: "job-done", job: 1, volunteers: 0, final: false } },
      { phase: { kind: "another-tab", running: true, hold: null } },
    ];
    for (const each of states) {
      await say(each);
      const cut = await page.$$eval(".dock-status, .dock-status > *", (lines) =>
        lines
          .filter((line) => line.scrollWidth > line.clientWidth && getComputedStyle(line).display !== "inline")
          .map((line) => line.textContent),
      );
      expect(cut).toEqual([]);
    }
  });

  test.each([
    [1280, 800],
    [1280, 640],
    [900, 700],
  ])("%d x %d: nothing of the first screen is cut, whatever is said", async (width, height) => {
    await page.setViewport({ width, height });
    await open();
    const cut = () =>
      page.evaluate(() => {
        const bottom = (of: string) => document.querySelector(of)?.getBoundingClientRect().bottom ?? Number.NaN;
        return bottom(".label") - bottom(".first");
      });
    expect(await cut()).toBeLessThanOrEqual(0);
    await lend();
    await say({});
    expect(await cut()).toBeLessThanOrEqual(0);
    await say({ phase: { kind: "job-done", job: 1, volunteers: 0, final: false } });
    expect(await page.$$eval("[aria-label^=Less]", (buttons) => buttons.length)).toBe(1);
    expect(await cut()).toBeLessThanOrEqual(0);
    await page.evaluate(() => document.querySelector<HTMLElement>('[data-testid="stop"]')?.click());
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
    expect(await cut()).toBeLessThanOrEqual(0);
  });

  test("the dock hides no word of the first screen of a laptop, and no square grows with the words", async () => {
    await open();
    await lend();
    const whole = { gflops: 412, own: { job: 1, waiting: 144, final: 0 } };
    const states: Partial<DonorState>[] = [
      { phase: { kind: "starting", bytes: 0 }, units: { submitted: 0, final: 0, refused: 0 }, gpuSeconds: 0 },
      { phase: { kind: "offline", running: true }, unsent: 18, software: true },
      { phase: { kind: "waiting", reason: "waits-for-others", retryMs: 2_000 }, ...whole },
      { phase: { kind: "waiting", reason: "waits-for-others", retryMs: 2_000 } },
      { phase: { kind: "running" }, ...whole },
    ];
    await page.waitForSelector(".plate .laid-out");
    const sizes = new Set<string>();
    for (const each of states) {
      await say(each);
      // Long enough for another size to be drawn.
      await new Promise((resolve) => setTimeout(resolve, 400));
      const [label, dock, size] = await page.evaluate(() => {
        const box = (of: string) => document.querySelector(of)?.getBoundingClientRect();
        const plate = box(".plate canvas");
        return [box(".label p")?.bottom ?? 0, box(".dock")?.top ?? 0, `${plate?.width} x ${plate?.height}`] as const;
      });
      expect(label, JSON.stringify(each.phase)).toBeLessThanOrEqual(dock);
      sizes.add(size);
    }
    expect(sizes.size, [...sizes].join()).toBe(1);
  });

  test("targets are at least 44 px and the plate shows every square", async () => {
    await page.setViewport({ width: 390, height: 844 });
    await open();
    const small = await page.$$eval("button", (buttons) =>
      buttons.map((each) => each.getBoundingClientRect()).filter((box) => box.width > 0 && (box.width < 44 || box.height < 44)),
    );
    expect(small).toEqual([]);
    await page.waitForFunction(() => document.querySelector<HTMLElement>(".plate canvas")?.style.blockSize === "380px");
    const terms = await (await page.$(".terms"))?.boundingBox();
    expect((terms?.y ?? 0) + (terms?.height ?? 0)).toBeLessThanOrEqual(844);
    await lend();
    await say({});
    const [figures, dock] = await page.evaluate(() => {
      const captions = [...document.querySelectorAll(".figures dt")].map((each) => {
        const words = document.createRange();
        words.selectNodeContents(each);
        return words.getBoundingClientRect().bottom;
      });
      return [Math.max(...captions), document.querySelector(".dock")?.getBoundingClientRect().top ?? 0] as const;
    });
    expect(figures).toBeLessThanOrEqual(dock);
  });
});

test("the page on what is kept forgets after two clicks, and has no accessibility fault", async () => {
  await page.goto(`${site.url}/privacy`);
  await page.click('[data-testid="forget"]');
  await page.click('[data-testid="forget-sure"]');
  await page.waitForFunction(() => document.body.textContent?.includes("You are forgotten."));
  expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
  expect(await violations()).toEqual([]);
});
