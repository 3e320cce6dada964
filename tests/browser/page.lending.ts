/** From the click to Stop: what is told to the donor, and the words of what it tells. */

import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import type { DonorPhase } from "../../client/donor/state.ts";
import { job, LARGE_COLUMNS, largePicture } from "./page-fixtures.ts";
import { page, site, visitor } from "./page-scene.ts";
import { FINAL } from "./page-site.ts";

describe("after the click", () => {
  test("the h1 has the focus, the dock is there, and Stop ends it", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.heard("start 0.5 0");
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    await visitor.say({});
    expect(await visitor.h1()).toMatch(/units of this picture/);
    await page.mouse.move(300, 300);
    await visitor.heard("input");
    await page.click(".dock-less");
    await visitor.heard("dose 0.25");
    await page.click('[data-testid="stop"]');
    await visitor.heard("stop");
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    expect(await page.$eval('[data-testid="lend"]', (element) => element.textContent)).toBe("Start again with a quarter");
    expect(await page.$eval("idlewave-dock", (element) => (element as HTMLElement).hidden)).toBe(true);
  });

  test("Stop begins nothing where the start waits for what the device tells, and nothing is listened to any more", async () => {
    await page.evaluateOnNewDocument(() => {
      const battery = Object.assign(new EventTarget(), { charging: true, level: 0.8 });
      const asked = new Promise((resolve) => Object.assign(globalThis, { tellBattery: () => resolve(battery) }));
      Object.assign(Navigator.prototype, { getBattery: () => asked });
      const listening: AbortSignal[] = [];
      Object.assign(globalThis, { listening });
      battery.addEventListener = (_name: string, _listener: unknown, { signal }: { signal: AbortSignal }) => void listening.push(signal);
    });
    await visitor.open();
    await visitor.listen();
    await page.click('[data-testid="lend"]');
    await page.waitForSelector('[data-testid="stop"]', { visible: true });
    await visitor.settle();
    await page.click('[data-testid="stop"]');
    await visitor.until("stopped");
    await visitor.heard("stop");
    await page.evaluate("tellBattery()");
    // Long enough for a start to follow.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await page.evaluate("heard.said.filter((each) => each.startsWith('start'))")).toEqual([]);
    expect(await page.evaluate("listening.map(({ aborted }) => aborted)")).toEqual([true, true]);
  });

  test("a link to another job lends on there under the same yes; loading it again, or coming by it after Stop, lends nothing", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    await page.click(".dock-less");
    await visitor.heard("dose 0.25");
    await page.click('.jobs a[href="/?job=2"]');
    await page.waitForFunction(() => location.search === "?job=2");
    await visitor.heard("start 0.25 2");
    await page.reload();
    await visitor.until("before");
    await visitor.lend();
    await visitor.say({});
    await page.click('[data-testid="stop"]');
    await visitor.until("stopped");
    await page.click('.jobs a[href="/?job=1"]');
    await page.waitForFunction(() => location.search === "?job=1");
    await visitor.until("before");
  });

  test("the share that was chosen last is offered at the next visit", async () => {
    await visitor.open();
    await page.click(".dose button");
    const offered = () => page.$eval('[data-testid="lend"]', (element) => element.textContent);
    expect(await offered()).toBe("Lend a quarter of my GPU");
    await page.waitForFunction(() => indexedDB.databases().then((all) => all.some(({ name }) => name === "idlewave-wishes")), {
      polling: 100,
    });
    await visitor.open();
    await expect.poll(offered, { timeout: 30_000 }).toBe("Lend a quarter of my GPU");
  });

  test("what is told to a screen reader is never another thing than the h1 says", async () => {
    await visitor.open();
    const told = () => page.$eval(".announcer", (status) => (status.textContent ?? "").trim());
    await visitor.lend();
    expect([await visitor.h1(), ""]).toContain(await told());
    for (const phase of [
      { kind: "on-hold", reason: "battery", until: null },
      { kind: "running" },
      { kind: "waiting", reason: "quota", retryMs: 2_000 },
    ] as DonorPhase[]) {
      await visitor.say({ phase });
      await page.evaluate(
        () => (document.querySelector("idlewave-page") as unknown as { updateComplete: Promise<boolean> }).updateComplete,
      );
      const h1 = await visitor.h1();
      expect([h1, ""], phase.kind).toContain(await told());
      if (phase.kind === "on-hold") expect(await told()).toBe(h1);
    }
  });

  test("the dock says that it steps aside while the pointer moves, and what it lends when it rests", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    const first = () => page.$eval(".dock-status strong", (line) => line.textContent);
    await expect.poll(first).toBe("Lending half");
    await page.mouse.move(300, 300);
    await page.mouse.move(310, 300);
    await page.waitForFunction(() => document.querySelector(".dock-status strong")?.textContent === "Stepping aside");
    await expect.poll(first).toBe("Lending half");
  });

  test("a double click on the consent button selects no words", async () => {
    await visitor.open();
    const button = await (await page.$('[data-testid="lend"]'))?.boundingBox();
    if (!button) throw new Error("the button has no box");
    await page.mouse.click(button.x + 60, button.y + button.height / 2, { count: 2 });
    await page.waitForSelector('[data-testid="stop"]', { visible: true });
    expect(await page.evaluate(() => getSelection()?.toString())).toBe("");
  });

  test("Stop is not where the consent button was", async () => {
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ] as const) {
      await page.setViewport({ width, height });
      await visitor.open();
      await page.$eval('[data-testid="lend"]', (element) => element.scrollIntoView({ block: "nearest" }));
      const button = await (await page.$('[data-testid="lend"]'))?.boundingBox();
      await visitor.lend();
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
      await visitor.open();
      const tapTwice = async (what: string) => {
        await page.$eval(what, (button) => button.scrollIntoView({ block: "nearest" }));
        const box = await (await page.$(what))?.boundingBox();
        if (!box) throw new Error(`${what} has no box`);
        for (let tap = 0; tap < 2; tap++) await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
      };
      await tapTwice('[data-testid="lend"]');
      await page.waitForSelector('[data-testid="stop"]', { visible: true });
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(await visitor.state()).toBe("starting");
      await tapTwice('[data-testid="stop"]');
      await page.waitForSelector('idlewave-page[data-state="stopped"]');
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(await visitor.state()).toBe("stopped");
    },
  );

  test("a tap where Stop came at once is not meant for it, a key is", async () => {
    await visitor.open();
    await page.evaluate(async () => {
      document.querySelector<HTMLElement>('[data-testid="lend"]')?.click();
      while (document.querySelector<HTMLElement>("idlewave-dock")?.hidden) await Promise.resolve();
      document.querySelector('[data-testid="stop"]')?.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
    });
    expect(await visitor.state()).toBe("starting");
    await page.$eval('[data-testid="stop"]', (stop) => (stop as HTMLElement).click());
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
  });

  test("Stop in another tab is Stop here, and so is another dose", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    await visitor.say({ dose: 0.1 });
    await page.waitForFunction(() => document.querySelector(".wave-ceiling span")?.textContent?.startsWith("a tenth"));
    expect(await page.$eval(".wave", (wave) => wave.getAttribute("aria-label"))).toContain("at most a tenth on average");
    await visitor.say({ phase: { kind: "stopped" } });
    expect(await visitor.h1()).toBe("Stopped. You gave 14 units.");
  });

  test("what the donor tells of its job is not asked for beside it", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    site.asked = [];
    const pictures = () => site.asked.filter((path) => path === "/api/jobs/1/picture").length;
    // Longer than the job is left alone before the click.
    await expect.poll(pictures, { timeout: 20_000 }).toBeGreaterThan(3);
    expect(site.asked).not.toContain("/api/jobs/1");
  });

  test("what waits here to be sent is told after Stop, and on the next visit before the click", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({ phase: { kind: "offline", running: false }, unsent: 2 });
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
    await visitor.open();
    await told();
    expect(await visitor.violations()).toEqual([]);
  });

  test("a donor without a connection is told at once that the coordinator answers", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({ phase: { kind: "offline", running: true } });
    await visitor.heard("retry");
  });

  const phases: DonorPhase[] = [
    { kind: "starting", bytes: 1_200_000 },
    { kind: "running" },
    { kind: "offline", running: true },
    { kind: "waiting", reason: "all-assigned", retryMs: 15_000 },
    { kind: "software-adapter" },
    { kind: "device-lost", times: 3, final: true },
    { kind: "endless", job: 1, title: "Mandelbrot", compiling: false },
    { kind: "refused", job: 1, unit: 77 },
    { kind: "job-done", job: 1, final: false },
    { kind: "another-tab", running: true, hold: null },
    { kind: "failed", message: "the kernel did not compile" },
  ];
  test.each(phases.map((phase) => [phase.kind, phase] as const))("%s has no accessibility fault in light or dark", async (_, phase) => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({ phase });
    for (const value of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      expect(await visitor.violations(), value).toEqual([]);
    }
  });

  test("a newer version is loaded once, under the same consent, though the clock was set back", async () => {
    await visitor.open();
    await page.evaluate(() => sessionStorage.setItem("idlewave-resume-at", String(Date.now() + 1e9)));
    await visitor.lend();
    const isNew = page.waitForNavigation();
    await visitor.sayOnly({ phase: { kind: "another-version" }, running: 0 });
    await isNew;
    // A donor that has not started yet hears nothing.
    await visitor.heard("start");
    await visitor.until("starting");
    await page.waitForSelector('[data-testid="stop"]', { visible: true });
    expect(Number(await page.evaluate(() => sessionStorage.getItem("idlewave-resume-at")))).toBeLessThan(Date.now() + 1e6);
    await visitor.say({ phase: { kind: "another-version" }, running: 0 });
    expect(await visitor.state()).toBe("another-version");
  });

  test("a unit that was just verified is said, in yellow", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    await visitor.say({ verified: [{ job: 1, unit: 305 }] });
    await page.waitForFunction(() => document.querySelector("h1 mark")?.textContent === "Unit 305");
    expect(await visitor.h1()).toBe("Unit 305 of this picture is yours.");
    expect(await page.$eval("h1 a", (link) => [link.getAttribute("href"), link.getAttribute("target")])).toEqual([
      "/unit?job=1&unit=305",
      "_blank",
    ]);
    // What is lent goes on here, and the unit's page comes beside it.
    await visitor.clickSquare(FINAL[1] ?? 0);
    const beside = await page.browserContext().waitForTarget((target) => target.url().endsWith(`/unit?job=1&unit=${FINAL[1]}`));
    expect(await visitor.state()).toBe("running");
    await (await beside.page())?.close();
  });

  test("what differed in a refused unit can be read", async () => {
    const other = { volunteer: "cd".repeat(6), digest: "33".repeat(32), canonical: "44".repeat(32), at: "" };
    const own = { volunteer: "ab".repeat(6), digest: "11".repeat(32), canonical: "22".repeat(32), at: "" };
    site.refused = [
      { ...other, unit: 77 },
      { ...own, unit: 77 },
      { ...own, unit: 80 },
      { ...other, unit: 99 },
    ];
    await visitor.open();
    await visitor.lend();
    await visitor.say({ phase: { kind: "refused", job: 1, unit: 77 } });
    await page.evaluate(() => [...document.querySelectorAll("button")].find((each) => each.textContent === "What differed")?.click());
    await page.waitForFunction(() => document.querySelector("dialog[open]")?.textContent?.includes("22".repeat(32)));
    const text = await page.$eval("dialog", (dialog) => dialog.textContent ?? "");
    expect(text).toMatch(/Your graphics card computed units 77 and 80\. Two strangers got other bytes/);
    expect(text).not.toMatch(/33333|Unit 99/);
    // Enter is no Stop.
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Close");
    expect(await visitor.violations()).toEqual([]);
  });

  test("who came for one job that has nothing for them is shown where others are", async () => {
    for (const [width, height] of [
      [320, 640],
      [390, 844],
    ] as const) {
      await page.setViewport({ width, height });
      await visitor.open("/?job=1");
      await visitor.lend();
      await visitor.say({
        phase: { kind: "waiting", reason: "waits-for-others", retryMs: 2_000 },
        own: { job: 1, waiting: 144, final: 0 },
      });
      expect(await visitor.h1()).toBe("Every unit left of this job needs somebody else.");
      const [high, room] = await page.evaluate(() => {
        const [link, dock] = [".elsewhere", ".dock"].map((of) => document.querySelector(of)?.getBoundingClientRect());
        return [link?.height ?? 0, (dock?.top ?? 0) - (link?.bottom ?? Number.NaN)] as const;
      });
      expect(high).toBeGreaterThanOrEqual(44);
      expect(room, `${width} x ${height}`).toBeGreaterThanOrEqual(0);
    }
    expect(await visitor.violations()).toEqual([]);
    await page.click(".elsewhere");
    await page.waitForFunction(() => location.hash === "#jobs-title");
    expect(await visitor.state()).toBe("waiting");
  });

  test("what credit is lies under the dock, and is one press on its figure away", async () => {
    await page.setViewport({ width: 390, height: 844 });
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    const bottom = () =>
      page.evaluate(() => {
        const [text, dock] = [".keep", ".dock"].map((of) => document.querySelector(of)?.getBoundingClientRect());
        return (text?.bottom ?? 0) - (dock?.top ?? 0);
      });
    expect(await bottom()).toBeGreaterThan(0);
    expect(await page.$eval(".figures dt a", (link) => link.getBoundingClientRect().height)).toBeGreaterThanOrEqual(44);
    await page.click(".figures dt a");
    await expect.poll(bottom).toBeLessThanOrEqual(0);
    expect(await page.$eval(".keep", (text) => text.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0);
  });

  test("what was given is told after the graphics card was lost too", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    await visitor.say({ phase: { kind: "device-lost", times: 3, final: true } });
    expect(await page.$$eval(".figures dd", (all) => all.map((each) => each.textContent?.trim()))).toEqual(["14", "6 min 12 s", "3.20"]);
    expect(await page.$eval('[data-testid="lend"]', (button) => button.textContent)).toBe("Try again with half");
  });
});

test("an image of more units than cells is drawn as the image it is, the visitor's own units yellow at their places", async () => {
  const total = 13_680;
  site.jobs = [job({ ...site.jobs[0], units: { total, final: 70 * LARGE_COLUMNS, failed: 0, leased: 0, voted: 0 } })];
  site.pictures.set(1, largePicture(70));
  await visitor.open();
  await visitor.lend();
  await visitor.say({ own: { job: 1, waiting: 0, final: 1 } });
  const mine = 41 * LARGE_COLUMNS + 30;
  await visitor.tell({ type: "all-units", job: 1, units: [{ job: 1, unit: mine, state: "final", progress: 1 }] });
  const canvas = await page.waitForSelector(".plate canvas.laid-out");
  const colours = async () => {
    const { data, width, height, channels } = decode((await canvas?.screenshot()) ?? new Uint8Array(0));
    const side = width / LARGE_COLUMNS;
    const at = (unit: number) => {
      const [x, y] = [unit % LARGE_COLUMNS, Math.floor(unit / LARGE_COLUMNS)].map((place) => Math.floor((place + 0.5) * side));
      const from = ((y ?? 0) * width + (x ?? 0)) * channels;
      return [...data.slice(from, from + 3)].map(Number);
    };
    return { at, ratio: width / height };
  };
  const isYellow = ([red = 0, , blue = 0]: number[]) => red - blue > 80;
  await expect.poll(async () => isYellow((await colours()).at(mine)), { timeout: 20_000 }).toBe(true);
  const { at, ratio } = await colours();
  expect(ratio).toBeCloseTo(19 / 20, 1);
  for (const beside of [mine - 1, mine + 1, mine - LARGE_COLUMNS, mine + LARGE_COLUMNS]) expect(isYellow(at(beside))).toBe(false);
  // A picture, not one tone a block; and nothing where nothing is verified.
  const tones = new Set(Array.from({ length: LARGE_COLUMNS }, (_, column) => at(20 * LARGE_COLUMNS + column).join()));
  expect(tones.size).toBeGreaterThan(15);
  expect(at(100 * LARGE_COLUMNS + 55)).toEqual([0xed, 0xf2, 0xf1]);
});
