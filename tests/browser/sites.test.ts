/** An administrator's page of the sites: one is registered there, and one that is abused is switched off by one click while its visitors lend. */
import type { Page } from "puppeteer";
import { describe, expect, it } from "vitest";
import { violationsOf } from "./page-visitor.ts";
import { agree, network, page, register, site, until, visit } from "./widget-scene.ts";

async function administrator(): Promise<Page> {
  const profile = await page.browser().createBrowserContext();
  const desk = await profile.newPage();
  await desk.goto(`${network.url}/sites`);
  await desk.locator('[data-testid="token"]').fill(network.token);
  await desk.keyboard.press("Enter");
  await desk.waitForSelector("idlewave-sites table");
  return desk;
}

const said = (desk: Page) => desk.$eval("idlewave-sites", (element) => (element.textContent ?? "").replace(/\s+/g, " "));

describe("the page of sites", () => {
  it("shows nothing to who has not the administrator's token, and says so", async () => {
    await page.goto(`${network.url}/sites`);
    await page.locator('[data-testid="token"]').fill(`iw_${"x".repeat(43)}`);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /token/i.test(document.querySelector('idlewave-sites [role="status"]')?.textContent ?? ""));
    expect(await said(page)).not.toContain(site.origin);
    expect(await page.$("idlewave-sites table")).toBeNull();
  });

  it("switches a site off by one click, and whoever lends there stops within ten seconds", async () => {
    const desk = await administrator();
    expect(await violationsOf(desk)).toEqual([]);
    await page.bringToFront();
    const frame = await visit();
    await agree(frame);
    await until(frame, "running");
    await desk.evaluate((selector) => document.querySelector<HTMLElement>(selector)?.click(), `[data-testid="off-${site.number}"]`);
    try {
      await until(frame, "off", 10_000);
      await expect.poll(() => said(desk)).toMatch(/Tidal Atlas is off\./);
    } finally {
      await register();
      await desk.browserContext().close();
    }
  });

  it("registers a site and shows what to paste, or says why it cannot be one", async () => {
    const desk = await administrator();
    await desk.locator('[data-testid="origin"]').fill("http://blog.example");
    await desk.keyboard.press("Enter");
    await expect.poll(() => said(desk)).toContain("Browsers give WebGPU to https:// and to localhost alone.");
    await desk.locator('[data-testid="origin"]').fill("https://blog.example");
    await desk.locator('[data-testid="name"]').fill("A blog");
    await desk.keyboard.press("Enter");
    await expect.poll(() => said(desk)).toContain("A blog is registered.");
    expect(await said(desk)).toContain('<idlewave-widget site="https://blog.example"');
    // The token is gone with the page.
    await desk.reload();
    await desk.waitForSelector('[data-testid="token"]');
    expect(await desk.$("idlewave-sites table")).toBeNull();
    await desk.browserContext().close();
  });
});
