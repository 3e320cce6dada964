/** The site that is measured: the same article with the widget, and with an empty box in its place. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Frame, Page } from "puppeteer";
import { WIDGET_SIZES, widgetSnippet } from "../../../shared/widget.ts";
import { submitJob } from "../job.ts";
import type { Server } from "../stage.ts";
import { type Vitals, vitalsOf, watchVitals } from "./vitals.ts";

/** How often the visitor presses the site's own button, and how long they rest between, ms. */
const PRESSES = 12;
const REST_MS = 150;
/** What is pressed stands high on the page: of presses far down a headless Chromium tells nothing. What the site does at a press, ms: an interaction that Event Timing tells of. */
const HANDLER_MS = 40;
/** The page is at rest after its load, ms: what comes late has come. */
const SETTLED_MS = 2_000;
const MANY_UNITS = 100_000_000;
const PARAGRAPH = `<p>${"What this site is about stands around the box, and is being read. ".repeat(12)}</p>`;
const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="420"><rect width="900" height="420" fill="#256c7a"/><rect x="90" y="60" width="300" height="210" fill="#a8cccd"/></svg>';

export interface Site {
  /** Opens the page as a new visitor, waits, presses its button, and tells its vitals. */
  visit(what: "with" | "without" | "lending"): Promise<Vitals>;
  close(): Promise<void>;
}

export async function openSite(server: Server, browser: Browser): Promise<Site> {
  const job = await submitJob(server, MANY_UNITS);
  const { width, height } = WIDGET_SIZES.card;
  const host = createServer((request, response) => {
    const isPicture = request.url === "/picture.svg";
    const origin = `http://${request.headers.host}`;
    const box =
      request.url === "/without"
        ? `<div style="display:inline-block;width:${width}px;height:${height}px"></div>`
        : widgetSnippet(server.url, origin);
    const page = `<!doctype html><meta charset="utf-8"><title>Tides</title><h1>Tides</h1>
      <button id="own" style="display:block;width:200px;height:48px" onclick="for (const end = performance.now() + ${HANDLER_MS}; performance.now() < end; ); this.textContent = 'pressed ' + performance.now()">Press</button>
      ${box}<br><img src="/picture.svg" width="900" height="420" alt="">${PARAGRAPH.repeat(6)}`;
    response.setHeader("content-type", isPicture ? "image/svg+xml" : "text/html; charset=utf-8");
    response.end(isPicture ? PICTURE : page);
  });
  await new Promise<void>((resolve) => host.listen(0, "localhost", resolve));
  const origin = `http://localhost:${(host.address() as AddressInfo).port}`;
  await register(server, origin);
  return {
    async visit(what) {
      const visitor = await browser.createBrowserContext();
      try {
        if (what === "lending") await agree(visitor, `${origin}/with`, origin, job);
        const page = await visitor.newPage();
        await page.setViewport({ width: 1280, height: 720 });
        await watchVitals(page);
        await page.goto(`${origin}/${what === "without" ? "without" : "with"}`, { waitUntil: "load" });
        if (what !== "without") await untilScene(await frameOf(page), what === "with" ? "ask" : "running");
        await new Promise((later) => setTimeout(later, SETTLED_MS));
        for (let press = 0; press < PRESSES; press++) {
          await page.click("#own");
          await new Promise((later) => setTimeout(later, REST_MS));
        }
        const vitals = await vitalsOf(page);
        if (vitals.inp < HANDLER_MS)
          throw new Error(`the browser told of no press as slow as the ${HANDLER_MS} ms that the page takes for each`);
        return vitals;
      } finally {
        await visitor.close();
      }
    },
    close: () =>
      new Promise((resolve) => {
        host.close(() => resolve());
        host.closeAllConnections();
      }),
  };
}

async function register(server: Server, origin: string): Promise<void> {
  const response = await fetch(`${server.url}/api/sites`, {
    method: "POST",
    body: JSON.stringify({ origin, name: "Tides" }),
    headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
  });
  if (!response.ok) throw new Error(`the site was not registered: ${await response.text()}`);
}

/** What a visitor said before, as the frame keeps it: nothing of how it is asked for is measured here. */
async function agree(visitor: BrowserContext, url: string, origin: string, job: number): Promise<void> {
  const page = await visitor.newPage();
  await page.goto(url);
  const frame = await frameOf(page);
  await untilScene(frame, "ask");
  await frame.evaluate((key, kept) => localStorage.setItem(key, JSON.stringify({ ...kept, at: Date.now() })), `idlewave-widget ${origin}`, {
    answer: "yes",
    dose: 0.25,
    job,
  });
  await page.close();
}

async function frameOf(page: Page): Promise<Frame> {
  const element = await page.waitForSelector("idlewave-widget iframe");
  const frame = await element?.contentFrame();
  if (!frame) throw new Error("the widget has no frame");
  return frame;
}

async function untilScene(frame: Frame, scene: string): Promise<void> {
  await frame.waitForFunction((wanted) => document.body?.dataset.scene === wanted, { timeout: 60_000, polling: 100 }, scene);
}
