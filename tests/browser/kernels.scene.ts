/** What a test file of kernels needs: a judge, blobs in a temporary folder, and a page with a device of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll } from "vitest";
import { Judges } from "../../server/admit/admit.ts";
import { DiskBlobs } from "../../server/store/blobs.ts";
import { openBrowser, openTestPage, type TestSite } from "./harness.ts";

/** There from the first test to the last. */
export interface KernelScene {
  blobs: DiskBlobs;
  judges: Judges;
  page: Page;
}

/** Opened before the tests of the file and closed after them. */
export function kernelScene(): KernelScene {
  const scene = {} as KernelScene;
  let folder: string;
  let browser: Browser;
  let site: TestSite;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "idlewave-kernels-"));
    scene.blobs = await DiskBlobs.open(folder);
    scene.judges = new Judges();
    browser = await openBrowser();
    ({ page: scene.page, site } = await openTestPage(browser, "tests/browser/engine.page.ts"));
    await scene.page.evaluate("api.freshDevice()");
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await scene.judges?.close();
    await rm(folder, { recursive: true, force: true });
  });
  return scene;
}
