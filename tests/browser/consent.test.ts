/** When a press of a person's own is a yes: real presses in Chromium, on a clock that the test turns. */
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser, openTestPage, type TestSite } from "./harness.ts";

/** On the button, wherever its frame is moved by these tests. */
const AT = { x: 150, y: 120 };
/** Longer than anybody has to aim. */
const LONG_MS = 1_000;

let browser: Browser;
let page: Page;
let site: TestSite;

beforeAll(async () => {
  browser = await openBrowser({ gpu: "none" });
  ({ page, site } = await openTestPage(browser, "tests/browser/consent.page.ts"));
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const call = <T>(name: string, ...args: unknown[]) =>
  page.evaluate(`api[${JSON.stringify(name)}](...${JSON.stringify(args)})`) as Promise<T>;
const verdicts = () => call<string[]>("verdicts");

/** The pointer comes from elsewhere and rests on the button. */
async function aim(): Promise<void> {
  await page.mouse.move(5, 5);
  await page.mouse.move(AT.x, AT.y);
}

async function press(): Promise<string | undefined> {
  const { length } = await verdicts();
  await page.mouse.click(AT.x, AT.y);
  await expect.poll(async () => (await verdicts()).length).toBe(length + 1);
  return (await verdicts()).at(-1);
}

describe("a press of the yes", () => {
  it.each([
    [349, "too-quick"],
    [350, "yes"],
  ])("%i ms after the pointer came is %s", async (millis, verdict) => {
    await call("watchOwn");
    await aim();
    await call("pass", millis);
    expect(await press()).toBe(verdict);
  });

  it("on a frame that was moved under the pointer is too quick, until it was aimed at anew", async () => {
    await call("watchOwn");
    await aim();
    await call("pass", LONG_MS);
    await call("moveFrame", 10);
    await page.mouse.move(AT.x + 1, AT.y);
    await call("pass", 100);
    expect(await press()).toBe("too-quick");
    await call("pass", LONG_MS);
    expect(await press()).toBe("yes");
  });

  it("counts again after one whose page could not be looked into", async () => {
    await call("watchFaulty");
    await aim();
    await call("pass", LONG_MS);
    expect(await press()).toBe("fault");
    expect(await press()).toBe("yes");
  });
});

it("a look that cannot begin ends, and the next one is made", async () => {
  expect(await call("lookTwice")).toEqual({ ends: ["rejected", "fulfilled"], isLooking: false });
});
