/** The picture in a window of its own, in Chromium, with a scripted donor. */
import type { Page } from "puppeteer";
import { beforeEach, describe, expect, test } from "vitest";
import { page, visitor } from "./page-scene.ts";

beforeEach(async () => {
  await visitor.open();
});

async function popOut(): Promise<Page> {
  const known = await page.browserContext().pages();
  await page.click('[data-testid="pop-out"]');
  await page.waitForSelector(".popped-away");
  const opened = (await page.browserContext().pages()).filter((each) => !known.includes(each));
  expect(opened).toHaveLength(1);
  const [own] = opened as [Page];
  await own.setViewport({ width: 360, height: 520 });
  await own.waitForSelector("canvas.laid-out");
  return own;
}

/** How many colours the plate shows: an empty canvas has one. */
const colours = (shown: Page) =>
  shown.$eval("idlewave-plate canvas", (canvas) => {
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [40, 40];
    const context = copy.getContext("2d");
    context?.drawImage(canvas as HTMLCanvasElement, 0, 0, 40, 40);
    const { data } = context?.getImageData(0, 0, 40, 40) ?? { data: [] };
    return new Set(Array.from({ length: 1600 }, (_, i) => `${data[4 * i]} ${data[4 * i + 1]} ${data[4 * i + 2]}`)).size;
  });

/** What is shown lags behind what was lost and restored, ms. */
const SHOWN_MS = 1_000;

/** As after a crash of the graphics driver: answers when a canvas of the test's own was lost and is there again. */
async function restartGraphics(): Promise<void> {
  const restored = page.evaluate(
    (lag) =>
      new Promise<void>((resolve) => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d")?.fillRect(0, 0, 1, 1);
        canvas.addEventListener("contextrestored", () => setTimeout(resolve, lag), { once: true });
        document.body.append(canvas);
      }),
    SHOWN_MS,
  );
  const devtools = await page.browser().target().createCDPSession();
  await devtools.send("Browser.crashGpuProcess");
  await devtools.detach();
  await restored;
}

/** The share of the wave's columns that has its base line. */
const baseLine = (shown: Page) =>
  shown.$eval(".wave canvas", (canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [width, height];
    const context = copy.getContext("2d");
    context?.drawImage(canvas as HTMLCanvasElement, 0, 0);
    // One pixel high, above the place of the ticks.
    const { data } = context?.getImageData(0, height - 6, width, 1) ?? { data: [] };
    return Array.from({ length: width }, (_, x) => data[4 * x + 3]).filter((alpha) => alpha === 255).length / width;
  });

test("plate and wave are whole again after the graphics restarted, in the page and popped out", async () => {
  await visitor.lend();
  await visitor.say({});
  await page.waitForSelector(".first canvas.laid-out");
  const isWhole = async (shown: Page) => (await colours(shown)) > 10 && (await baseLine(shown)) > 0.9;
  await expect.poll(() => isWhole(page)).toBe(true);
  await restartGraphics();
  await expect.poll(() => isWhole(page), { timeout: 20_000 }).toBe(true);
  const own = await popOut();
  await expect.poll(() => isWhole(own), { timeout: 20_000 }).toBe(true);
  await restartGraphics();
  await expect.poll(() => isWhole(own), { timeout: 20_000 }).toBe(true);
  await page.click(".popped-away button");
  await page.waitForSelector(".first > idlewave-plate canvas");
});

describe("the picture popped out", () => {
  test("is offered while something is lent", async () => {
    expect(await page.$('[data-testid="pop-out"]')).toBeNull();
    await visitor.lend();
    await visitor.say({});
    await page.waitForSelector('[data-testid="pop-out"]');
    expect(await visitor.violations()).toEqual([]);
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(window, "documentPictureInPicture"));
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    expect(await page.$('[data-testid="pop-out"]')).toBeNull();
  });

  test("is live there, with Less, More and Stop; the page keeps its own Stop", async () => {
    await visitor.lend();
    await visitor.say({});
    const own = await popOut();
    expect(await colours(own)).toBeGreaterThan(10);
    await own.waitForFunction(() => {
      const [plate, dock] = ["canvas.laid-out", ".dock"].map((each) => document.querySelector(each)?.getBoundingClientRect());
      return plate && dock && plate.width > 250 && plate.width <= 360 && plate.bottom <= dock.top + 1;
    });
    const status = () => own.$$eval(".dock-status *", (lines) => lines.map((line) => line.textContent));
    await expect.poll(status).toEqual(["Lending half", "412 GFLOPS"]);
    await visitor.say({ gflops: 200, dose: 0.5 });
    await own.waitForFunction(() => document.querySelector(".dock-status span")?.textContent === "200 GFLOPS");
    expect(await page.$eval(".dock-status span", (line) => line.textContent)).toBe("200 GFLOPS");
    await own.click(".dock-less");
    await visitor.heard("dose 0.25");
    // After it has stepped aside for the click.
    await expect.poll(() => page.$eval(".dock-status strong", (line) => line.textContent)).toBe("Lending a quarter");
    await own.mouse.move(100, 100);
    await visitor.heard("input");
    // As small as browsers make it.
    await own.setViewport({ width: 288, height: 416 });
    await own.waitForFunction(
      () => {
        const boxes = [".dock-status strong", ".dock-status span", ".wave canvas"].map((of) =>
          document.querySelector(of)?.getBoundingClientRect(),
        );
        const [first, second, wave] = boxes;
        return (
          first &&
          second &&
          wave &&
          first.width > 60 &&
          second.width > 60 &&
          second.right <= innerWidth &&
          wave.width > 150 &&
          wave.height > 30
        );
      },
      { polling: 100 },
    );
    for (const each of [own, page]) {
      // The page's dock may still rise, and a tab behind another draws seldom.
      await each.waitForFunction(
        () => {
          const buttons = [...document.querySelectorAll("[data-testid=stop], .dock-less, .dock-more")].map((each) =>
            each.getBoundingClientRect(),
          );
          return (
            buttons.length === 3 && buttons.every(({ bottom, right, width }) => bottom <= innerHeight && right <= innerWidth && width >= 44)
          );
        },
        { polling: 100 },
      );
    }
    expect(await visitor.violations()).toEqual([]);
    await own.click('[data-testid="stop"]');
    await visitor.heard("stop");
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
    await page.waitForSelector(".first > idlewave-plate canvas");
    await page.waitForFunction(() => !document.querySelector(".popped-away, .stand-in"));
    expect(await colours(page)).toBeGreaterThan(10);
  });

  test("comes back when its window is closed, from there or from here", async () => {
    await visitor.lend();
    await visitor.say({});
    const own = await popOut();
    await own.close({ runBeforeUnload: true });
    await page.waitForSelector(".first > idlewave-plate canvas");
    expect(await colours(page)).toBeGreaterThan(10);
    await popOut();
    await page.click(".popped-away button");
    await page.waitForSelector(".first > idlewave-plate canvas");
    await page.waitForFunction(() => (document.querySelector("idlewave-plate canvas")?.getBoundingClientRect().width ?? 0) > 500);
    expect(await visitor.state()).toBe("running");
    expect(await page.$('[data-testid="pop-out"]')).not.toBeNull();
  });
});
