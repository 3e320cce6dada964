/**
 * The scene of the donor's tests: the worker alone, bundled once, and for each test a coordinator and a browser of its
 * own. A file that imports it is set up.
 */
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer";
import { afterEach, beforeAll, beforeEach } from "vitest";
import type { DonorPhase, DonorState, Dose } from "../../client/donor/state.ts";
import { bundle, openBrowser } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";

/** Of the job `jobs/lcg` as it is. */
export const UNITS = 24;
export const STEPS = 200_000;
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
let browser: Browser;
let others: Browser[] = [];

beforeAll(async () => {
  const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  scripts = { page: await bundle(path("donor.page.ts")), worker: await bundle(path("../../client/donor/worker.ts")) };
});
beforeEach(async () => {
  [browser, network] = await Promise.all([openBrowser({ args: LOCAL }), startNetwork()]);
});
afterEach(async () => {
  for (const each of [browser, ...others]) await each?.close();
  others = [];
  await network?.close();
});

/** A tab on the coordinator's origin with a donor that is off; it opens even while the coordinator is down. */
export function openTab(): Promise<Page> {
  return openTabOf(browser);
}

/** The same of somebody else's, in a browser of their own. */
export async function openPartner(): Promise<Page> {
  const other = await openBrowser({ args: LOCAL });
  others.push(other);
  return await openTabOf(other);
}

/** A tab of the coordinator's own page. */
export async function openPage(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(network.url);
  return page;
}

async function openTabOf(owner: Browser): Promise<Page> {
  const page = await owner.newPage();
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

export const start = (page: Page, job = 0, dose: Dose = 0.9) =>
  page.evaluate(`control.start(${JSON.stringify({ origin: network.url, dose, job })})`);
export const last = (page: Page) => page.evaluate("states.at(-1)") as Promise<DonorState>;
export const untilPhase = (page: Page, kind: DonorPhase["kind"]) => untilState(page, `state?.phase.kind === ${JSON.stringify(kind)}`);
export const untilState = (page: Page, test: string) =>
  page.waitForFunction(`((state) => ${test})(states.at(-1))`, { timeout: 40_000, polling: 50 });

/** Takes all devices, and what runs on them. */
export async function crashGpu(): Promise<void> {
  const session = await browser.target().createCDPSession();
  await session.send("Browser.crashGpuProcess" as never).catch(() => undefined);
}
