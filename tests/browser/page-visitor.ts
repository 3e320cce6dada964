/** A visitor of the built page, whose donor a test scripts. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { BrowserContext, Page } from "puppeteer";
import type { DonorFact, DonorState } from "../../client/donor/state.ts";
import { pageInEmpty } from "./harness.ts";
import { COLUMNS, donorState, ROWS } from "./page-fixtures.ts";
import type { Site } from "./page-site.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** For so long the page takes a click for the second one of a double click. */
const SWAP_MS = 650;
const CHANNEL = "idlewave-scripted-donor";

export class Visitor {
  readonly page: Page;
  private readonly site: Site;

  private constructor(page: Page, site: Site) {
    this.page = page;
    this.site = site;
  }

  /** In a profile that knows nothing of the site, 1280 x 800. */
  static async come(profile: BrowserContext, site: Site): Promise<Visitor> {
    const page = await pageInEmpty(profile, site.url);
    await page.setViewport({ width: 1280, height: 800 });
    return new Visitor(page, site);
  }

  state(): Promise<string> {
    return this.page.$eval("idlewave-page", (element) => (element as HTMLElement).dataset.state ?? "");
  }

  h1(): Promise<string> {
    return this.page.$eval("h1", (element) => (element.textContent ?? "").replace(/\s+/g, " ").trim());
  }

  async open(path = "/", waitFor = "before"): Promise<void> {
    await this.page.goto(`${this.site.url}${path}`);
    await this.until(waitFor);
  }

  async until(state: string): Promise<void> {
    await this.page.waitForSelector(`idlewave-page[data-state="${state}"]`);
  }

  /** Clicks the middle of a square of the first job's picture, once it is drawn. */
  async clickSquare(unit: number): Promise<void> {
    await this.page.waitForFunction(() => document.querySelector(".plate canvas")?.getAttribute("aria-label")?.includes("verified"));
    const box = await (await this.page.waitForSelector(".plate canvas.laid-out"))?.boundingBox();
    if (!box) throw new Error("the plate has no place");
    const at = (index: number, length: number, many: number) => ((index + 0.5) * length) / many;
    await this.page.mouse.click(box.x + at(unit % COLUMNS, box.width, COLUMNS), box.y + at(Math.floor(unit / COLUMNS), box.height, ROWS));
  }

  /** A control that took another's place is clicked by people no sooner. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SWAP_MS));
  }

  /** The donor tells its state, of the first job. */
  async say(changes: Partial<DonorState>): Promise<void> {
    const { kind } = await this.sayOnly(changes);
    // After these two the page's own state is told.
    if (kind !== "forgotten" && kind !== "off") await this.until(kind);
  }

  /** The donor tells a state that the page may never show, for it loads anew. */
  async sayOnly(changes: Partial<DonorState>): Promise<DonorState["phase"]> {
    const told = donorState({ job: this.site.jobs[0] ?? null, ...changes });
    await this.post({ state: told });
    return told.phase;
  }

  /** The donor posts a fact. */
  async tell(fact: DonorFact): Promise<void> {
    await this.post({ fact });
  }

  /** Keeps what the donor is told from now on. */
  async listen(): Promise<void> {
    await this.page.evaluate(listenTo, CHANNEL);
    await this.page.evaluateOnNewDocument(listenTo, CHANNEL);
  }

  async lend(): Promise<void> {
    await this.listen();
    await this.page.click('[data-testid="lend"]');
    await this.page.waitForSelector('[data-testid="stop"]', { visible: true });
    await this.heard("start");
    // Nobody means the next click before they saw what came.
    await this.settle();
  }

  /** Waits until the donor was told something that begins so, and has `part` in it. */
  async heard(what: string, part = ""): Promise<void> {
    await this.page.waitForFunction(
      (begin, within) =>
        (globalThis as unknown as { heard: { said: string[] } }).heard.said.some((each) => each.startsWith(begin) && each.includes(within)),
      {},
      what,
      part,
    );
  }

  violations(): Promise<string[]> {
    return violationsOf(this.page);
  }

  private async post(message: unknown): Promise<void> {
    await this.page.evaluate((name, script) => new BroadcastChannel(name).postMessage(script), CHANNEL, message as string);
  }
}

/** Runs in the page: keeps what its donor was told. */
function listenTo(name: string): void {
  const heard = { channel: new BroadcastChannel(name), said: [] as string[] };
  heard.channel.onmessage = (event: MessageEvent<{ said?: string[] }>) => {
    heard.said = event.data.said ?? heard.said;
  };
  Object.assign(globalThis, { heard });
}

/** What axe-core has to say. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, "utf8"));
  return page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe;
    const { violations: found } = await axe.run();
    return found.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(" ")}`);
  });
}
