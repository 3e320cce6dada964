/** A box that is joined to its person's account, and the yes that is taken back there for all sites at once. */
import type { Page } from "puppeteer";
import { describe, expect, it } from "vitest";
import { agree, frameOf, LENDING, network, page, sceneOf, site, until, visit, wait } from "./widget-scene.ts";

/** Longer than the question must have been seen. */
const SEEN_MS = 1_200;
const POLLING = { polling: 100, timeout: 30_000 };

async function takeBackOnAccountPage(): Promise<Page> {
  const account = await page.browserContext().newPage();
  await account.bringToFront();
  await account.goto(`${network.url}/account`);
  await account.locator('[data-testid="take-back"]').click();
  await account.waitForFunction(
    () => document.querySelector('[data-testid="boxes-status"]')?.textContent?.startsWith("Nothing is lent in them"),
    POLLING,
  );
  return account;
}

describe("the widget and its visitor's account", () => {
  it("is joined in a window of the coordinator's by a click, of which the page hears nothing, and is stopped from the account's page; a later yes counts", async () => {
    const frame = await visit();
    await page.evaluate(() => {
      const told: unknown[] = [];
      Object.assign(window, { told });
      addEventListener("message", ({ data }) => told.push(data));
    });
    await agree(frame);
    await until(frame, "running");
    await frame.click(".why");
    const opened = new Promise<Page>((resolve) => page.once("popup", (popup) => resolve(popup as Page)));
    await frame.locator(".foot [data-action='account']").click();
    const own = await opened;
    await own.waitForSelector('[data-testid="box-join"]');
    // No script joins anything.
    await wait(SEEN_MS);
    await own.$eval('[data-testid="box-join"]', (button) => (button as HTMLButtonElement).click());
    await wait(300);
    expect(await own.$('[data-testid="box-joined"]')).toBeNull();
    await own.click('[data-testid="box-join"]');
    await own.waitForSelector('[data-testid="box-joined"]', { timeout: 30_000 });
    await own.close();

    const account = await takeBackOnAccountPage();
    expect(await account.$$eval('[data-testid="account-boxes"] tbody th', (cells) => cells.map((cell) => cell.textContent))).toEqual([
      site.origin,
    ]);
    await page.bringToFront();
    await until(frame, "stopped", 10_000);
    // The host page's own words are states and counts, as ever: nothing of who it is.
    const told = await page.evaluate(() => JSON.stringify((window as unknown as { told: unknown }).told));
    expect(told).not.toMatch(/keeper|box|key|account/);

    // Its yes is gone, and one that is said now counts.
    await page.reload();
    const anew = await frameOf(page);
    await agree(anew);
    await until(anew, "running");

    // Away while it is taken back: it is refused when it comes again.
    const kept = page.url();
    await page.goto("about:blank");
    await account.close();
    const again = await takeBackOnAccountPage();
    await again.close();
    await page.bringToFront();
    await page.goto(kept);
    const back = await frameOf(page);
    await until(back, "stopped", 20_000);
    await page.reload();
    await until(await frameOf(page), "ask");
  });

  it("tells its word to no window but the one that it opened, and joins nothing without a box", async () => {
    const frame = await visit();
    await agree(frame);
    await until(frame, "running");
    const heard = await page.evaluate(async () => {
      const told: unknown[] = [];
      addEventListener("message", ({ data }) => told.push(data));
      const box = document.querySelector("idlewave-widget iframe") as HTMLIFrameElement;
      box.contentWindow?.postMessage({ idlewave: "keeper", key: new Uint8Array(32) }, "*");
      await new Promise((resolve) => setTimeout(resolve, 500));
      return JSON.stringify(told);
    });
    expect(heard).not.toContain('"box"');
    expect(LENDING).toContain(await sceneOf(frame));
    // A page that opens the window itself is no box: nothing is asked of it, and nothing joined.
    const opened = new Promise<Page>((resolve) => page.once("popup", (popup) => resolve(popup as Page)));
    await page.evaluate((url) => {
      const window_ = open(url);
      addEventListener("message", ({ source }) => source === window_ && Object.assign(window, { spoke: true }));
    }, `${network.url}/box?site=${site.origin}`);
    const own = await opened;
    await own.waitForSelector('[data-testid="box-join"]');
    await wait(SEEN_MS);
    await own.click('[data-testid="box-join"]');
    await own.waitForFunction(() => document.body.textContent?.includes("The box does not answer"), POLLING);
    expect(await page.evaluate(() => "spoke" in window)).toBe(false);
    await own.close();
  });
});
