/** What a site's visitors gave, from a click in the widget's frame to the pages and the picture that tell it. */
import { describe, expect, it } from "vitest";
import { violationsOf } from "./page-visitor.ts";
import { agree, network, page, register, site, until, visit } from "./widget-scene.ts";

const WIDTHS = [320, 390, 640, 899, 900, 1280];

describe("a site whose visitors lend", () => {
  it("has what they computed and others verified; who lends on the coordinator's own page gives to no site", async () => {
    const frame = await visit();
    await agree(frame);
    await until(frame, "running");
    const profile = await page.browser().createBrowserContext();
    const other = await profile.newPage();
    await other.goto(network.url);
    await other.locator('[data-testid="lend"]').click();
    await expect.poll(async () => (await network.givenTo(site.number)).units, { timeout: 120_000 }).toBeGreaterThan(0);
    const { units, credit } = await network.givenTo(site.number);
    expect(credit).toBeGreaterThan(0);
    const { volunteers } = (await network.get("/api/volunteers")) as { volunteers: { units: { final: number } }[] };
    expect(volunteers.length).toBe(2);
    expect(volunteers.reduce((sum, each) => sum + each.units.final, 0)).toBeGreaterThan(units);
    await profile.close();
  });

  it("has a page of its own, in the list of all, and a picture that other pages can show", async () => {
    await page.goto(`${network.url}/supported-by`);
    await page.locator("idlewave-supporters th a").click();
    await page.waitForSelector(".given");
    expect(await page.$eval("h1", (title) => title.textContent)).toBe("Tidal Atlas");
    expect(await page.$eval(".given dd", (units) => units.textContent)).toMatch(/^(none yet|fewer than 10|[1-9]\d*)$/);
    const snippet = await page.$eval("pre.commands", (pre) => pre.textContent ?? "");
    expect(snippet).toContain(`${network.url}/badge.svg?site=${site.number}`);
    site.pages.set("/badge", snippet);
    await page.goto(`${site.origin}/badge`);
    await page.waitForFunction(() => document.querySelector("img")?.naturalWidth === 240);
    await page.locator("a").click();
    await page.waitForSelector(".given");
  });

  // Hours do not pass in a test: the coordinator's answer is one of another time.
  it.each([
    ["none yet", { units: 0, fewerThanTen: false, credit: null }, "2026-05-01T10:20:00.000Z", "It was registered after the figures of"],
    ["fewer than 10", { units: 0, fewerThanTen: true, credit: null }, "2026-04-01T10:20:00.000Z", "As of "],
    ["2,300", { units: 2_300, fewerThanTen: false, credit: 0.29 }, "2026-04-01T10:20:00.000Z", "As of "],
  ])("is told as %s where its figures are so", async (words, figures, since, when) => {
    const facts = { asOf: "2026-05-01T10:00:00.000Z", site: { id: 1, name: "Tidal Atlas", origin: site.origin, since, ...figures } };
    await page.setRequestInterception(true);
    page.on("request", (request) => {
      const path = new URL(request.url()).pathname;
      const body = path === "/api/supporter" ? facts : path === "/api/supporters" ? { asOf: facts.asOf, sites: [facts.site] } : null;
      void (body ? request.respond({ contentType: "application/json", body: JSON.stringify(body) }) : request.continue());
    });
    await page.goto(`${network.url}/site?site=1`);
    await page.waitForSelector(".given");
    const shown = await page.$$eval(".given dd", (figure) => figure.map((each) => each.textContent));
    expect(shown).toEqual(figures.credit === null ? [words] : [words, "0.29"]);
    const text = await page.$eval("idlewave-site", (element) => element.textContent ?? "");
    expect(text).toContain(when);
    await page.goto(`${network.url}/supported-by`);
    await page.waitForSelector("idlewave-supporters tbody");
    const row = await page.$$eval("idlewave-supporters td.number", (cells) => cells.map((cell) => cell.textContent));
    expect(row).toEqual([`Units verified: ${words}`, `Credit: ${figures.credit === null ? "not told yet" : "0.29"}`]);
  });

  it.each(["light", "dark"])("is shown at every width, %s, without a fault that axe-core finds", async (scheme) => {
    await register();
    await network.addSite("https://a-site-of-a-long-name.example.org", "W".repeat(60));
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    for (const [path, shown] of [
      ["/supported-by", "idlewave-supporters tbody"],
      [`/site?site=${site.number}`, ".given"],
      ["/site?site=https://nobody.example", '[role="alert"]'],
      ["/site", '[role="alert"]'],
    ] as const) {
      await page.goto(network.url + path);
      await page.waitForSelector(shown);
      for (const width of WIDTHS) {
        await page.setViewport({ width, height: 800 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth), `${path} at ${width}`).toBeLessThanOrEqual(width);
        expect(await violationsOf(page), `${path} at ${width}`).toEqual([]);
      }
    }
  });
});
