/** What follows a yes in the widget, and ends it. */
import type { Frame, HTTPRequest } from "puppeteer";
import { describe, expect, it } from "vitest";
import { keptKey } from "./donor-kept.ts";
import {
  AIM_MS,
  agree,
  asked,
  began,
  frameOf,
  JUDGED_MS,
  LENDING,
  network,
  noticeOf,
  page,
  placeOfYes,
  press,
  register,
  sceneOf,
  site,
  until,
  visit,
  wait,
} from "./widget-scene.ts";

describe("the widget that lends", () => {
  it("lends after a yes, tells the host no more than it should, pauses out of sight, and stops at once", async () => {
    const frame = await visit('{widget}<div style="height:3000px"></div>');
    await page.evaluate(() => {
      const told: unknown[] = [];
      Object.assign(globalThis, { told });
      for (const name of ["idlewave:state", "idlewave:credit"]) addEventListener(name, (event) => told.push((event as CustomEvent).detail));
    });
    await agree(frame);
    await until(frame, "running");
    expect(began().length).toBeGreaterThan(0);
    await frame.waitForFunction(() => /^[1-9]/.test(document.querySelector(".text p")?.textContent ?? ""), { timeout: 60_000 });
    const told = await page.evaluate(() => (globalThis as unknown as { told: object[] }).told);
    expect(told).toContainEqual({ state: "running" });
    for (const detail of told) expect(["state", "units,verified"]).toContain(Object.keys(detail).sort().join());
    await page.evaluate(() => scrollTo(0, 2_000));
    await until(frame, "paused");
    await page.evaluate(() => scrollTo(0, 0));
    await until(frame, "running");
    await frame.click('[data-action="stop"]');
    await until(frame, "stopped");
    expect(await frame.$eval(".text p", (text) => text.textContent)).toBe("Nothing runs here, and your yes has ended.");
    await frame.click('[data-action="ask-again"]');
    await until(frame, "ask");
    // The answer is forgotten with the stop: whoever comes again is asked again.
    await page.reload();
    await until(await frameOf(page), "ask");
  });

  it("computes the job that it asked for, and asks for the first by priority where none is named", async () => {
    const urgent = await network.submit("jobs/lcg", (manifest) => {
      Object.assign(manifest, { name: "urgent", title: "An urgent one", priority: 5, units: { count: 1_000_000 } });
    });
    const frame = await visit();
    await until(frame, "ask");
    expect(await frame.$eval(".text p", (element) => element.textContent)).toContain("An urgent one");
    const named = await visit("{widget}", 'cause="lcg"');
    await until(named, "ask");
    expect(await named.$eval(".text p", (element) => element.textContent)).toContain("A title of a job");
    await agree(named);
    await until(named, "running");
    await named.waitForFunction(() => /^[1-9]/.test(document.querySelector(".text p")?.textContent ?? ""), { timeout: 60_000 });
    const { units } = await network.status(urgent);
    expect(units.leased + units.voted).toBe(0);
  });

  it("computes nothing for a job that ended while it was asked for, and asks for what runs now; nor under a yes to another job", async () => {
    const brief = await network.submit("jobs/lcg", (manifest) => {
      Object.assign(manifest, { name: "brief", title: "A brief one", priority: 9, units: { count: 1_000_000 } });
    });
    const frame = await visit();
    await until(frame, "ask");
    expect(await frame.$eval(".text p", (element) => element.textContent)).toContain("A brief one");
    await network.cancel(brief);
    const isEnded = async () => /^The job before has ended/.test(await noticeOf(frame));
    for (let left = 3; left > 0 && !(await isEnded()); left -= 1) {
      await press(await placeOfYes(frame));
      await expect.poll(() => noticeOf(frame), { timeout: 10_000 }).toMatch(/^(?!One moment)./);
    }
    expect([await isEnded(), await sceneOf(frame), began()]).toEqual([true, "ask", []]);
    expect(await frame.$eval(".text p", (element) => element.textContent)).not.toContain("A brief one");
    await agree(frame);
    await until(frame, "running");
    const next = await network.submit("jobs/lcg", (manifest) => {
      Object.assign(manifest, { name: "next", title: "The next one", priority: 9, units: { count: 1_000_000 } });
    });
    const later = await visit("{widget}", "", "/next");
    await until(later, "ask");
    expect(await later.$eval(".text p", (element) => element.textContent)).toContain("The next one");
    await network.cancel(next);
  });

  it("asks for what runs next when its job ends while it lends", async () => {
    const brief = await network.submit("jobs/lcg", (manifest) => {
      Object.assign(manifest, { name: "brief", title: "A brief one", priority: 9, units: { count: 1_000_000 } });
    });
    const frame = await visit();
    await agree(frame);
    await until(frame, "running");
    await network.cancel(brief);
    await until(frame, "ask");
    expect(await noticeOf(frame)).toMatch(/^The job before has ended/);
  });

  it("loads its question anew when its tab comes back after long", async () => {
    const frame = await visit();
    await until(frame, "ask");
    const comeBack = async (minutes: number) => {
      const asks = asked.filter((path) => path === "/widget").length;
      await frame.evaluate((millis) => {
        const now = Date.now;
        Date.now = () => now() + millis;
        document.dispatchEvent(new Event("visibilitychange"));
      }, minutes * 60_000);
      await wait(1_000);
      return asked.filter((path) => path === "/widget").length - asks;
    };
    expect(await comeBack(9)).toBe(0);
    expect(await comeBack(2)).toBe(1);
  });

  it("forgets its visitor after two clicks: key, answer and account of this site's frames go, and nothing runs", async () => {
    const frame = await visit();
    await agree(frame);
    await frame.waitForFunction(() => /^[1-9]/.test(document.querySelector(".text p")?.textContent ?? ""), {
      timeout: 60_000,
      polling: 100,
    });
    const accounts = async () => ((await network.get("/api/volunteers")) as { volunteers: unknown[] }).volunteers.length;
    const before = await accounts();
    expect(await keptKey(frame)).not.toBeNull();
    await frame.click(".why");
    await frame.locator(".foot [data-action='forget']").click();
    // Nobody else presses it: no script, and nothing that lies over it.
    await frame.evaluate(() => document.querySelector<HTMLButtonElement>("[data-action='forget-sure']")?.click());
    await page.evaluate(() => {
      const cover = Object.assign(document.createElement("div"), { id: "cover", textContent: "A film" });
      cover.style.cssText = "position:fixed;inset:0;z-index:9;background:#fffa;pointer-events:none";
      document.body.append(cover);
    });
    await wait(1_000);
    await frame.click("[data-action='forget-sure']");
    await expect.poll(() => noticeOf(frame)).toMatch(/^Something covers this box/);
    expect(await accounts()).toBe(before);
    await page.evaluate(() => document.getElementById("cover")?.remove());
    const sure = await frame.$("[data-action='forget-sure']");
    const isAsked = async () => (await sceneOf(frame)) !== "forgotten";
    // Nor while the page's thread is held; when it is free, after one press, or more where it is busy.
    for (let held = 1_200, left = 3; left > 0 && (await isAsked()); held = 0, left -= 1) {
      await wait(AIM_MS);
      await sure?.hover();
      await wait(AIM_MS);
      await page.evaluate((ms) => {
        const hold = () => {
          for (const from = performance.now(); performance.now() - from < ms; );
        };
        setTimeout(hold, 0);
      }, held);
      await wait(held / 2);
      await sure?.click();
      await wait(JUDGED_MS);
      if (held > 0) expect(await accounts()).toBe(before);
    }
    await until(frame, "forgotten");
    expect(await accounts()).toBe(before - 1);
    expect([await keptKey(frame), await frame.evaluate(() => localStorage.length)]).toEqual([null, 0]);
    const next = await visit("{widget}", "", "/next");
    await until(next, "ask");
  });

  it("goes on in one tab while another one pauses", async () => {
    const frame = await visit('{widget}<div style="height:3000px"></div>');
    await agree(frame);
    await until(frame, "running");
    const other = await page.browserContext().newPage();
    await other.setViewport({ width: 900, height: 700 });
    await other.goto(`${site.origin}/`);
    const second = await frameOf(other);
    await until(second, "running");
    await other.evaluate(() => scrollTo(0, 2_000));
    await until(second, "paused");
    await page.bringToFront();
    await wait(3_000);
    expect(LENDING).toContain(await sceneOf(frame));
  });

  it("says that another one works for it, and draws what that one lends, where it was opened from a badge too", async () => {
    const first = await visit();
    await agree(first);
    await until(first, "running");
    // Beside the first, so that both can be seen.
    await page.evaluate((origin) => {
      const second = document.createElement("idlewave-widget");
      second.setAttribute("site", origin);
      second.setAttribute("size", "badge");
      second.id = "second";
      document.body.append(second);
    }, site.origin);
    const second = (await (await page.waitForSelector("#second iframe"))?.contentFrame()) as Frame;
    await second.waitForSelector("[data-scene]");
    await until(second, "another-tab");
    await second.click(".badge .open");
    const words = () => second.$$eval(".text *", (lines) => lines.map((line) => line.textContent));
    await expect.poll(words).toEqual(["Lending a quarter.", expect.stringMatching(/^In another tab: \d+ units, \d+ verified\.$/)]);
    await second.waitForFunction(
      () => {
        const wave = document.querySelector<HTMLCanvasElement>("canvas.wave");
        const copy = new OffscreenCanvas(320, 70).getContext("2d");
        if (!wave || !copy) return false;
        copy.drawImage(wave, 0, 0, 320, 70);
        const { data } = copy.getImageData(0, 0, 320, 70);
        return data.some((byte, i) => i % 4 === 0 && byte > 200 && (data[i + 2] ?? 255) < 100 && data[i + 3] === 255);
      },
      { polling: 250, timeout: 60_000 },
    );
  });

  it("ends a yes after a day, and asks again", async () => {
    const frame = await visit();
    await agree(frame);
    await until(frame, "running");
    await frame.evaluate(() => {
      const now = Date.now;
      Date.now = () => now() + 25 * 3_600_000;
    });
    await until(frame, "ask", 20_000);
    await expect.poll(async () => ((await network.get("/api/network")) as { volunteers: number }).volunteers, { timeout: 20_000 }).toBe(0);
  });

  it("ends on a site that is switched off, within ten seconds", async () => {
    const frame = await visit();
    await agree(frame);
    await until(frame, "running");
    await network.switchSiteOff(site.number);
    try {
      await until(frame, "off", 10_000);
      await page.reload();
      const element = await page.waitForSelector("idlewave-widget iframe");
      const refused = await element?.contentFrame();
      await refused?.waitForFunction(() => document.body?.textContent?.includes("is not registered here, or was switched off"));
    } finally {
      await register();
    }
  });

  it.each([
    ["module", /\/assets\/lending-/],
    ["module's part", /\/assets\/comlink-/],
    ["worker", /\/assets\/worker-/],
  ])("says that its %s could not be loaded, runs nothing, and tries again under the same yes", async (_what, file) => {
    await page.setRequestInterception(true);
    const refuse = (request: HTTPRequest) => void (file.test(request.url()) ? request.abort() : request.continue());
    page.on("request", refuse);
    const frame = await visit();
    await agree(frame);
    await until(frame, "not-loaded");
    expect(await frame.$eval("h1", (element) => element.textContent)).toBe("It could not be loaded.");
    page.off("request", refuse);
    await page.setRequestInterception(false);
    await frame.click('[data-action="retry"]');
    await until(frame, "running");
  });
});
