/** The page by keyboard. */
import { describe, expect, test } from "vitest";
import { SOURCE } from "./page-fixtures.ts";
import { page, visitor } from "./page-scene.ts";

describe("the keyboard", () => {
  test("reaches action, doses and kernel in order, and Stop first while lent", async () => {
    await visitor.open();
    const order: string[] = [];
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press("Tab");
      order.push(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? ""));
    }
    expect(order).toEqual(["Skip to content", "idlewave", "Lend half my GPU", "Less", "More", "Read the kernel"]);
    // The focus of a job's link strikes through no words beneath it.
    await page.focus(".jobs tbody a");
    const over = await page.$eval(".jobs tbody a", (link) => {
      const { outlineOffset, outlineWidth } = getComputedStyle(link);
      const edge = link.getBoundingClientRect().bottom + Number.parseFloat(outlineOffset) + Number.parseFloat(outlineWidth);
      return edge - (link.nextElementSibling?.getBoundingClientRect().top ?? 0);
    });
    expect(over).toBeLessThanOrEqual(3);
    await visitor.open();
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector('[data-testid="stop"]', { visible: true });
    const next = async () => {
      await page.keyboard.press("Tab");
      return page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.tagName);
    };
    // The h1 has the focus, and Stop comes right after it.
    expect([await next(), await next(), await next()]).toEqual(["Stop", "Less", "More"]);
    await page.evaluate(() => document.querySelector<HTMLElement>(".home")?.focus());
    expect(await next()).toBe("Stop");
    await page.keyboard.press("Enter");
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
  });

  test("reaches Stop in the open kernel too", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    await page.focus(".label button");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open] .reader-stop");
    expect(await visitor.violations()).toEqual([]);
    await page.focus(".reader-stop");
    await page.keyboard.press("Enter");
    await visitor.heard("stop");
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
    expect(await page.$(".reader-stop")).toBeNull();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Close");
  });

  test("opens, reads and closes the kernel, which is text", async () => {
    await visitor.open();
    await page.focus(".label button");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open] pre");
    expect(await page.$eval("dialog pre", (element) => element.textContent)).toBe(SOURCE);
    expect(await visitor.violations()).toEqual([]);
    await page.keyboard.down("Shift");
    for (const _ of ["Copy", "As it runs"]) await page.keyboard.press("Tab");
    await page.keyboard.up("Shift");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("dialog p")?.textContent?.startsWith("As it runs"));
    expect(await page.$eval("dialog pre", (element) => element.textContent)).toBe(`${SOURCE}// and an entry point of its own\n`);
    expect(await page.$eval("dialog p", (element) => element.textContent)).toMatch(/SHA-256 of the plan .* that the job names/);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("dialog p")?.textContent?.startsWith("As its owner"));
    expect(await page.$eval("dialog pre", (element) => element.textContent)).toBe(SOURCE);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("dialog[open]"));
  });

  test("reads beside the kernel which GPUs agree on it, and goes back to it", async () => {
    await visitor.open();
    await page.focus(".label button");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open] pre");
    await page.click("dialog button::-p-text(Which GPUs agree)");
    await page.waitForFunction(() => document.querySelector("dialog h2")?.textContent?.startsWith("GPUs that computed"));
    const told = await page.$$eval("dialog p", (all) => all.map(({ textContent }) => textContent));
    expect(told).toEqual([
      "Nvidia ampere, chromium, windows, and arm valhall, chromium, android: agreed in 7 units; arm valhall, chromium, android were wrong in 5 units, beside nvidia ampere, chromium, windows: 3 volunteers of 3, not one card's fault: its vendor's, the kernel's, or several who lie.",
      "Left out: 2 comparisons of volunteers whom the auditor has proven wrong.",
    ]);
    expect(await visitor.violations()).toEqual([]);
    await page.click("dialog button::-p-text(The kernel)");
    await page.waitForSelector("dialog[open] pre");
  });
});
