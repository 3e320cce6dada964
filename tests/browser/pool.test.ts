/** A browser is invited to a pool: who asks, one click, the pool's job alone, and out of it in one click again. */
import type { Browser, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { unitAddress } from "../../shared/unit-address.ts";
import { expected, STEPS, UNITS } from "../fixtures/jobs/lcg/expected.ts";
import { openBrowser } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";
import { violationsOf } from "./page-visitor.ts";

vi.setConfig({ testTimeout: 180_000 });

const NAME = 'input[name="machine"]';
const JOIN = '[data-testid="join"]';

const waitForState = (page: Page, state: string, timeout = 30_000) =>
  page.waitForFunction((wanted) => document.querySelector("idlewave-page")?.getAttribute("data-state") === wanted, { timeout }, state);
const textOf = (page: Page, selector: string) => page.$eval(selector, (element) => (element.textContent ?? "").replace(/\s+/g, " "));
/** Names of what this browser keeps. */
const databases = (page: Page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));

describe("a browser and a pool", () => {
  let browser: Browser;
  let network: Network;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    network = await startNetwork();
    page = await browser.newPage();
  });
  afterEach(async () => {
    await page.close();
    await network.close();
  });

  const privateJob = (pool: number, count = UNITS) =>
    network.submit("jobs/lcg", (manifest) => {
      Object.assign(manifest, { pool, verify: { tier: "trusted" }, units: { count } });
    });

  it("joins with one click, computes the pool's job alone and each unit once, and leaves with one click", async () => {
    const { id, link } = await network.addPool("Physics lab");
    const publicly = await network.submit("jobs/lcg");
    const job = await privateJob(id);
    await page.goto(link);
    await page.waitForSelector(JOIN);
    expect(await textOf(page, "main")).toContain("Physics lab asks for your GPU or CPU. Whoever runs this network invites this browser");
    expect(await violationsOf(page)).toEqual([]);
    // What many machines have in common; a person may say more.
    expect(await page.$eval(NAME, (input) => (input as HTMLInputElement).value)).toBe("Chromium on Linux");
    await page.click(NAME, { count: 3 });
    await page.type(NAME, "Window seat");
    // Nothing is made before the click: no key, no socket, no member.
    expect(await databases(page)).toEqual([]);
    expect(await network.members(id)).toEqual([]);
    await page.locator(JOIN).click();
    await page.waitForFunction((pool) => location.search === `?pool=${pool}`, {}, id);
    await network.until(job, ({ state }) => state === "done", 90);
    expect(await network.results(job)).toEqual(expected(UNITS, STEPS));
    expect(await network.status(job)).toMatchObject({ executionsPerUnit: 1, replicas: { counted: UNITS } });
    expect(await network.status(publicly)).toMatchObject({ units: { voted: 0, final: 0 } });
    expect(await textOf(page, "header")).toContain("For Physics lab");
    const checked = await textOf(page, "#checked");
    expect(checked).toContain("Each computed once: the members of the pool are believed.");
    expect(await textOf(page, "idlewave-page")).not.toContain("don't know each other");
    // Nobody checked them, and a pool earns nothing.
    await page.waitForFunction(() => document.querySelector(".figures:not(.ghost) dt")?.textContent === "units computed", { polling: 100 });
    expect(await textOf(page, ".story")).not.toContain("credit");
    await page.waitForFunction((units) => document.querySelector("idlewave-members td.number")?.textContent === units, {}, String(UNITS));
    expect(await textOf(page, "idlewave-members")).toMatch(/Who is in this pool.*Window seat [0-9a-f]{12}this browser lends 24/);
    expect(await violationsOf(page)).toEqual([]);
    const [member] = await network.members(id);
    expect(member).toMatchObject({ connected: true, leftAt: "", units: { final: UNITS } });

    // A member checks a unit of the pool's, whose plan and bytes are for members.
    const unitState = (state: string) => page.waitForSelector(`idlewave-unit[data-state="${state}"]`, { timeout: 60_000 });
    await page.goto(network.url + unitAddress({ id: job, pool: { id } }, 0));
    await unitState("final idle");
    await page.click('[data-testid="check"]');
    await unitState("final software-adapter");
    await page.click('[data-testid="check"]');
    await unitState("final checked");
    expect(await textOf(page, "main")).toContain("Your processor got the same bytes.");
    await page.goto(`${network.url}/?pool=${id}`);

    await page.locator('[data-testid="leave-pool"]').click();
    await page.waitForFunction(() => location.search === "");
    expect((await network.members(id))[0]?.leftAt).not.toBe("");
    await page.goto(`${network.url}/?pool=${id}`);
    await page.waitForFunction(() => location.pathname === "/join");
    await page.waitForFunction(() => document.querySelector("h1")?.textContent === "This link joins no pool.");
  });

  it("that comes back sees the pool's picture before it lends, and computes on the next click", async () => {
    const { id, link } = await network.addPool("Physics lab");
    await page.goto(link);
    await page.locator(JOIN).click();
    await page.waitForFunction((pool) => location.search === `?pool=${pool}`, {}, id);
    await waitForState(page, "waiting");
    await page.locator('[data-testid="stop"]').click();
    const job = await privateJob(id);
    await page.goto(`${network.url}/?pool=${id}`);
    await waitForState(page, "before");
    expect(await network.members(id)).toMatchObject([{ connected: false }]);
    await page.locator('[data-testid="lend"]').click();
    await network.until(job, ({ state }) => state === "done", 90);
    // With finished jobs only it may wait for the next.
    await page.goto(`${network.url}/?pool=${id}`);
    await waitForState(page, "job-done");
    await page.locator('[data-testid="lend"]').click();
    await page.waitForSelector('[data-testid="stop"]', { visible: true });
  });

  it("is removed on the pool's page by whoever has the token that made it, and by nobody else; it stops by itself, and says why", async () => {
    const { id, link } = await network.addPool("Physics lab");
    const job = await privateJob(id, 100_000);
    await page.goto(link);
    await page.locator(JOIN).click();
    await network.until(job, ({ units }) => units.final > 0, 60);
    const [member] = await network.members(id);
    // Nothing can be removed before there is a token, and with another one than the pool's.
    expect(await page.$('[data-testid="remove"]')).toBeNull();
    const remove = async (token: string) => {
      await page.$eval("idlewave-members details", (details) => details.setAttribute("open", ""));
      await page.locator('[data-testid="owner-token"]').fill(token);
      await page.locator("idlewave-members form button").click();
      await page.locator(`[data-testid="remove"][aria-label="Remove ${member?.name}"]`).click();
      await page.locator('[data-testid="remove-sure"]').click();
    };
    await page.waitForSelector("idlewave-members details");
    await remove("iw_none");
    await page.waitForFunction(() => document.querySelector("idlewave-members [role=status]")?.textContent?.includes("token"));
    expect((await network.members(id)).filter(({ leftAt }) => leftAt === "")).toHaveLength(1);
    expect(await violationsOf(page)).toEqual([]);
    await remove(network.token);
    await waitForState(page, "failed");
    expect(await textOf(page, "idlewave-page")).toContain(`no member of pool ${id}`);
    const { units } = await network.status(job);
    expect(units.leased).toBe(0);
  });

  it("is told what to do with a link that is none", async () => {
    for (const path of ["/join", "/join#short", `/join#${"a".repeat(43)}`]) {
      await page.goto("about:blank");
      await page.goto(network.url + path);
      await page.waitForFunction(() => document.querySelector("h1")?.textContent === "This link joins no pool.");
      expect(await textOf(page, ".lead")).toMatch(/Open the whole link|Ask whoever gave it to you for a new one/);
      expect(await page.$(JOIN)).toBeNull();
    }
    expect(await databases(page)).toEqual([]);
  });
});
