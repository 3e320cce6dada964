/**
 * Real Chromium for tests: found, started with WebGPU on SwiftShader, and given a page of ours from localhost (a secure
 * context) whose script is bundled from a TypeScript entry.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import puppeteer, { type Browser, type BrowserContext, type Page } from "puppeteer";
import { findChromium, HOW_TO_GET_ONE } from "../../scripts/chromium.mjs";
import { findFirefox, NO_FIREFOX } from "../../scripts/firefox.mjs";

const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
  // Processes that are begun before anybody needs them: most of what a test costs here is processes.
  "--disable-features=SpareRendererForSitePerProcess,PreloadTopChromeWebUI",
  // Tests run as root in containers; the pages are our own.
  "--no-sandbox",
];
const SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

export interface BrowserOptions {
  /** Default "software": SwiftShader. "none": no adapter at all. */
  gpu?: "software" | "none";
  /** Keep the profile (identity, outbox) here across browsers. */
  profile?: string;
  args?: string[];
}

export async function openBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const chromium = findChromium();
  if (!chromium) throw new Error(`No Chromium was found. ${HOW_TO_GET_ONE}`);
  return puppeteer.launch({
    executablePath: chromium.path,
    headless: chromium.headless === "shell" ? "shell" : true,
    env: { ...process.env, ...chromium.env },
    userDataDir: options.profile,
    args: [...QUIET, ...(options.gpu === "none" ? [] : SOFTWARE_GPU), ...(options.args ?? [])],
    protocolTimeout: 120_000,
  });
}

/** Firefox with WebGPU on a software driver of Vulkan, on a profile of its own. */
export async function openFirefox(): Promise<Browser> {
  const firefox = findFirefox();
  if (!firefox) throw new Error(NO_FIREFOX);
  return puppeteer.launch({
    browser: "firefox",
    executablePath: firefox.path,
    headless: true,
    env: { ...process.env, ...firefox.env },
    extraPrefsFirefox: { "dom.webgpu.enabled": true, "dom.webgpu.workers.enabled": true, "gfx.webgpu.ignore-blocklist": true },
    protocolTimeout: 120_000,
  });
}

/** A blank page, alone in a profile that is as it was before `origin` kept anything in it: a new profile costs far more. */
export async function pageInEmpty(profile: BrowserContext, origin: string): Promise<Page> {
  const old = await profile.pages();
  const page = await profile.newPage();
  for (const each of old) await each.close();
  await profile.clearPermissionOverrides();
  const devtools = await page.createCDPSession();
  await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
  await devtools.send("Network.clearBrowserCache");
  await devtools.detach();
  return page;
}

/** Bundles a module (and workers it needs) as one ES module for the browser. */
export async function bundle(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    sourcemap: "inline",
    logLevel: "silent",
  });
  return (result.outputFiles[0] as { text: string }).text;
}

export interface TestSite {
  url: string;
  close(): Promise<void>;
}

/** Serves `/` (a blank page that loads `/main.js`) and each given script under its path. */
export async function serveScripts(scripts: Record<string, string | Uint8Array>): Promise<TestSite> {
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const script = scripts[path];
    if (path === "/") {
      response.setHeader("content-type", "text/html");
      response.end('<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/main.js"></script>');
    } else if (script !== undefined) {
      response.setHeader("content-type", "text/javascript");
      response.end(script);
    } else {
      // The browser asks for an icon by itself.
      response.statusCode = path === "/favicon.ico" ? 204 : 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A page with `entry` (path relative to the repository) loaded; errors of the page are printed. */
export async function openTestPage(browser: Browser, entry: string): Promise<{ page: Page; site: TestSite }> {
  const script = await bundle(fileURLToPath(new URL(`../../${entry}`, import.meta.url)));
  const site = await serveScripts({ "/main.js": script });
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error("page:", error));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warn") console.error("console:", message.text());
  });
  await page.goto(site.url);
  await page.waitForFunction("globalThis.ready === true");
  return { page, site };
}
