/** A volunteer in a headless Chromium of its own: it opens the page and presses the button that a visitor presses. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, ElementHandle, Page } from "puppeteer";
import { ROOT } from "../../root.ts";
import { CliError, EXIT } from "../exit.ts";

const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];
/** Where there is no graphics card: the software GPU that comes with Chromium. */
const SOFTWARE_FLAG = "--use-webgpu-adapter=swiftshader";
/** Beside the consent button; the dock has one too. */
const MORE = '.consent button[aria-label^="More: lend"]';
const BUTTON_TIMEOUT_MS = 60_000;

export interface BrowserVolunteer {
  name: string;
  /** The page's state, one word (`running`, `waiting` …), and whether something runs or waits to run. */
  state(): Promise<{ word: string; isLent: boolean }>;
  /** What the page says, headline and lead. */
  words(): Promise<string>;
  close(): Promise<void>;
}

interface FoundChromium {
  path: string;
  headless: "new" | "shell";
  env: Record<string, string>;
}
type ChromiumModule = { findChromium(): FoundChromium | undefined; HOW_TO_GET_ONE: string };

/** Opens `url` in a browser with the profile folder `profile` and lends most of its GPU. */
export async function openVolunteer(name: string, url: string, profile: string): Promise<BrowserVolunteer> {
  const chromium = (await import(pathToFileURL(join(ROOT, "scripts", "chromium.mjs")).href)) as ChromiumModule;
  const found = chromium.findChromium();
  if (!found) throw new CliError(EXIT.failure, "no-browser", "No Chromium was found.", chromium.HOW_TO_GET_ONE);
  const { launch } = await import("puppeteer");
  const browser = await launch({
    executablePath: found.path,
    headless: found.headless === "shell" ? "shell" : true,
    args: [...FLAGS, SOFTWARE_FLAG],
    userDataDir: profile,
    // The demo closes what it opened, in its order.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    env: { ...process.env, ...found.env },
    defaultViewport: { width: 1280, height: 800 },
  });
  try {
    const page = await lend(browser, url);
    return {
      name,
      state: () =>
        page.$eval("idlewave-page", (element) => ({
          word: element.getAttribute("data-state") ?? "unknown",
          isLent: element.classList.contains("lent"),
        })),
      words: () =>
        page.$eval("#story", (story) => [...story.querySelectorAll("h1, .lead")].map((part) => part.textContent?.trim()).join(" ")),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function lend(browser: Browser, url: string): Promise<Page> {
  const page = (await browser.pages())[0] ?? (await browser.newPage());
  page.setDefaultTimeout(BUTTON_TIMEOUT_MS);
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await page.waitForSelector('idlewave-page[data-state="before"]');
  // "More" until it says no more: the demo has the machine for itself.
  for (let more = await page.$(MORE); more; more = await page.$(MORE)) {
    const label = await more.evaluate((button) => button.ariaLabel);
    await press(page, more);
    await page.waitForFunction((button, before) => button.ariaLabel !== before, {}, more, label);
  }
  const button = await page.waitForSelector('[data-testid="lend"]');
  if (button) await press(page, button);
  return page;
}

/** By keyboard: a mouse waits for the layout to rest, which takes long on a busy machine. */
async function press(page: Page, button: ElementHandle<Element>): Promise<void> {
  await button.focus();
  await page.keyboard.press("Enter");
}
