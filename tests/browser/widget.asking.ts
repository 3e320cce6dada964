/** What the widget asks before anything, and how it takes the answer. */
import { gzipSync } from "node:zlib";
import type { Frame, Page } from "puppeteer";
import { describe, expect, it } from "vitest";
import { widgetSnippet } from "../../shared/widget.ts";
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
  sceneOf,
  site,
  until,
  visit,
  wait,
} from "./widget-scene.ts";

const LOADER_BYTES = 3 * 1024;

describe("the widget on a site", () => {
  it("asks before anything: its own document and one picture are all that it loads, and nothing of the host's moves", async () => {
    const frame = await visit("<p id=above>above</p>{widget}<p id=below>below</p>");
    await until(frame, "ask");
    const below = await page.$eval("#below", (element) => element.getBoundingClientRect().top);
    await wait(2_000);
    expect(asked.filter((path) => path !== "/widget.js")).toEqual(["/widget", "/api/jobs/1/picture"]);
    expect(await frame.$eval("h1", (element) => element.textContent)).toMatch(/^Tidal Atlas asks: lend a quarter of your GPU or CPU/);
    expect(await page.$eval("#below", (element) => element.getBoundingClientRect().top)).toBe(below);
    expect(await page.cookies()).toEqual([]);
    const loader = new Uint8Array(await (await fetch(`${network.url}/widget.js`)).arrayBuffer());
    expect(gzipSync(loader).byteLength).toBeLessThan(LOADER_BYTES);
  });

  it("leaves the host's thread alone before a yes: one element, one frame, no timer, no watcher, and no answer that was not asked for", async () => {
    const spy = `<script>
      var did = [], heard = [];
      for (const name of ["setTimeout", "setInterval", "requestAnimationFrame", "requestIdleCallback", "queueMicrotask", "fetch", "Worker",
        "XMLHttpRequest", "WebSocket", "MutationObserver", "IntersectionObserver", "ResizeObserver", "PerformanceObserver"]) {
        window[name] = new Proxy(window[name], {
          apply: (real, self, given) => (did.push(name), Reflect.apply(real, window, given)),
          construct: (real, given) => (did.push(name), Reflect.construct(real, given)),
        });
      }
      const { addEventListener: listen } = EventTarget.prototype;
      addEventListener("message", ({ data }) => heard.push(data.idlewave));
      EventTarget.prototype.addEventListener = function (type, ...rest) { did.push(type); return listen.call(this, type, ...rest); };
    </script>`;
    const frame = await visit(`${spy}{widget}`);
    await until(frame, "ask");
    await wait(2_000);
    // What puppeteer watches with is no part of the page's own world.
    expect(await page.evaluate("did")).toEqual(["message", "load"]);
    // Where nothing hovers, as here, a finger is waited for.
    expect(((await page.evaluate("heard")) as string[]).filter((word) => word !== "alive?")).toEqual(["state", "credit"]);
    expect(await page.$$eval("idlewave-widget *", (inside) => inside.map(({ localName }) => localName))).toEqual(["iframe"]);
  });

  it("takes no yes from a key that was held down before the focus came", async () => {
    const frame = await visit("{widget}<input id=play autofocus>");
    await until(frame, "ask");
    await page.keyboard.down("Enter");
    await (await frame.$('[data-action="lend"]'))?.focus();
    await wait(AIM_MS);
    for (let repeat = 0; repeat < 5; repeat++) await page.keyboard.down("Enter");
    await wait(JUDGED_MS);
    expect([await sceneOf(frame), began()]).toEqual(["ask", []]);
    await page.keyboard.up("Enter");
    await agree(frame, () => page.keyboard.press("Enter"));
    await until(frame, "running");
  });

  it.each([
    ["as a module", () => `<script type="module" src="${network.url}/widget.mjs"></script><idlewave-widget></idlewave-widget>`],
    [
      "as a frame without any script",
      () => `<idlewave-widget><iframe src="${network.url}/widget?site=${site.origin}"></iframe></idlewave-widget>`,
    ],
    ["by a script", () => `<script src="${network.url}/widget.js"></script><idlewave-widget></idlewave-widget>`],
  ])("is there under a strict policy of the host's, %s", async (_how, body) => {
    site.policy = `default-src 'none'; script-src ${network.url}; frame-src ${network.url}`;
    site.pages.set("/", body());
    await page.goto(site.origin);
    await until(await frameOf(page), "ask");
  });

  it("takes a yes from the keyboard, and keeps it for the next page of the site", async () => {
    const frame = await visit();
    await agree(frame, async () => {
      await (await frame.$('[data-action="lend"]'))?.focus();
      await wait(AIM_MS);
      await page.keyboard.press("Enter");
    });
    await until(frame, "running");
    const next = await visit("{widget}", "", "/next");
    await until(next, "running");
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

  it("asks in a window of its own where something covers it", async () => {
    const cover = '<div style="position:fixed;inset:0;z-index:9;background:#fffa;pointer-events:none">A film</div>';
    const frame = await visit(`{widget}${cover}`);
    await agree(frame);
    await until(frame, "window");
    expect(await noticeOf(frame)).toMatch(/^Something covers this box/);
    expect(began()).toEqual([]);
    await decideInWindow(frame, "lend");
    // A yes was said; what is covered pauses all the same.
    await until(frame, "paused");
    await page.evaluate(() => document.querySelector("div")?.remove());
    await until(frame, "running");
  });

  it("asks in a window of its own, to forget its visitor too, where no loader answers it, and needs none where the page answers itself", async () => {
    site.pages.set(
      "/",
      `<idlewave-widget><iframe width="320" height="288" src="${network.url}/widget?site=${site.origin}"></iframe></idlewave-widget>`,
    );
    await page.goto(site.origin);
    const frame = await frameOf(page);
    await until(frame, "ask");
    await press(await placeOfYes(frame));
    await until(frame, "window");
    expect(await noticeOf(frame)).toMatch(/^Here nobody can tell/);
    expect(began()).toEqual([]);
    await decideInWindow(frame, "lend");
    await until(frame, "running");
    await frame.click(".why");
    await frame.locator(".foot [data-action='forget']").click();
    await wait(AIM_MS);
    const sure = await frame.$("[data-action='forget-sure']");
    await sure?.hover();
    await wait(AIM_MS);
    await sure?.click();
    await decideInWindow(frame, "forget-sure");
    await until(frame, "forgotten");
    await page.reload();
    const answered = await frameOf(page);
    await until(answered, "ask");
    // Another frame cannot stand in for the page.
    await page.evaluate(() => {
      const other = document.body.appendChild(document.createElement("iframe")).contentWindow as Window & typeof globalThis;
      const relay = other.eval("(frame, value) => frame.postMessage({ idlewave: 'alive', value }, '*')");
      addEventListener("message", ({ data, source }) => data.idlewave === "alive?" && relay(source, data.value));
    });
    await press(await placeOfYes(answered));
    await until(answered, "window");
    await answered.click('[data-action="no"]');
    await answered.locator('[data-action="ask-again"]').click();
    await page.evaluate(() =>
      addEventListener("message", ({ data, source }) => {
        if (data.idlewave === "alive?") (source as Window).postMessage({ idlewave: "alive", value: data.value }, "*");
      }),
    );
    await agree(answered);
    await until(answered, "running");
  });

  it.each<[string, (own: Page) => Promise<void>]>([
    ["the button", (own) => own.click('[data-action="back"]')],
    ["Escape", (own) => own.keyboard.press("Escape")],
  ])("closes the window that was opened to forget with %s", async (_what, leave) => {
    await visit();
    const opened = new Promise<Page>((resolve) => page.once("popup", (popup) => resolve(popup as Page)));
    await page.evaluate((url) => void open(url), `${network.url}/widget/window?site=${site.origin}&question=forget`);
    const own = await opened;
    await own.waitForSelector('[data-action="forget-sure"]');
    const closed = new Promise((resolve) => own.once("close", resolve));
    // It may close before puppeteer hears of the press.
    await leave(own).catch(() => {});
    await closed;
  });

  it("says that the page is too busy, and offers a window, when each of three presses finds it so; the question stays in sight", async () => {
    const frame = await visit(
      "{widget}<script>setInterval(() => { const from = performance.now(); while (performance.now() - from < 400); }, 500)</script>",
    );
    await until(frame, "ask");
    const terms = () => frame.$eval(".text", (text) => text.textContent);
    const [before, place] = [await terms(), await placeOfYes(frame)];
    const said: string[] = [];
    for (const [times, words] of [/^The page was busy/, /^The page was busy: press 2/, /^The page stays too busy/].entries()) {
      await press(place);
      await expect.poll(() => noticeOf(frame), { timeout: 10_000, message: `press ${times + 1}` }).toMatch(words);
      said.push(await noticeOf(frame));
      expect(await terms()).toBe(before);
    }
    expect(new Set(said).size).toBe(3);
    expect(began()).toEqual([]);
    await decideInWindow(frame, "lend");
    await frame.waitForFunction(() => document.body.dataset.scene !== "window", { polling: 100 });
    expect(LENDING).toContain(await sceneOf(frame));
  });

  it("asks in a window of its own where the page that has it is in a frame itself", async () => {
    site.pages.set("/inner", widgetSnippet(network.url, site.origin));
    site.pages.set("/", '<iframe width="500" height="400" src="/inner"></iframe>');
    await page.goto(site.origin);
    const inner = await (await page.waitForSelector("iframe"))?.contentFrame();
    const element = await inner?.waitForSelector("idlewave-widget iframe");
    const frame = (await element?.contentFrame()) as Frame;
    await frame.waitForSelector("[data-scene]");
    await until(frame, "ask");
    await press(await placeOfYes(frame));
    await until(frame, "window");
    expect(began()).toEqual([]);
  });
});

/** Opens the window that the frame offers, and presses there as a person does. */
async function decideInWindow(frame: Frame, action: string): Promise<void> {
  const opened = new Promise<Page>((resolve) => page.once("popup", (popup) => resolve(popup as Page)));
  await frame.locator('[data-action="open-window"]').click();
  const own = await opened;
  await own.waitForSelector(`[data-action="${action}"]`);
  await wait(500);
  await own.hover(`[data-action="${action}"]`);
  await wait(AIM_MS);
  const closed = new Promise((resolve) => own.once("close", resolve));
  await own.mouse.down();
  // It closes before puppeteer hears of the release.
  await own.mouse.up().catch(() => {});
  await closed;
}
