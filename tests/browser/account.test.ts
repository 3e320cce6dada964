/** An account on two browsers: its words, its file, the devices, and one that is lost. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { unseal } from "../../shared/account/sealed.ts";
import { wordsOf } from "../../shared/account/words.ts";
import { openBrowser } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";
import { violationsOf } from "./page-visitor.ts";

vi.setConfig({ testTimeout: 180_000 });

const PASSPHRASE = "correct horse battery";
/** Frames come slowly, or not at all, to a page that is not seen. */
const POLLING = { polling: 100 };
const byTestId = (id: string) => `[data-testid="${id}"]`;
const textOf = (page: Page, selector: string) => page.$eval(selector, (element) => (element.textContent ?? "").replace(/\s+/g, " ").trim());
const devicesOf = (page: Page) =>
  page.$$eval('[data-testid="account-devices"] tbody tr', (rows) =>
    rows.map((row) => [...row.querySelectorAll("th, td")].slice(0, 2).map((cell) => cell.textContent ?? "")),
  );
const rows = (page: Page, count: number) =>
  page.waitForFunction(
    (wanted) => document.querySelectorAll('[data-testid="account-devices"] tbody tr').length === wanted,
    { ...POLLING, timeout: 60_000 },
    count,
  );

describe("an account on several devices", () => {
  let browser: Browser;
  let network: Network;
  let folder: string;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
    network = await startNetwork();
    folder = await mkdtemp(join(tmpdir(), "idlewave-account-"));
  });
  afterAll(async () => {
    await browser?.close();
    await network?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The page in a browser of its own, with a key of its own. */
  async function device(): Promise<Page> {
    const context = await browser.createBrowserContext({ downloadBehavior: { policy: "allow", downloadPath: folder } });
    contexts.push(context);
    const page = await context.newPage();
    await page.goto(`${network.url}/account`);
    await page.waitForSelector(byTestId("account-make"));
    return page;
  }

  /** The page of the device that came as that one. */
  async function newest(at: number): Promise<Page> {
    const page = (await contexts[at]?.pages())?.at(-1);
    if (!page) throw new Error(`there is no device ${at}`);
    return page;
  }

  let words: string[] = [];
  let one: Page;

  it("is made with 24 words that are shown once, and a file, neither of which the browser keeps", async () => {
    one = await device();
    expect(await violationsOf(one)).toEqual([]);
    // Looking at the page makes no key.
    expect(await one.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    await one.click(byTestId("account-make"));
    words = await one.$$eval(`${byTestId("account-words")} li`, (items) => items.map((item) => item.textContent ?? ""));
    expect(words).toHaveLength(24);
    expect(await violationsOf(one)).toEqual([]);
    expect(await one.$eval(byTestId("account-done"), (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    await one.type("idlewave-account-save input[name=one]", PASSPHRASE);
    await one.type("idlewave-account-save input[name=again]", `${PASSPHRASE}!`);
    await one.click(byTestId("account-file"));
    expect(await textOf(one, "idlewave-account-save [role=status]")).toContain("not the same");
    await one.type("idlewave-account-save input[name=one]", "!");
    await one.click(byTestId("account-file"));
    await expect.poll(() => readdir(folder), { timeout: 30_000 }).toEqual(["idlewave-account.jwe"]);
    const opened = await unseal(await readFile(join(folder, "idlewave-account.jwe"), "utf8"), `${PASSPHRASE}!`);
    expect("seed" in opened && wordsOf(opened.seed)).toEqual(words);
    await one.type("idlewave-account > form input[name=name]", "desk");
    await one.click(byTestId("account-saved"));
    await one.click(byTestId("account-done"));
    await rows(one, 1);
    expect(await devicesOf(one)).toEqual([["desk", "this browser, lending nothing"]]);
    expect(await one.$(byTestId("account-words"))).toBeNull();
    const kept = await one.evaluate(async () => {
      const found = [JSON.stringify({ ...localStorage, ...sessionStorage })];
      for (const { name = "" } of await indexedDB.databases()) {
        const database = await new Promise<IDBDatabase>((resolve) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result);
        });
        for (const store of database.objectStoreNames) {
          const values = await new Promise<unknown[]>((resolve) => {
            const request = database.transaction(store).objectStore(store).getAll();
            request.onsuccess = () => resolve(request.result);
          });
          for (const value of values)
            found.push(JSON.stringify(value, (_key, inner: unknown) => (ArrayBuffer.isView(inner) ? String(inner) : inner)));
        }
        database.close();
      }
      return found.join("\n");
    });
    for (const secret of [words.join(" "), words.slice(0, 3).join(" "), "seed" in opened ? String(opened.seed) : ""])
      expect(kept).not.toContain(secret);
  });

  it("is joined on another device by the words, and on a third by the file", async () => {
    // The page looks again and again, and is a connection then.
    await one.goto("about:blank");
    const two = await device();
    const enter = "idlewave-account-key";
    await two.type(`${enter} textarea`, words.with(3, "idlewave").join(" "));
    await two.click(byTestId("account-enter"));
    expect(await textOf(two, byTestId("account-fault"))).toBe("Word 4, “idlewave”, is none of the list.");
    await two.$eval(`${enter} textarea`, (field) => {
      (field as HTMLTextAreaElement).value = "";
    });
    await two.type(`${enter} textarea`, words.join("\n"));
    await two.type(`${enter} input[name=name]`, "laptop");
    await two.click(byTestId("account-enter"));
    await rows(two, 2);
    expect(await devicesOf(two)).toEqual([
      ["desk", "away"],
      ["laptop", "this browser, lending nothing"],
    ]);

    const three = await device();
    const file = await three.waitForSelector(`${enter} input[type=file]`);
    await (file as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(join(folder, "idlewave-account.jwe"));
    await three.type(`${enter} input[name=passphrase]`, PASSPHRASE);
    await three.click(byTestId("account-enter"));
    await three.waitForFunction(() => document.querySelector('[data-testid="account-fault"]')?.textContent?.includes("does not open"));
    await three.type(`${enter} input[name=passphrase]`, "!");
    await three.click(byTestId("account-enter"));
    await rows(three, 3);
    expect(await violationsOf(three)).toEqual([]);
  });

  it("pauses, resumes and limits one device from another, in all tabs that lend there, and shows what each lends", async () => {
    await network.submit("jobs/lcg", (manifest) => {
      manifest.units = { count: 100_000 };
    });
    const context = one.browserContext();
    const tabs = [await context.newPage(), await context.newPage()];
    for (const [at, tab] of tabs.entries()) {
      await tab.bringToFront();
      await tab.goto(network.url);
      if (at === 0) await tab.locator('[data-testid="lend"]').click();
      await tab.waitForFunction(
        (state) => document.querySelector("idlewave-page")?.getAttribute("data-state") === state,
        { ...POLLING, timeout: 60_000 },
        at === 0 ? "running" : "another-tab",
      );
    }
    const two = await newest(1);
    await two.bringToFront();
    await two.goto(`${network.url}/account`);
    await rows(two, 3);
    const nowOf = (name: string, now: string) =>
      two.waitForFunction(
        (device, wanted) =>
          [...document.querySelectorAll("tbody tr")].some(
            (row) => row.querySelector("th")?.textContent === device && new RegExp(wanted).test(row.querySelector("td")?.textContent ?? ""),
          ),
        { ...POLLING, timeout: 60_000 },
        name,
        now,
      );
    const h1 = (page: Page, text: string) =>
      page.waitForFunction((wanted) => document.querySelector("h1")?.textContent?.includes(wanted), { ...POLLING, timeout: 30_000 }, text);
    // As a tab lends, or one that the browser says is hidden.
    await nowOf("desk", "^lending (half|a quarter)$");
    await two.locator('button[aria-label="Pause desk"]').click();
    for (const tab of tabs) await h1(tab, "Paused from another device.");
    await nowOf("desk", "^paused$");
    expect(await violationsOf(two)).toEqual([]);
    await two.select('select[aria-label="At most on desk"]', "10");
    await two.locator('button[aria-label="Resume desk"]').click();
    await nowOf("desk", "^lending a tenth$");
    for (const tab of tabs)
      await tab.waitForFunction(() => document.querySelector("h1")?.textContent !== "Paused from another device.", POLLING);
    // Stop there holds, whatever is wished here.
    await tabs[0]?.bringToFront();
    await tabs[0]?.locator('[data-testid="stop"]').click();
    await two.bringToFront();
    await nowOf("desk", "^away$");
    for (const verb of ["Pause", "Resume"]) await two.locator(`button[aria-label="${verb} desk"]`).click();
    await two.waitForSelector('button[aria-label="Pause desk"]');
    await nowOf("desk", "^away$");
    for (const tab of tabs) await tab.close();
  });

  it("takes off a device that is lost, with its key alone, and tells that device", async () => {
    await one.bringToFront();
    await one.goto(`${network.url}/account`);
    await rows(one, 3);
    await one.evaluate(() => {
      const row = [...document.querySelectorAll("tbody tr")].find(({ textContent }) => textContent?.includes("laptop"));
      [...(row?.querySelectorAll("button") ?? [])].find(({ textContent }) => textContent === "Take off")?.click();
    });
    await one.waitForFunction(() => document.querySelector("h2")?.textContent === "Take laptop off the account");
    await one.type("idlewave-account-key textarea", wordsOf(new Uint8Array(32)).join(" "));
    await one.click(byTestId("account-enter"));
    await one.waitForFunction(() => document.querySelector('[data-testid="account-status"]')?.textContent?.includes("not this account's"));
    await one.type("idlewave-account-key textarea", words.join(" "));
    await one.click(byTestId("account-enter"));
    await one.waitForFunction(() => document.querySelector("tbody")?.textContent?.includes("taken off"));
    expect(await devicesOf(one)).toEqual(
      expect.arrayContaining([
        ["desk", "this browser, lending nothing"],
        ["laptop", "taken off"],
      ]),
    );
    const lost = await newest(1);
    await lost.goto(`${network.url}/account`);
    await lost.waitForFunction(() =>
      document.querySelector('[data-testid="account-status"]')?.textContent?.includes("taken off its account"),
    );
    // It begins with a new key once it has forgotten this one, by which the others are not forgotten.
    await lost.goto(`${network.url}/privacy`);
    await lost.click(byTestId("forget"));
    await lost.click(byTestId("forget-sure"));
    await lost.waitForFunction(() => document.querySelector("idlewave-forget")?.textContent?.includes("You are forgotten"));
    await lost.goto(`${network.url}/account`);
    await lost.waitForSelector(byTestId("account-make"));
    await one.bringToFront();
    await one.goto(`${network.url}/account`);
    await rows(one, 3);
  });

  it("is forgotten by one device alone without the others, and whole by its key alone", async () => {
    const three = await newest(2);
    await three.bringToFront();
    await three.goto(`${network.url}/privacy`);
    await three.click(byTestId("forget"));
    await three.click(byTestId("forget-sure"));
    await three.waitForFunction(() => document.querySelector("idlewave-forget")?.textContent?.includes("You are forgotten"), POLLING);
    await one.bringToFront();
    await one.goto(`${network.url}/account`);
    await rows(one, 2);
    const asks = async (seedWords: string[]) => {
      await one.locator(byTestId("account-forget")).click();
      await one.type("idlewave-account-key textarea", seedWords.join(" "));
      await one.click(byTestId("account-enter"));
    };
    await asks(wordsOf(new Uint8Array(32)));
    await one.waitForFunction(
      () => document.querySelector('[data-testid="account-status"]')?.textContent?.includes("not this account's"),
      POLLING,
    );
    expect((await devicesOf(one)).map(([name]) => name)).toEqual(expect.arrayContaining(["desk", "laptop"]));
    await one.goto(`${network.url}/account`);
    await rows(one, 2);
    await asks(words);
    await one.waitForSelector(byTestId("account-make"));
    expect(await textOf(one, byTestId("account-status"))).toContain("The account is forgotten");
    expect(((await network.get("/api/volunteers")) as { volunteers: unknown[] }).volunteers).toEqual([]);
  });
});
