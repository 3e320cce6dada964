/** The built page in Chromium, with a scripted donor: what it keeps between visits, and that nothing on it moves by itself. */
import { beforeEach, describe, expect, test } from "vitest";
import type { OwnUnit } from "../../client/donor/state.ts";
import { job, picture, primes } from "./page-fixtures.ts";
import { page, site, visitor } from "./page-scene.ts";
import { FINAL } from "./page-site.ts";

type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node: Node | null }[] };

beforeEach(async () => {
  await page.evaluateOnNewDocument(() => {
    const shifts: string[] = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Shift[]) {
        // Below a thousandth it is a digit that grew inside its own line.
        if (!entry.hadRecentInput && entry.value > 0.001)
          shifts.push(
            `${entry.value} at ${entry.startTime}: ${entry.sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 80)).join(" ")}`,
          );
      }
    }).observe({ type: "layout-shift", buffered: true });
    Object.assign(globalThis, { shifts });
  });
});

const own = (unit: number, state: OwnUnit["state"]): OwnUnit => ({ job: 1, unit, state, progress: 1 });
const label = (text: string) =>
  page.waitForFunction((part) => document.querySelector(".plate canvas")?.getAttribute("aria-label")?.includes(part), {}, text);
const databases = () => page.evaluate(() => indexedDB.databases().then((all) => all.map(({ name }) => name)));
const shifts = () => page.evaluate(() => (globalThis as unknown as { shifts: string[] }).shifts);
/** The picture has come: its size is the job's, which nobody knows before. */
const drawn = () => page.waitForSelector(".plate canvas.laid-out", { visible: true });
/** Where what can be seen of these is, and how large. */
const frames = (parts: string[]) =>
  page.evaluate(
    (all) =>
      all.map((each) => {
        const element = document.querySelector<HTMLElement>(each);
        const { left, top, width, height } = element?.getBoundingClientRect() ?? {};
        return [each, element?.checkVisibility({ visibilityProperty: true }), left, top, width, height];
      }),
    parts,
  );
/** Where what stands under the words is. */
const places = () =>
  page.evaluate(() => [".lead", ".figures", ".keep", ".label"].map((each) => document.querySelector(each)?.getBoundingClientRect().top));

describe("the visitor's own squares", () => {
  /** Three of one's own are final, one waits; they are kept, and the page is loaded anew. */
  async function comeBack(): Promise<void> {
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    const units = FINAL.slice(0, 3).map((unit) => own(unit, "final"));
    await visitor.tell({ type: "all-units", job: 1, units: [...units, own(FINAL.at(-1) as number, "waiting")] });
    await page.waitForFunction(() => indexedDB.databases().then((all) => all.some(({ name }) => name === "idlewave-units")));
    await page.waitForFunction(
      () =>
        new Promise((resolve) => {
          const opening = indexedDB.open("idlewave-units");
          opening.onsuccess = () => {
            const { result } = opening;
            if (!result.objectStoreNames.contains("jobs")) return resolve(false);
            const counting = result.transaction("jobs").objectStore("jobs").count();
            counting.onsuccess = () => resolve(counting.result === 1);
          };
        }),
    );
    site.asked = [];
    await visitor.open();
  }

  test("that waited and were verified meanwhile are yellow on the next visit, but for what was refused", async () => {
    await comeBack();
    await label("3 yours");
    const publicKey = "ab".repeat(32);
    await page.evaluate(
      (digits) =>
        new Promise<void>((resolve) => {
          const opening = indexedDB.open("idlewave-identity");
          opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
          opening.onsuccess = () => {
            const writing = opening.result.transaction("keys", "readwrite");
            const bytes = Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
            writing.objectStore("keys").put({ kind: "native", publicKey: bytes }, "device");
            writing.oncomplete = () => resolve();
          };
        }),
      publicKey,
    );
    await visitor.open();
    await label("4 yours");
    const volunteer = publicKey.slice(0, 12);
    site.refused = [{ unit: FINAL.at(-1) as number, volunteer, digest: "", canonical: "", at: "" }];
    site.asked = [];
    await visitor.open();
    await label("3 yours");
    await expect.poll(() => site.asked, { timeout: 30_000 }).toContain("/api/jobs/1/refused");
  });

  test("are there on the next visit, before consent, without a worker that connects", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await comeBack();
    await label(`${FINAL.length} of 380 units verified, 3 yours`);
    expect(await page.$eval(".plate canvas", (canvas) => canvas.getAttribute("aria-label"))).not.toContain("waiting");
    expect(site.asked.filter((path) => /socket|donation|donor/.test(path))).toEqual([]);
    expect(await visitor.state()).toBe("before");
  });

  test("are not there in a coordinator that began anew with the same numbers", async () => {
    await comeBack();
    site.jobs = [job({ createdAt: "2027-02-03T04:05:06.000Z" })];
    await visitor.open();
    await label("units verified");
    await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/api/network")));
    expect(await page.$eval(".plate canvas", (canvas) => canvas.getAttribute("aria-label"))).not.toContain("yours");
  });

  test("go from the picture when another tab forgets the account, and the page is as before the click", async () => {
    await comeBack();
    await visitor.lend();
    await visitor.say({ own: { job: 1, waiting: 0, final: 3 } });
    await visitor.tell({ type: "forgotten" });
    await visitor.say({ phase: { kind: "forgotten" } });
    await visitor.until("before");
    await page.waitForFunction(() => !document.querySelector("idlewave-page")?.classList.contains("lent"));
    expect(await page.$eval('[data-testid="lend"]', (element) => element.textContent)).toBe("Lend half my GPU");
    expect(await page.$(".figures")).toBeNull();
  });

  test("go from the picture of a page that lends nothing when another one forgets the account", async () => {
    await comeBack();
    await label("3 yours");
    const other = await page.browserContext().newPage();
    await other.goto(`${site.url}/privacy`);
    await other.evaluate(() => new BroadcastChannel("idlewave-donor").postMessage({ type: "forget" }));
    await page.bringToFront();
    await page.waitForFunction(() => !document.querySelector(".plate canvas")?.getAttribute("aria-label")?.includes("yours"));
    expect(await page.$(".lead mark, .lead .mine")).toBeNull();
  });

  test("leave nothing behind where nobody lent", async () => {
    await visitor.open();
    await label("units verified");
    expect(await databases()).toEqual([]);
  });
});

describe("the page keeps still", () => {
  test.each([
    [1280, 800],
    [900, 700],
    [390, 844],
  ])("%d x %d: while it loads, while units are verified and the words change", async (width, height) => {
    await page.setViewport({ width, height });
    await visitor.open();
    await drawn();
    expect(await shifts()).toEqual([]);
    const before = await frames(["h1", ".plate canvas"]);
    await visitor.lend();
    // The dock comes over room that was free.
    expect(await frames(["h1", ".plate canvas"])).toEqual(before);
    const asked = await places();
    await visitor.say({
      own: { job: 1, waiting: 0, final: 0 },
      units: { submitted: 0, final: 0, refused: 0 },
      gpuSeconds: 0,
      gflops: null,
    });
    const first = await places();
    expect(first).toEqual(asked);
    // What the click itself moved is the visitor's own doing.
    await page.evaluate(() => void (globalThis as unknown as { shifts: string[] }).shifts.splice(0));
    await visitor.say({});
    expect(await places()).toEqual(first);
    await visitor.say({ verified: [{ job: 1, unit: 305 }], gpuSeconds: 3 });
    await page.waitForFunction(() => document.querySelector("h1")?.textContent?.includes("Unit 305"));
    expect(await places()).toEqual(first);
    await page.waitForFunction(() => !document.querySelector("h1")?.textContent?.includes("Unit 305"), { timeout: 15_000 });
    expect(await places()).toEqual(first);
    expect(await shifts()).toEqual([]);
  });

  test.each([
    [1280, 800],
    [390, 844],
    [320, 640],
    [700, 400],
  ])("%d x %d: a picture that comes late appears in its place, and moves nothing", async (width, height) => {
    await page.setViewport({ width, height });
    let release = () => {};
    site.hold = new Promise((resolve) => {
      release = resolve;
    });
    await visitor.open();
    await label("units verified");
    const around = [".home", ".plate", ".legend", "h1", ".lead", ".lend", ".terms", ".label", ".below"];
    const before = await frames(around);
    expect(await page.$eval(".plate canvas", (canvas) => canvas.checkVisibility({ visibilityProperty: true }))).toBe(false);
    release();
    await drawn();
    expect(await frames(around)).toEqual(before);
    expect(await shifts()).toEqual([]);
  });

  test.each([
    [1280, 800],
    [390, 844],
  ])("%d x %d: units of two jobs in turn show one of them, and the picture has one place", async (width, height) => {
    await page.setViewport({ width, height });
    site.pictures.set(2, picture(0.1));
    await visitor.open();
    await label("units verified");
    await visitor.lend();
    const shown = () => page.$eval(".label strong", (title) => title.textContent);
    const jobs = [primes(), job()];
    await visitor.say({ job: primes() });
    const first = await shown();
    await page.evaluate(() => void (globalThis as unknown as { shifts: string[] }).shifts.splice(0));
    for (let turn = 0; turn < 4; turn++) {
      await visitor.say({ job: jobs[turn % 2] });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await shown()).toBe(first);
    }
    // The shown one ends: another takes its place, and its picture.
    await visitor.say({ job: primes({ state: "done" }) });
    await visitor.say({ job: job() });
    await page.waitForFunction((title) => document.querySelector(".label strong")?.textContent !== title, {}, first);
    await page.waitForFunction(() => document.querySelector(".plate canvas")?.getAttribute("aria-label")?.includes("of 380"));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await shifts()).filter((shift) => shift.includes('class="plate"'))).toEqual([]);
  });

  test("a smaller dose is answered at once, whatever was just verified", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({ verified: [{ job: 1, unit: 305 }] });
    await page.waitForFunction(() => document.querySelector("h1")?.textContent?.includes("Unit 305"));
    await page.click(".dock-less");
    const lead = () => page.$eval(".lead", (element) => element.textContent);
    expect(await lead()).toMatch(/^You chose less: at most a quarter/);
    await visitor.say({ verified: [{ job: 1, unit: 306 }], dose: 0.25 });
    expect(await lead()).toMatch(/^You chose less: at most a quarter/);
  });

  test("figures stay after Stop as they were at Stop", async () => {
    await visitor.open();
    await visitor.lend();
    await visitor.say({});
    await page.click('[data-testid="stop"]');
    await visitor.until("stopped");
    const story = () =>
      page.$eval("h1", (h1) => `${h1.textContent} ${document.querySelector(".figures")?.textContent}`.replace(/\s+/g, " "));
    const stopped = await story();
    expect(stopped).toContain("14 units");
    await visitor.say({ phase: { kind: "off" }, own: { job: 1, waiting: 0, final: 15 }, units: { submitted: 18, final: 15, refused: 0 } });
    // Long enough for it to be heard and drawn.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await story()).toBe(stopped);
  });

  test("headline, plate and table count the same units", async () => {
    site.jobs = [job({ units: { total: 380, final: FINAL.length - 30, failed: 2, leased: 11, voted: 9 } }), primes()];
    await visitor.open();
    const missing = 380 - 2 - FINAL.length;
    await page.waitForFunction((count) => document.querySelector("h1")?.textContent?.startsWith(`${count} `), {}, missing);
    expect(await page.$eval(".jobs tbody .number", (cell) => cell.textContent)).toBe(String(missing));
  });
});

test("the picture of a job that ended is asked for whole, once, and no more", async () => {
  await visitor.open();
  await label("units verified");
  site.jobs = [job({ state: "done", units: { total: 380, final: 380, failed: 0, leased: 0, voted: 0 } }), primes()];
  site.pictures.set(1, picture(1));
  await visitor.until("job-done");
  await expect.poll(() => site.since.filter((since) => since === 1).length, { timeout: 10_000 }).toBe(1);
  // Nothing of it changes any more: longer than between two questions nobody asks.
  const asked = () => site.asked.filter((path) => path.endsWith("/picture")).length;
  const last = asked();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(asked()).toBe(last);
});

test("under forced colours the five squares of the legend are told apart, and Stop can be read", async () => {
  await visitor.open();
  await visitor.lend();
  await visitor.say({});
  const session = await page.createCDPSession();
  for (const scheme of ["light", "dark"]) {
    const features = [
      { name: "forced-colors", value: "active" },
      { name: "prefers-color-scheme", value: scheme },
    ];
    await session.send("Emulation.setEmulatedMedia", { features });
    const looks: string[] = [];
    for (const swatch of await page.$$(".swatch")) looks.push(await swatch.screenshot({ encoding: "base64" }));
    expect(new Set(looks).size, scheme).toBe(5);
    for (const stop of [".dock-stop", ".reader-stop"]) {
      const [colour, ...grounds] = await page.$eval(stop, (button) => [
        getComputedStyle(button).color,
        getComputedStyle(button).backgroundColor,
        // Words are given the page's ground as a plate of their own, whatever the button's is.
        getComputedStyle(document.documentElement).backgroundColor,
      ]);
      expect(grounds, `${stop}, ${scheme}`).not.toContain(colour);
    }
  }
});
