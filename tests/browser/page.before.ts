/** Before the click: words, what is asked for and what it weighs, and that nothing happens. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { DonorState } from "../../client/donor/state.ts";
import { donorState, job, network, primes } from "./page-fixtures.ts";
import { page, site, visitor } from "./page-scene.ts";
import { FINAL } from "./page-site.ts";

const MAX_SCRIPT_BYTES = 60 * 1024;

describe("before the click", () => {
  test("the page asks for its own files and the public API, and nothing else", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const workers: string[] = [];
    page.on("workercreated", (worker) => workers.push(worker.url()));
    await visitor.open();
    await page.waitForFunction(() => performance.getEntriesByType("resource").some((entry) => entry.name.endsWith("/api/network")));
    // The drawing worker asks for it in its own time.
    await expect.poll(() => site.asked).toContain("/api/jobs/1/picture");
    for (const url of asked) expect(new URL(url).origin, url).toBe(site.url);
    expect(asked.filter((url) => /socket|donation|donor/.test(url))).toEqual([]);
    expect(workers.filter((url) => !/drawing|worker/.test(url))).toEqual([]);
    expect(workers).toHaveLength(1);
    expect(new Set(site.asked.filter((path) => path.startsWith("/api/")))).toEqual(
      new Set(["/api/jobs", "/api/network", "/api/jobs/1/picture", ...site.asked.filter((path) => path === "/api/jobs/1")]),
    );
    expect(await page.evaluate(() => indexedDB.databases().then((databases) => databases.length + localStorage.length))).toBe(0);
  });

  test("its script weighs at most 60 KiB", async () => {
    const markup = await readFile(join(site.folder, "index.html"), "utf8");
    const names = [...markup.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1] ?? "");
    const workers: string[] = [];
    page.on("workercreated", (worker) => workers.push(new URL(worker.url()).pathname.slice(1)));
    await visitor.open();
    // Of the workers only the drawing one runs before the click; /bench and the donor have theirs.
    await expect.poll(() => workers, { timeout: 20_000 }).toHaveLength(1);
    let bytes = 0;
    for (const name of [...names, ...workers]) bytes += gzipSync(await readFile(join(site.folder, name))).byteLength;
    expect(names.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(MAX_SCRIPT_BYTES);
  });

  test("what a job computes is told in its owner's words, as text, and what is sent; a long one is scrolled", async () => {
    site.jobs = [job({ description: "Counts <b>steps</b>.\nTo 2^16.", resultBytes: 4_104 })];
    await visitor.open();
    const text = () => page.$eval("#computed .description", (element) => element.textContent);
    expect(await text()).toBe("Counts <b>steps</b>.\nTo 2¹⁶.");
    expect(await page.$eval("#computed .traffic", (element) => element.textContent)).toMatch(/at most 4\.1 KB a unit\.$/);
    site.jobs = [job({ description: "line\n".repeat(400) })];
    await visitor.open();
    expect(await page.$eval("#computed .description", (element) => element.clientHeight)).toBeLessThan(400);
    expect(await visitor.violations()).toEqual([]);
    expect(await page.$eval(".two", (lists) => lists.textContent)).toMatch(
      /on this page.*while this tab is hidden, with a quarter at most/s,
    );
  });

  test("Less and More change the words on the button and start nothing", async () => {
    await visitor.open();
    const button = () => page.$eval('[data-testid="lend"]', (element) => element.textContent);
    expect(await button()).toBe("Lend half my GPU");
    await page.click(".consent [aria-label^=Less]");
    expect(await button()).toBe("Lend a quarter of my GPU");
    await page.click(".consent [aria-label^=More]");
    await page.click(".consent [aria-label^=More]");
    expect(await button()).toBe("Lend most of my GPU");
    expect(await page.$eval(".consent [aria-label^=More]", (element) => element.getAttribute("aria-disabled"))).toBe("true");
    expect(await visitor.state()).toBe("before");
  });

  test("a click on a verified square leads to the page of its unit, and one on a missing square nowhere", async () => {
    await visitor.open();
    const missing = [...Array(380).keys()].find((unit) => !FINAL.includes(unit)) ?? 0;
    await visitor.clickSquare(missing);
    const [, verified = 0] = FINAL;
    await visitor.clickSquare(verified);
    await page.waitForFunction((search) => location.pathname === "/unit" && location.search === search, {}, `?job=1&unit=${verified}`);
  });

  test("?job= chooses the job", async () => {
    await visitor.open("/?job=2");
    expect(await visitor.h1()).toBe("Primes below 10¹² so far: 37,607,912,018");
  });

  test("jobs that need volunteers stand apart from those that are paused or finished, and none that does is said", async () => {
    const listed = () =>
      page.$$eval("idlewave-jobs section", (sections) =>
        sections.map((section) => [
          section.querySelector("h2")?.textContent ?? "",
          section.querySelector("p")?.textContent ?? "",
          [...section.querySelectorAll("tbody a")].map((link) => link.getAttribute("href") ?? "").join(),
        ]),
      );
    site.jobs = [job(), primes({ state: "done" })];
    await visitor.open();
    expect(await listed()).toEqual([
      ["Jobs that need volunteers", "", "/?job=1"],
      ["Jobs that are finished", "", "/?job=2"],
    ]);
    expect(await page.$$eval(".jobs thead .number", (heads) => heads.map((head) => head.textContent))).toEqual(["Units left", "Units"]);
    expect(await page.$$eval(".jobs tbody .number", (cells) => cells.at(-1)?.textContent)).toBe("1 million");
    site.jobs = [job({ state: "paused" }), primes({ state: "done" })];
    await visitor.open("/?job=1", "paused");
    expect(await listed()).toEqual([
      ["Jobs that need volunteers", "None now: every job here is paused or finished.", ""],
      ["Jobs that are paused or finished", "", "/?job=1,/?job=2"],
    ]);
    expect(await visitor.violations()).toEqual([]);
  });

  test("a finished job names the next one, for whom it is, how it is checked and the terms, before the click", async () => {
    site.jobs = [job({ state: "done", units: { total: 380, final: 380, failed: 0, leased: 0, voted: 0 } }), primes()];
    await visitor.open("/?job=1", "job-done");
    const next = await page.$eval('[data-testid="next"]', (text) => (text.textContent ?? "").replace(/\s+/g, " ").trim());
    expect(next).toBe(
      "Next: Primes below 10¹² for a check of pi(x) tables. By Idlewave demo; each computed twice, by volunteers who don't know each other.",
    );
    expect(await page.$eval(".terms", (list) => list.textContent)).toContain("only after you press: this job, then others");
    expect(await visitor.violations()).toEqual([]);
    await visitor.listen();
    await page.click('[data-testid="lend"]');
    // It is the named one that is lent to.
    await visitor.heard("shown 2");
  });

  test("finished jobs are told apart by their day, and those of one name by their number too", async () => {
    const done = { state: "done", finishedAt: "2026-11-20T12:00:00.000Z" } as const;
    site.jobs = [primes(), job({ ...done, id: 3 }), job({ ...done, id: 4, finishedAt: "2026-11-21T12:00:00.000Z" })];
    await visitor.open();
    expect(await page.$$eval(".jobs tbody th span", (lines) => lines.map((line) => line.textContent).toSorted())).toEqual([
      "a count, shown above",
      "a picture, finished November 20, 2026, job 3",
      "a picture, finished November 21, 2026, job 4",
    ]);
  });

  test("?job= of a job that is not there says so, and lists those that are", async () => {
    await visitor.open("/?job=77", "unknown-job");
    expect(await visitor.h1()).toBe("There is no job 77.");
    expect(await page.$$eval(".jobs tbody tr", (rows) => rows.length)).toBe(2);
    expect(await page.$('[data-testid="lend"]')).toBeNull();
    expect(await visitor.violations()).toEqual([]);
  });

  test("the network is named, and processors are spoken of where it takes them, from the first words on", async () => {
    site.network = { ...network, name: "Tidal Network", allowSoftware: true };
    await visitor.open();
    expect(await page.$eval(".network", (element) => element.textContent)).toBe("Tidal Network");
    expect(await page.$eval("p.lead", (lead) => lead.textContent)).toMatch(/^Volunteers compute units, .* in some browsers, a CPU\.$/);
    // Nobody may ask before the click which of the two would compute.
    expect(await page.$eval('[data-testid="lend"]', (button) => button.textContent)).toBe("Lend half my GPU or CPU");
    await page.setViewport({ width: 390, height: 844 });
    await page.waitForFunction(() => (document.querySelector("ul.terms")?.getBoundingClientRect().bottom ?? 0) <= innerHeight);
    expect(await page.$eval(".steps", (steps) => steps.textContent)).toMatch(/a stranger's GPU or CPU gets/);
    expect(await visitor.violations()).toEqual([]);
    await visitor.lend();
    await visitor.say({ phase: { kind: "no-adapter" } });
    // What is to be typed is whole, dashes and all.
    for (const width of [390, 320]) {
      await page.setViewport({ width, height: 844 });
      const lines = await page.$$eval(".terms code span", (words) =>
        words.map((word) => [
          word.textContent,
          Math.round(word.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(word).lineHeight)),
        ]),
      );
      expect(lines.filter(([, height]) => height !== 1)).toEqual([]);
      expect(lines).toContainEqual(["--use-webgpu-adapter=swiftshader", 1]);
    }
  });

  test("a donor in another tab is shown live at once, can be told and stopped from here, and is missed when that tab is gone", async () => {
    const holder = await page.browserContext().newPage();
    await holder.goto(`${site.url}/privacy`);
    const lendThere = () =>
      holder.evaluate(async (state) => {
        let stop: () => void = () => undefined;
        const stopped = new Promise<void>((resolve) => {
          stop = resolve;
        });
        await new Promise<void>((held) => {
          void navigator.locks.request("idlewave-donor", () => {
            held();
            return stopped;
          });
        });
        const channel = new BroadcastChannel("idlewave-donor");
        const heard: string[] = [];
        channel.onmessage = ({ data }) => {
          heard.push(JSON.stringify(data));
          if (data.type === "ask") {
            channel.postMessage({ type: "holder", state });
            setInterval(
              () => channel.postMessage({ type: "fact", fact: { type: "share", gpuMillis: 125, wallMillis: 250, at: Date.now() } }),
              250,
            );
          }
          if (data.type === "stop") stop();
        };
        Object.assign(globalThis, {
          heard,
          tell: (change: object) => channel.postMessage({ type: "holder", state: { ...state, ...change } }),
        });
        channel.postMessage({ type: "holder", state });
      }, donorState());
    await lendThere();
    await page.bringToFront();
    const workers: string[] = [];
    page.on("workercreated", (worker) => workers.push(worker.url()));
    await visitor.open("/", "another-tab");
    expect(await visitor.h1()).toBe("Running in another tab.");
    expect(await page.$('[data-testid="lend"]')).toBeNull();
    await expect.poll(() => workers, { timeout: 20_000 }).toHaveLength(1); // the one that draws
    expect(await visitor.violations()).toEqual([]);
    expect(await page.$$eval(".dock-status *", (lines) => lines.map((line) => line.textContent))).toEqual([
      "Lending half",
      "In another tab",
    ]);
    expect(await page.$eval(".figures dd", (figure) => figure.textContent)).toBe("14");
    await page.mouse.move(300, 300);
    await visitor.settle();
    await page.click(".dock-less");
    const hears = (what: string) =>
      holder.waitForFunction((part) => (globalThis as unknown as { heard: string[] }).heard.includes(part), { polling: 100 }, what);
    await hears('{"type":"input"}');
    await hears('{"type":"dose","dose":0.25}');
    // The wave is told as it is there: its label is written anew with another dose.
    for (let step = 0; !/^Lending (49|50|51) %/.test(await page.$eval(".wave", (wave) => wave.ariaLabel ?? "")); step++) {
      expect(step).toBeLessThan(60);
      await page.click(step % 2 === 0 ? ".dock-more" : ".dock-less");
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const tell = (change: Partial<DonorState>) =>
      holder.evaluate((told) => (globalThis as unknown as { tell(of: object): void }).tell(told), change);
    await tell({ phase: { kind: "on-hold", reason: "battery", until: null }, dose: 0.25 });
    await page.waitForSelector('idlewave-page[data-state="on-hold"]');
    expect(await visitor.h1()).toBe("Waiting for your charger.");
    await page.click('[data-testid="anyway"]');
    await hears('{"type":"anyway","anyway":"battery"}');
    await tell({ dose: 0.25 });
    await page.waitForSelector('idlewave-page[data-state="another-tab"]');
    await page.click('[data-testid="stop"]');
    await page.waitForSelector('idlewave-page[data-state="stopped"]');
    await visitor.open();
    await lendThere();
    await page.waitForSelector('idlewave-page[data-state="another-tab"]');
    await holder.close();
    await page.waitForSelector('idlewave-page[data-state="before"]');
    // What was given is not forgotten with the tab that gave it.
    expect(await page.$eval(".figures dd", (figure) => figure.textContent)).toBe("14");
    // With the account it is.
    await page.evaluate(() => {
      const channel = new BroadcastChannel("idlewave-donor");
      channel.postMessage({ type: "forget" });
    });
    await page.waitForFunction(() => document.querySelector(".figures") === null);
  });

  test("no job, no coordinator and no WebGPU have words of their own", async () => {
    site.jobs = [];
    await visitor.open("/", "no-job");
    expect(await visitor.h1()).toBe("No job needs you yet.");
    expect(await page.$eval("p.lead", (lead) => lead.textContent)).toMatch(
      /^Here volunteers lend their graphics cards .* again every ten seconds\.$/,
    );
    expect(await visitor.violations()).toEqual([]);
    site.down = true;
    await visitor.open("/", "unreachable");
    expect(await visitor.violations()).toEqual([]);
    site.down = false;
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(Navigator.prototype, "gpu"));
    await visitor.open("/", "no-webgpu");
    expect(await visitor.violations()).toEqual([]);
    expect(await page.$('[data-testid="lend"]')).toBeNull();
  });
});
