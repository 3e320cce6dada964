/**
 * The scene of the widget's tests: a coordinator with one long job, a browser, and a registered site whose pages a test writes;
 * for each test a visitor in a profile of their own. A file that imports it is set up.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Frame, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";
import { widgetSnippet } from "../../shared/widget.ts";
import { openBrowser } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";

vi.setConfig({ testTimeout: 300_000 });

/** Scenes of a yes that holds. */
export const LENDING = ["starting", "running", "waiting", "offline", "paused", "held", "another-tab"];
/** Longer than a person looks and aims before the click, ms. */
export const AIM_MS = 1_500;
/** A press was judged after it, ms. */
export const JUDGED_MS = 2_500;
/** More than the widget takes before it sends to a window. */
const PRESSES = 3;

export let network: Network;
/** The visitor's, 900 x 700. */
export let page: Page;
/** The site that shows the widget. */
export const site = {
  origin: "",
  number: 0,
  /** What its pages are, by path. */
  pages: new Map<string, string>(),
  /** Their Content-Security-Policy. */
  policy: "",
};
/** Paths that the coordinator was asked for by the visitor's browser. */
export const asked: string[] = [];
let browser: Browser;
let host: Server;

beforeAll(async () => {
  browser = await openBrowser();
  network = await startNetwork();
  // More units than all these tests can compute.
  await network.submit("jobs/lcg", (manifest) => {
    manifest.units = { count: 1_000_000 };
    manifest.title = "A title of a job that is not short";
  });
  host = createServer((request, response) => {
    const body = site.pages.get(new URL(request.url ?? "/", "http://localhost").pathname);
    response.statusCode = body === undefined ? 404 : 200;
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (site.policy) response.setHeader("content-security-policy", site.policy);
    response.end(`<!doctype html><body>${body ?? ""}</body>`);
  });
  await new Promise<void>((resolve) => host.listen(0, "localhost", resolve));
  site.origin = `http://localhost:${(host.address() as AddressInfo).port}`;
  await register();
});
afterAll(async () => {
  await browser?.close();
  host?.close();
  await network?.close();
});
beforeEach(async () => {
  asked.length = 0;
  site.policy = "";
  // What a frame keeps is its site's own part of a profile, which nothing empties but a new one.
  const profile = await browser.createBrowserContext();
  page = await profile.newPage();
  await page.setViewport({ width: 900, height: 700 });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin === network.url) asked.push(url.pathname);
  });
});

afterEach(async () => {
  await page.browserContext().close();
});

export async function register(): Promise<void> {
  site.number = await network.addSite(site.origin, "Tidal Atlas");
}

export const wait = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));
export const sceneOf = (frame: Frame) => frame.evaluate(() => document.body?.dataset.scene ?? "");
/** What became of the last press, as the widget says it. */
export const noticeOf = (frame: Frame) => frame.$eval(".notice", (notice) => notice.textContent ?? "");
// A frame that cannot be seen has no animation frames to look in.
export const until = (frame: Frame, scene: string, timeout = 60_000) =>
  frame.waitForFunction((wanted) => document.body.dataset.scene === wanted, { timeout, polling: 100 }, scene);
/** What was asked for that nobody needs before a yes. */
export const began = () => asked.filter((path) => path.startsWith("/assets/"));

/** Shows a page of the site; `{widget}` stands for the snippet that its owner pasted. */
export async function visit(body = "{widget}", attributes = "", path = "/"): Promise<Frame> {
  const snippet = widgetSnippet(network.url, site.origin).replace("<idlewave-widget", `<idlewave-widget ${attributes}`);
  site.pages.set(path, body.replace("{widget}", snippet));
  await page.goto(site.origin + path);
  return await frameOf(page);
}

/** The widget's frame in a page, once it shows something. */
export async function frameOf(shown: Page): Promise<Frame> {
  const element = await shown.waitForSelector("idlewave-widget iframe");
  const frame = await element?.contentFrame();
  if (!frame) throw new Error("the widget has no frame");
  await frame.waitForSelector("[data-scene]");
  return frame;
}

/** Where the yes lies on the page, or null. */
export async function placeOfYes(frame: Frame): Promise<{ x: number; y: number } | null> {
  const box = await (await frame.$('[data-action="lend"]'))?.boundingBox();
  return box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null;
}

/** As a person does: looks, aims, presses. `before`: what happens just before the press. */
export async function press(
  place: { x: number; y: number } | null,
  aim = AIM_MS,
  before: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  if (!place) throw new Error("there is no yes to press");
  await page.mouse.move(place.x - 3, place.y - 3);
  await wait(aim / 2);
  await page.mouse.move(place.x, place.y);
  await wait(aim);
  await before();
  await page.mouse.click(place.x, place.y);
}

/** Waits for the question and says yes, as a person does: again, when the page was busy, as a page here may be. */
export async function agree(frame: Frame, say = async () => press(await placeOfYes(frame))): Promise<void> {
  await until(frame, "ask");
  for (let left = PRESSES; left > 0 && (await sceneOf(frame)) === "ask"; left -= 1) {
    await say();
    await frame.waitForFunction(() => document.body.dataset.scene !== "ask", { timeout: JUDGED_MS, polling: 50 }).catch(() => {});
  }
}
