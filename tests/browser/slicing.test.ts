/** Slicing changes no byte: random kernels, and every kernel of the fixtures and the gallery, whole and in slices. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Position } from "../../client/engine/seam.ts";
import { Judges } from "../../server/admit/admit.ts";
import { DiskBlobs } from "../../server/store/blobs.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { generator } from "../chaos/random.ts";
import { sliced } from "./engine.plans.ts";
import { openBrowser, openTestPage, type TestSite } from "./harness.ts";
import { admitted, FOREIGN, GALLERY, planFiles, unitInputs } from "./kernels.packages.ts";
import { growPlan } from "./slicing.kernels.ts";
import { randomSlices } from "./slicing.partitions.ts";

let folder: string;
let blobs: DiskBlobs;
let judges: Judges;
let browser: Browser;
let page: Page;
let site: TestSite;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-slicing-"));
  blobs = await DiskBlobs.open(folder);
  judges = new Judges();
  browser = await openBrowser();
  ({ page, site } = await openTestPage(browser, "tests/browser/engine.page.ts"));
  await page.evaluate("api.freshDevice()");
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await judges?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Result bytes of one unit: whole dispatches, or these slices, all in the queue at once. */
async function run(plan: JobPlan, unit: number, slices?: Position[]): Promise<string> {
  const given = { plan, units: await unitInputs(plan, [unit], blobs), files: await planFiles(plan, blobs) };
  const call = slices ? `api.slices(${JSON.stringify(given)}, ${JSON.stringify(slices)})` : `api.compute(${JSON.stringify(given)})`;
  const [result] = (await page.evaluate(call)) as { bytes: number[] }[];
  return Buffer.from(result?.bytes ?? []).toString("hex");
}

describe("random kernels", () => {
  const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
  it.each(SEEDS)("give the bytes of the whole run in any slices, in any order (seed %i)", async (seed) => {
    const random = generator(seed);
    const original = growPlan(random);
    const plan = sliced(original);
    const unit = random(1000);
    const whole = await run(original, unit);
    expect(await run(plan, unit), original.kernel).toBe(whole);
    for (let i = 0; i < 2; i++) {
      const slices = randomSlices(plan, random);
      expect((await run(plan, unit, slices)) === whole, `${JSON.stringify(slices)}\n${plan.kernel}`).toBe(true);
    }
  });
});

describe("kernels found elsewhere and the gallery's", async () => {
  const folders = (await Promise.all([FOREIGN, GALLERY].map(subfolders))).flat();
  // SwiftShader has no shader-f16.
  it.each(folders.filter((path) => !path.endsWith("/half")))("%s", async (path) => {
    const plan = await admitted(path, judges, blobs);
    expect(plan.slicing).toHaveProperty("group");
    const random = generator(1);
    for (const unit of [0, plan.units.count - 1]) {
      const whole = await run(plan, unit);
      expect((await run(await originalOf(plan, path), unit)) === whole, "rewritten against original").toBe(true);
      for (let i = 0; i < 3; i++) expect((await run(plan, unit, randomSlices(plan, random))) === whole, "sliced against whole").toBe(true);
    }
  });
});

async function subfolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
}

/** The plan with the kernel as its owner wrote it. */
async function originalOf(plan: JobPlan, path: string): Promise<JobPlan> {
  const passes = plan.passes.map((pass) => ({ ...pass, entryPoint: pass.entryPoint.replace(/^sliced_entry_/, "") }));
  return { ...plan, kernel: await readFile(join(path, "kernel.wgsl"), "utf8"), passes, slicing: { whole: "It is the owner's text." } };
}
