/** The widget on somebody else's page, in real Chromium, against a real coordinator. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { Browser, Frame, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openBrowser } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";

vi.setConfig({ testTimeout: 300_000 });

const LENDING = ["starting", "running", "waiting", "offline", "paused", "held"];
/** Longer than a person looks and aims before the click, ms. */
const AIM_MS = 1_500;
const LOADER_BYTES = 3 * 1024;

describe("the widget on a site", () => {
  let browser: Browser;
  let network: Network;
  let host: Server;
  let origin: string;
  let site: number;
  let page: Page;
  let asked: string[];
  /** What the site's pages are, by path. */
  const pages = new Map<string, string>();
  /** The Content-Security-Policy of the site's own pages. */
  let policy = "";

  const wait = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));
  const sceneOf = (frame: Frame) => frame.evaluate(() => document.body?.dataset.scene ?? "");
  // A frame that cannot be seen has no animation frames to look in.
  const until = (frame: Frame, scene: string, timeout = 60_000) =>
    frame.waitForFunction((wanted) => document.body.dataset.scene === wanted, { timeout, polling: 100 }, scene);
  const began = () => asked.filter((path) => path.startsWith("/assets/"));

  /** Shows a page of the site; `widget` stands for the snippet that its owner pasted. */
  async function visit(body = "{widget}", attributes = "", path = "/"): Promise<Frame> {
    const snippet = `<script async src="${network.url}/widget.js"></script><idlewave-widget site="${origin}" ${attributes}></idlewave-widget>`;
    pages.set(path, body.replace("{widget}", snippet));
    await page.goto(origin + path);
    return await frameOf();
  }

  async function frameOf(): Promise<Frame> {
    const element = await page.waitForSelector("idlewave-widget iframe");
    const frame = await element?.contentFrame();
    if (!frame) throw new Error("the widget has no frame");
    await frame.waitForSelector("[data-scene]");
    return frame;
  }

  /** Where the yes lies on the page, or null. */
  async function placeOfYes(frame: Frame): Promise<{ x: number; y: number } | null> {
    const box = await (await frame.$('[data-action="lend"]'))?.boundingBox();
    return box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null;
  }

  /** The same where the host shows the frame smaller. */
  function placeOnScreen(): Promise<{ x: number; y: number }> {
    return page.$eval("idlewave-widget iframe", (frame) => {
      const { left, top, width, height } = frame.getBoundingClientRect();
      return { x: left + 0.22 * width, y: top + 0.91 * height };
    });
  }

  /** As a person does: looks, aims, presses. */
  async function press(place: { x: number; y: number } | null, aim = AIM_MS): Promise<void> {
    if (!place) throw new Error("there is no yes to press");
    await page.mouse.move(place.x - 3, place.y - 3);
    await wait(aim / 2);
    await page.mouse.move(place.x, place.y);
    await wait(aim);
    await page.mouse.click(place.x, place.y);
  }

  beforeAll(async () => {
    browser = await openBrowser();
    network = await startNetwork();
    // More units than all these tests can compute.
    await network.submit("jobs/lcg", (manifest) => {
      manifest.units = { count: 1_000_000 };
      manifest.title = "A title of a job that is not short";
    });
    host = createServer((request, response) => {
      const body = pages.get(new URL(request.url ?? "/", "http://localhost").pathname);
      response.statusCode = body === undefined ? 404 : 200;
      response.setHeader("content-type", "text/html; charset=utf-8");
      if (policy) response.setHeader("content-security-policy", policy);
      response.end(`<!doctype html><body>${body ?? ""}</body>`);
    });
    await new Promise<void>((resolve) => host.listen(0, "localhost", resolve));
    origin = `http://localhost:${(host.address() as AddressInfo).port}`;
    site = await network.addSite(origin, "Tidal Atlas");
  });
  afterAll(async () => {
    await browser?.close();
    host?.close();
    await network?.close();
  });
  beforeEach(async () => {
    asked = [];
    policy = "";
    const context = await browser.createBrowserContext();
    page = await context.newPage();
    await page.setViewport({ width: 900, height: 700 });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.origin === network.url) asked.push(url.pathname);
    });
  });
  afterEach(async () => {
    await page.browserContext().close();
  });

  it("asks before anything: its own document and one picture are all that it loads, and nothing of the host's moves", async () => {
    const frame = await visit("<p id=above>above</p>{widget}<p id=below>below</p>");
    await until(frame, "ask");
    const below = await page.$eval("#below", (element) => element.getBoundingClientRect().top);
    await wait(2_000);
    expect(asked.filter((path) => path !== "/widget.js")).toEqual(["/widget", "/api/jobs/1/picture"]);
    expect(await frame.$eval("h1", (element) => element.textContent)).toMatch(/^Tidal Atlas asks: lend a quarter of your GPU or processor/);
    expect(await page.$eval("#below", (element) => element.getBoundingClientRect().top)).toBe(below);
    expect(await page.cookies()).toEqual([]);
    const loader = new Uint8Array(await (await fetch(`${network.url}/widget.js`)).arrayBuffer());
    expect(gzipSync(loader).byteLength).toBeLessThan(LOADER_BYTES);
  });

  it.each([
    ["as a module", () => `<script type="module" src="${network.url}/widget.mjs"></script><idlewave-widget></idlewave-widget>`],
    [
      "as a frame without any script",
      () => `<idlewave-widget><iframe src="${network.url}/widget?site=${origin}"></iframe></idlewave-widget>`,
    ],
    ["by a script", () => `<script src="${network.url}/widget.js"></script><idlewave-widget></idlewave-widget>`],
  ])("is there under a strict policy of the host's, %s", async (_how, body) => {
    policy = `default-src 'none'; script-src ${network.url}; frame-src ${network.url}`;
    pages.set("/", body());
    await page.goto(origin);
    await until(await frameOf(), "ask");
  });

  it("lends after a yes, tells the host no more than it should, pauses out of sight, and stops at once", async () => {
    const frame = await visit('{widget}<div style="height:3000px"></div>');
    await page.evaluate(() => {
      const told: unknown[] = [];
      Object.assign(globalThis, { told });
      for (const name of ["idlewave:state", "idlewave:credit"]) addEventListener(name, (event) => told.push((event as CustomEvent).detail));
    });
    await until(frame, "ask");
    await press(await placeOfYes(frame));
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
    // The answer is forgotten with the stop: whoever comes again is asked again.
    await page.reload();
    await until(await frameOf(), "ask");
  });

  it("takes a yes from the keyboard, and keeps it for the next page of the site", async () => {
    const frame = await visit();
    await until(frame, "ask");
    await (await frame.$('[data-action="lend"]'))?.focus();
    await wait(AIM_MS);
    await page.keyboard.press("Enter");
    await until(frame, "running");
    const next = await visit("{widget}", "", "/next");
    await until(next, "running");
  });

  it("ends a yes after a day, and asks again", async () => {
    const frame = await visit();
    await until(frame, "ask");
    await press(await placeOfYes(frame));
    await until(frame, "running");
    await frame.evaluate(() => {
      const now = Date.now;
      Date.now = () => now() + 25 * 3_600_000;
    });
    await until(frame, "ask", 20_000);
    await expect.poll(async () => ((await network.get("/api/network")) as { volunteers: number }).volunteers, { timeout: 20_000 }).toBe(0);
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
    await press(await placeOfYes(named));
    await until(named, "running");
    await named.waitForFunction(() => /^[1-9]/.test(document.querySelector(".text p")?.textContent ?? ""), { timeout: 60_000 });
    const { units } = await network.status(urgent);
    expect(units.leased + units.voted).toBe(0);
  });

  it("takes no for an answer, for a day", async () => {
    const frame = await visit();
    await until(frame, "ask");
    await frame.click('[data-action="no"]');
    await until(frame, "declined");
    const next = await visit("{widget}", "", "/next");
    await until(next, "declined");
    await next.click('[data-action="ask-again"]');
    await until(next, "ask");
    expect(began()).toEqual([]);
  });

  it("goes on in one tab while another one pauses", async () => {
    const frame = await visit('{widget}<div style="height:3000px"></div>');
    await until(frame, "ask");
    await press(await placeOfYes(frame));
    await until(frame, "running");
    const other = await page.browserContext().newPage();
    await other.setViewport({ width: 900, height: 700 });
    await other.goto(`${origin}/`);
    const element = await other.waitForSelector("idlewave-widget iframe");
    const second = await element?.contentFrame();
    if (!second) throw new Error("the second tab has no frame");
    await until(second, "running");
    await other.evaluate(() => scrollTo(0, 2_000));
    await until(second, "paused");
    await page.bringToFront();
    await wait(3_000);
    expect(LENDING).toContain(await sceneOf(frame));
  });

  it("ends on a site that is switched off, within ten seconds", async () => {
    const frame = await visit();
    await until(frame, "ask");
    await press(await placeOfYes(frame));
    await until(frame, "running");
    await network.switchSiteOff(site);
    try {
      await until(frame, "off", 10_000);
      await page.reload();
      const element = await page.waitForSelector("idlewave-widget iframe");
      const refused = await element?.contentFrame();
      await refused?.waitForFunction(() => document.body?.textContent?.includes("is not registered here, or was switched off"));
    } finally {
      site = await network.addSite(origin, "Tidal Atlas");
    }
  });

  it("is a badge that opens as a card from its own corner, and moves nothing", async () => {
    const frame = await visit("{widget}<p id=below>below</p>", 'size="badge"');
    const below = await page.$eval("#below", (element) => element.getBoundingClientRect().top);
    await frame.locator(".badge .open").click();
    await until(frame, "ask");
    await frame.waitForFunction(() => innerHeight === 288 && innerWidth === 320);
    expect(await page.$eval("#below", (element) => element.getBoundingClientRect().top)).toBe(below);
  });

  it.each(["en", "de", "fr", "es", "pt", "ar"])("has room for all that it asks in %s", async (lang) => {
    const frame = await visit("{widget}", `lang="${lang}"`);
    await until(frame, "ask");
    const sizes = await frame.evaluate(() =>
      [...document.querySelectorAll(".words, .row button")].map(({ scrollHeight, clientHeight, scrollWidth, clientWidth }) => [
        scrollHeight - clientHeight,
        scrollWidth - clientWidth,
      ]),
    );
    for (const [high, wide] of sizes) expect([high, wide]).toEqual([0, 0]);
  });

  it("speaks the reader's language, from the right where it is written so", async () => {
    const frame = await visit("{widget}", 'lang="ar"');
    await until(frame, "ask");
    expect(await frame.evaluate(() => [document.documentElement.dir, document.documentElement.lang])).toEqual(["rtl", "ar"]);
    expect(await frame.$eval("h1", (element) => element.textContent)).toContain("Tidal Atlas");
  });

  it("asks in a window of its own where something covers it", async () => {
    const cover = '<div style="position:fixed;inset:0;z-index:9;background:#fffa;pointer-events:none">A film</div>';
    const frame = await visit(`{widget}${cover}`);
    await until(frame, "ask");
    await press(await placeOfYes(frame));
    await until(frame, "covered");
    expect(began()).toEqual([]);
    const opened = new Promise<Page>((resolve) => page.once("popup", (popup) => resolve(popup as Page)));
    await frame.click('[data-action="open-window"]');
    const own = await opened;
    await own.waitForSelector('[data-action="lend"]');
    await wait(500);
    await own.hover('[data-action="lend"]');
    await wait(AIM_MS);
    const closed = new Promise((resolve) => own.once("close", resolve));
    await own.mouse.down();
    await own.mouse.up();
    await closed;
    // A yes was said; what is covered pauses all the same.
    await until(frame, "paused");
    await page.evaluate(() => document.querySelector("div")?.remove());
    await until(frame, "running");
  });

  describe("computes nothing when a host", () => {
    const styles: [string, string][] = [
      ["makes it transparent", "idlewave-widget { opacity: 0.01 }"],
      ["makes it transparent from further up", "body { opacity: 0.02 }"],
      ["scales it", "idlewave-widget { transform: scale(0.5) }"],
      ["zooms it to a speck", "idlewave-widget { zoom: 0.5 }"],
      ["blurs it", "idlewave-widget { filter: blur(9px) }"],
      ["blends it away", "idlewave-widget { mix-blend-mode: lighten; } body { background: #fff }"],
      ["moves it mostly off the screen", "idlewave-widget { left: -40px }"],
      ["cuts all but the button away", "idlewave-widget { clip-path: inset(240px 0 0 0) }"],
      [
        "shows the button alone",
        ".hole { position: absolute; width: 130px; height: 46px; overflow: hidden } .hole idlewave-widget { top: -241px }",
      ],
      [
        "lays its own words over ours",
        "body::after { content: 'Win a prize'; position: fixed; left: 0; top: 0; width: 330px; height: 240px; background: #fff; pointer-events: none }",
      ],
      [
        "lays a button of its own over ours",
        "body::after { content: 'Play'; position: fixed; left: 0; top: 0; width: 400px; height: 400px; background: #fff; pointer-events: none }",
      ],
    ];
    it.each(styles)("%s", async (_what, style) => {
      const frame = await visit(`<style>${style}</style><div class="hole">{widget}</div>`);
      await frame.waitForFunction(() => document.body.dataset.scene !== undefined);
      await frame.evaluate(() => {
        document.querySelector('[data-action="lend"]')?.addEventListener("click", () => Object.assign(globalThis, { pressed: true }));
      });
      await press(await placeOnScreen());
      await wait(1_000);
      // The click did reach the button: what refused it is ours.
      expect(await frame.evaluate(() => "pressed" in globalThis)).toBe(true);
      expect(LENDING).not.toContain(await sceneOf(frame));
      expect(began()).toEqual([]);
    });

    it("shrinks the frame to nothing", async () => {
      const frame = await visit("<style>idlewave-widget iframe { width: 0 !important; height: 0 !important }</style>{widget}");
      await frame.waitForFunction(() => document.body.dataset.scene !== undefined);
      // Nothing can be pressed by a pointer; a focus that the host keeps from nobody can.
      await (await frame.$('[data-action="lend"]'))?.focus();
      await wait(AIM_MS);
      await page.keyboard.press("Enter");
      await wait(1_000);
      expect(LENDING).not.toContain(await sceneOf(frame));
      expect(began()).toEqual([]);
    });

    it("moves it off the screen after a yes", async () => {
      const frame = await visit();
      await until(frame, "ask");
      await press(await placeOfYes(frame));
      await until(frame, "running");
      asked = [];
      const snippet = pages.get("/") ?? "";
      pages.set("/away", `<style>idlewave-widget { left: -5000px }</style>${snippet}`);
      await page.goto(`${origin}/away`);
      await wait(4_000);
      expect(began()).toEqual([]);
      // The same page with the box in sight goes on: the yes was there.
      const back = await visit();
      await until(back, "running");
    });

    it("presses the button by script, sends itself a yes, or asks in words", async () => {
      const frame = await visit();
      await until(frame, "ask");
      await page.evaluate(() => {
        const inner = document.querySelector("iframe")?.contentWindow;
        for (const idlewave of ["consent", "lend", "state", "colours", "size"]) {
          inner?.postMessage({ idlewave, dose: 0.5, state: "running", action: "lend", ground: "red;}*{opacity:0}", ink: "url(//x)" }, "*");
        }
      });
      await frame.evaluate(() => {
        const button = document.querySelector<HTMLElement>('[data-action="lend"]');
        button?.click();
        button?.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
        button?.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
      });
      await wait(1_000);
      expect(await sceneOf(frame)).toBe("ask");
      expect(began()).toEqual([]);
    });

    it("moves the frame under a pointer that is about to click", async () => {
      const frame = await visit("<style>idlewave-widget { top: 300px; left: 400px }</style>{widget}");
      await until(frame, "ask");
      const place = await placeOfYes(frame);
      if (!place) throw new Error("there is no yes");
      await page.mouse.move(place.x - 400, place.y - 300);
      await wait(AIM_MS);
      await page.evaluate(() =>
        document.querySelector("idlewave-widget")?.setAttribute("style", "top:0;left:0;position:relative;display:inline-block"),
      );
      await page.mouse.click(place.x - 400, place.y - 300);
      await wait(1_000);
      expect(LENDING).not.toContain(await sceneOf(frame));
      expect(began()).toEqual([]);
    });

    it("is another than the registered one, or shows the registered one in a frame of its own", async () => {
      const other = origin.replace("localhost", "127.0.0.1");
      await visit();
      // Same pages at an address that is not registered.
      const answering = createServer((request, response) => {
        response.setHeader("content-type", "text/html");
        response.end(
          request.url === "/direct" ? `<iframe src="${network.url}/widget?site=${origin}"></iframe>` : `<iframe src="${origin}/"></iframe>`,
        );
      });
      await new Promise<void>((resolve) => answering.listen(0, "127.0.0.1", resolve));
      const evil = other.replace(/:\d+$/, `:${(answering.address() as AddressInfo).port}`);
      for (const path of ["/direct", "/nested"]) {
        await page.goto(evil + path);
        await wait(2_000);
        for (const frame of page.frames()) expect(await frame.evaluate(() => document.querySelector('[data-action="lend"]'))).toBeNull();
      }
      answering.close();
    });
  });
});
