/**
 * The scene of the donor's tests: the worker alone, bundled once, and for each test a coordinator and a profile of its
 * own. A file that imports it is set up.
 */
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { DonorPhase, DonorState, Dose } from "../../client/donor/state.ts";
import { bundle, openBrowser } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";

/** Values of a unit whose result is above 64 KiB. */
export const LARGE_VALUES = 32_768;
/** More units than a test computes. */
export const MANY = (manifest: Record<string, unknown>) => {
  manifest.units = { count: 4000 };
};
/** Units of `LARGE_VALUES` values, each after so many steps. */
export const LARGE = (units: number, steps: number) => (manifest: Record<string, unknown>) => {
  Object.assign(manifest, { units: { count: units }, passes: [{ workgroups: [LARGE_VALUES / 64] }] });
  Object.assign(manifest, { output: [{ binding: "sums", dtype: "u32", shape: [LARGE_VALUES], reduce: { kind: "concat" } }] });
  Object.assign(manifest, { bindings: { params: { set: { unit: "$unit.index", steps } } } });
};
/** A page that the test answers counts as public, and public pages may not reach localhost without being asked. */
const LOCAL = ["--disable-features=LocalNetworkAccessChecks"];

export let network: Network;
let scripts: { page: string; worker: string };
/** One for all tests, until a test takes its GPU: a browser that has lost it often gives none any more. */
let browser: Browser | undefined;
let spent: Browser | undefined;
let profiles: BrowserContext[] = [];

beforeAll(async () => {
  const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  scripts = { page: await bundle(path("donor.page.ts")), worker: await bundle(path("../../client/donor/worker.ts")) };
});
beforeEach(async () => {
  [browser, network] = await Promise.all([browser ?? openBrowser({ args: LOCAL }), startNetwork()]);
  profiles = [await browser.createBrowserContext()];
});
afterEach(async () => {
  for (const profile of profiles) await profile.close();
  if (spent) {
    await spent.close();
    [browser, spent] = [undefined, undefined];
  }
  await network?.close();
});
afterAll(async () => {
  await browser?.close();
});

/** A tab on the coordinator's origin with a donor that is off; it opens even while the coordinator is down. */
export function openTab(): Promise<Page> {
  return openTabIn(own());
}

/** The same of somebody else's, with a profile of their own. */
export async function openPartner(): Promise<Page> {
  const other = await own().browser().createBrowserContext();
  profiles.push(other);
  return await openTabIn(other);
}

/** A tab of the coordinator's own page. */
export async function openPage(): Promise<Page> {
  const page = await own().newPage();
  await page.goto(network.url);
  return page;
}

function own(): BrowserContext {
  const [profile] = profiles;
  if (!profile) throw new Error("no test runs");
  return profile;
}

async function openTabIn(profile: BrowserContext): Promise<Page> {
  const page = await profile.newPage();
  page.on("request", (request) => {
    if (request.url() === `${network.url}/donor-test`) void request.respond({ contentType: "text/html", body: "<!doctype html>" });
  });
  await load(page);
  return page;
}

/** Loads the tab anew; its donor is off then. */
export async function load(page: Page): Promise<void> {
  // Only the document is answered here: an intercepted request of a worker may never be let go.
  await page.setRequestInterception(true);
  await page.goto(`${network.url}/donor-test`);
  await page.setRequestInterception(false);
  await page.addScriptTag({ content: scripts.page, type: "module" });
  await page.waitForFunction("globalThis.openDonor !== undefined");
  await openDonor(page);
}

/** Another donor in place of the tab's. `before` runs in its worker first. */
export async function openDonor(page: Page, before = ""): Promise<void> {
  await page.evaluate(`openDonor(${JSON.stringify(before + scripts.worker)})`);
}

/** A quarter is enough where no job is to end: other tests want the processor too. */
export const start = (page: Page, job = 0, dose: Dose = 0.25) =>
  page.evaluate(`control.start(${JSON.stringify({ origin: network.url, dose, job })})`);
export const last = (page: Page) => page.evaluate("states.at(-1)") as Promise<DonorState>;
export const untilPhase = (page: Page, kind: DonorPhase["kind"]) => untilState(page, `state?.phase.kind === ${JSON.stringify(kind)}`);
export const untilState = (page: Page, test: string) =>
  page.waitForFunction(`((state) => ${test})(states.at(-1))`, { timeout: 40_000, polling: 50 });

/** Takes all devices, and what runs on them. */
export async function crashGpu(): Promise<void> {
  const session = await own().browser().target().createCDPSession();
  await session.send("Browser.crashGpuProcess" as never).catch(() => undefined);
  spent = own().browser();
}
