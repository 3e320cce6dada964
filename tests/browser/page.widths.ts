/** The page at every width: nothing is cut, hidden or too small. */
import { describe, expect, test } from "vitest";
import type { HoldReason } from "../../client/donor/manners/policy.ts";
import type { DonorPhase, DonorState } from "../../client/donor/state.ts";
import type { IdleReason } from "../../shared/wire.ts";
import { page, visitor } from "./page-scene.ts";

describe("every width", () => {
  test.each([320, 390, 640, 899, 900, 1280, 1920])("%d px needs no sideways scroll", async (width) => {
    await page.setViewport({ width, height: 800 });
    await visitor.open();
    await visitor.lend();
    await visitor.say({ phase: { kind: "offline", running: true }, unsent: 2 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  test.each([
    [640, 400],
    [844, 390],
    [360, 640],
    [375, 667],
    [390, 844],
    [1280, 800],
    [1280, 640],
  ])("%d x %d shows the whole consent button, beside or under the plate", async (width, height) => {
    await page.setViewport({ width, height });
    await visitor.open();
    const lower = await page.$eval('[data-testid="lend"]', (button) => button.getBoundingClientRect().bottom);
    expect(lower).toBeLessThanOrEqual(height);
    await page.waitForSelector(".plate .laid-out");
    const plate = await (await page.$(".plate canvas"))?.boundingBox();
    expect(plate?.width).toBeGreaterThan(140);
    expect((plate?.x ?? 0) + (plate?.width ?? 0)).toBeLessThanOrEqual(width);
  });

  test.each([
    [640, 400],
    [320, 640],
    [390, 844],
    [900, 700],
    [1280, 800],
  ])("%d x %d: the dock cuts no words", async (width, height) => {
    await page.setViewport({ width, height });
    await visitor.open();
    await visitor.lend();
    const states: Partial<DonorState>[] = [
      { gflops: null, secondsPerUnit: 0.2 },
      { gflops: null, secondsPerUnit: null, software: true, gpuSeconds: 35_000, dose: 0.25 },
      { phase: { kind: "offline", running: true } },
      { phase: { kind: "job-done", job: 1, final: false } },
      { phase: { kind: "another-tab", running: true, hold: null } },
    ];
    for (const each of states) {
      await visitor.say(each);
      const cut = await page.$$eval(".dock-status, .dock-status > *", (lines) =>
        lines
          .filter((line) => line.scrollWidth > line.clientWidth && getComputedStyle(line).display !== "inline")
          .map((line) => line.textContent),
      );
      expect(cut).toEqual([]);
    }
  });

  test.each([
    [1280, 800],
    [1280, 640],
    [900, 700],
  ])("%d x %d: nothing of the first screen is cut, whatever is said", async (width, height) => {
    await page.setViewport({ width, height });
    await visitor.open();
    const cut = () =>
      page.evaluate(() => {
        const bottom = (of: string) => document.querySelector(of)?.getBoundingClientRect().bottom ?? Number.NaN;
        return bottom(".label") - bottom(".first");
      });
    expect(await cut()).toBeLessThanOrEqual(0);
    await visitor.lend();
    await visitor.say({});
    expect(await cut()).toBeLessThanOrEqual(0);
    await visitor.say({ phase: { kind: "job-done", job: 1, final: false } });
    expect(await page.$$eval("[aria-label^=Less]", (buttons) => buttons.length)).toBe(1);
    expect(await cut()).toBeLessThanOrEqual(0);
    await page.evaluate(() => document.querySelector<HTMLElement>('[data-testid="stop"]')?.click());
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
    expect(await cut()).toBeLessThanOrEqual(0);
  });

  test("the plate reaches the rule under the first screen of a laptop after Stop too, and leaves no void under it or beside it", async () => {
    const places = () =>
      page.evaluate(() => {
        const [first, plate, story] = [".first", ".plate canvas", ".story"].map((of) =>
          document.querySelector(of)?.getBoundingClientRect(),
        );
        const label = document.querySelector(".label")?.getBoundingClientRect();
        return {
          first: first?.bottom ?? 0,
          plate: plate?.bottom ?? 0,
          beside: (plate?.left ?? 0) - (story?.right ?? 0),
          label: label?.top ?? 0,
        };
      });
    for (const [width, height] of [
      [1280, 800],
      [2560, 1080],
      [901, 1000],
    ] as const) {
      await page.setViewport({ width, height });
      await visitor.open();
      await page.waitForSelector(".plate .laid-out");
      await visitor.lend();
      await visitor.say({});
      await page.click('[data-testid="stop"]');
      await visitor.until("stopped");
      const { first, plate, beside, label } = await places();
      // The job stands under a plate that is as wide as it can be.
      if (width === 901) expect(label).toBeGreaterThan(plate);
      else expect(first - plate, `${width} x ${height}`).toBeLessThan(20);
      expect(beside, `${width} x ${height}`).toBeLessThan(300);
    }
  });

  test.each([
    [390, 844],
    [900, 800],
    [1280, 800],
  ])("%d x %d: the five words of the legend are on one line", async (width, height) => {
    await page.setViewport({ width, height });
    await visitor.open();
    const tops = await page.$$eval(".legend span:not(.swatch)", (words) => words.map((word) => word.getBoundingClientRect().top));
    expect(tops).toHaveLength(5);
    expect(new Set(tops).size).toBe(1);
  });

  test("the dock hides no word of the first screen of a laptop, and no square grows with the words", async () => {
    await visitor.open();
    await visitor.lend();
    const whole = { gflops: 412, own: { job: 1, waiting: 144, final: 0 } };
    const states: Partial<DonorState>[] = [
      { phase: { kind: "starting", bytes: 0 }, units: { submitted: 0, final: 0, refused: 0 }, gpuSeconds: 0 },
      { phase: { kind: "offline", running: true }, unsent: 18, software: true },
      { phase: { kind: "waiting", reason: "waits-for-others", retryMs: 2_000 }, ...whole },
      { phase: { kind: "waiting", reason: "waits-for-others", retryMs: 2_000 } },
      { phase: { kind: "running" }, ...whole },
    ];
    await page.waitForSelector(".plate .laid-out");
    const sizes = new Set<string>();
    for (const each of states) {
      await visitor.say(each);
      // Long enough for another size to be drawn.
      await new Promise((resolve) => setTimeout(resolve, 400));
      const [label, dock, size] = await page.evaluate(() => {
        const box = (of: string) => document.querySelector(of)?.getBoundingClientRect();
        const plate = box(".plate canvas");
        return [box(".label p")?.bottom ?? 0, box(".dock")?.top ?? 0, `${plate?.width} x ${plate?.height}`] as const;
      });
      expect(label, JSON.stringify(each.phase)).toBeLessThanOrEqual(dock);
      sizes.add(size);
    }
    expect(sizes.size, [...sizes].join()).toBe(1);
  });

  const idle = (reason: IdleReason): DonorPhase => ({ kind: "waiting", reason, retryMs: 15_000 });
  const held = (reason: HoldReason): DonorPhase => ({ kind: "on-hold", reason, until: null });
  test.each([
    [390, 844],
    [320, 640],
  ])(
    "%d x %d: no words, and no figures or button after them, are under the dock after the click, whatever is said",
    async (width, height) => {
      await page.setViewport({ width, height });
      await visitor.open();
      await visitor.lend();
      const states: Partial<DonorState>[] = [
        {},
        { phase: { kind: "offline", running: true }, unsent: 18 },
        { phase: { kind: "offline", running: false }, unsent: 18 },
        { phase: { kind: "refused", job: 1, unit: 77 }, units: { submitted: 31, final: 14, refused: 11 } },
        { phase: idle("waits-for-others"), own: { job: 1, waiting: 144, final: 0 } },
        { phase: idle("needs-features") },
        { phase: idle("quota") },
        { phase: held("battery") },
        { phase: held("save-data") },
        { phase: held("memory") },
        { phase: held("heat") },
        { phase: { kind: "another-version" } },
        { phase: { kind: "job-done", job: 1, final: false } },
      ];
      const hidden: string[] = [];
      for (const each of states) {
        await visitor.say(each);
        const last = await page.evaluate(() => {
          const bottom = (of: string) =>
            [...document.querySelectorAll(of)].map((element) => {
              const words = document.createRange();
              words.selectNodeContents(element);
              return words.getBoundingClientRect().bottom;
            });
          const buttons = bottom(".story .beside button, .story .lend");
          const ends = [
            ...bottom("h1"),
            ...bottom("p.lead:not(.ghost)"),
            ...(buttons.length > 0 ? buttons.slice(0, 1) : bottom(".figures dt")),
          ];
          return Math.max(...ends) - (document.querySelector(".dock")?.getBoundingClientRect().top ?? 0);
        });
        if (last > 0) hidden.push(`${JSON.stringify(each.phase)}: ${Math.round(last)} px`);
      }
      expect(hidden).toEqual([]);
    },
  );

  test("targets are at least 44 px and the plate shows every square", async () => {
    await page.setViewport({ width: 390, height: 844 });
    await visitor.open();
    const small = await page.$$eval("button", (buttons) =>
      buttons.map((each) => each.getBoundingClientRect()).filter((box) => box.width > 0 && (box.width < 44 || box.height < 44)),
    );
    expect(small).toEqual([]);
    const links = () => page.$$eval(".home, .jobs tbody a, footer nav a", (all) => all.map((each) => each.getBoundingClientRect().height));
    expect(Math.min(...(await links()))).toBeGreaterThanOrEqual(44);
    await page.setViewport({ width: 1280, height: 800 });
    expect(Math.min(...(await links()))).toBeGreaterThanOrEqual(44);
    await page.setViewport({ width: 390, height: 844 });
    await page.waitForFunction(() => document.querySelector<HTMLElement>(".plate canvas")?.style.blockSize === "380px");
    const terms = await (await page.$(".terms"))?.boundingBox();
    expect((terms?.y ?? 0) + (terms?.height ?? 0)).toBeLessThanOrEqual(844);
    await visitor.lend();
    await visitor.say({});
    const [figures, dock] = await page.evaluate(() => {
      const captions = [...document.querySelectorAll(".figures dt")].map((each) => {
        const words = document.createRange();
        words.selectNodeContents(each);
        return words.getBoundingClientRect().bottom;
      });
      return [Math.max(...captions), document.querySelector(".dock")?.getBoundingClientRect().top ?? 0] as const;
    });
    expect(figures).toBeLessThanOrEqual(dock);
  });
});
