/** The page `/bench` in real Chromium, on a real WebGPU device. */
import type { Browser } from "puppeteer";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openBrowser } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";

vi.setConfig({ testTimeout: 600_000 });

let browser: Browser;
let network: Network;

beforeAll(async () => {
  [browser, network] = await Promise.all([openBrowser(), startNetwork()]);
});
afterAll(async () => {
  await browser?.close();
  await network?.close();
});

it("measures after a click and not before, stops at once, names what computed, and gives a result to copy", async () => {
  const page = await browser.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${network.url}/bench`);
  const state = (wanted: string) =>
    expect
      .poll(() => page.$eval("idlewave-bench", (bench) => (bench as HTMLElement).dataset.state), { timeout: 280_000, interval: 250 })
      .toBe(wanted);
  await state("idle");
  expect(page.workers()).toEqual([]);
  await page.click('[data-testid="measure"]');
  await state("running");
  await page.waitForFunction(() => document.querySelector(".bench-squares .full") !== null, { timeout: 120_000 });
  // In the middle of a case: nothing is waited for.
  const whenStopped = await page.$eval('[data-testid="stop"]', async (stop) => {
    (stop as HTMLButtonElement).click();
    const view = document.querySelector("idlewave-bench") as HTMLElement & { updateComplete: Promise<boolean> };
    await view.updateComplete;
    return view.dataset.state;
  });
  expect(whenStopped).toBe("stopped");
  await expect.poll(() => page.workers().length, { timeout: 60_000 }).toBe(0);
  await page.click('[data-testid="measure"]');
  await state("done");
  const rows = await page.$$eval(".bench-table tbody tr", (lines) =>
    lines.map((line) => [...line.children].map((cell) => cell.textContent)),
  );
  expect(rows.map(([what]) => what)).toContain("Same bytes, sliced and whole");
  expect(rows.find(([what]) => what === "Same bytes, sliced and whole")?.[1]).toBe("yes");
  expect(await page.$eval(".lead", (lead) => lead.textContent)).toMatch(/Ran on .+ \(software\), in chromium .+ your processor computed/);
  expect(rows.find(([what]) => what === "Speed")?.[1]).toMatch(/^[\d.,]+ GFLOPS$/);
  const line = await page.$eval(".bench-line", (pre) => pre.textContent);
  expect((JSON.parse(line ?? "") as { machine: { software: boolean } }).machine.software).toBe(true);
  await page.bringToFront();
  await page.click('[data-testid="copy"]');
  await expect.poll(() => page.$eval('[data-testid="copy"]', (button) => button.textContent)).toBe("Copied");
  expect(asked.filter((path) => path.startsWith("/api") || path.startsWith("/socket.io"))).toEqual([]);
});
