/** The engine on another browser and another compiler of WGSL: Firefox, on a software driver of Vulkan. `npm test` leaves it out where there is none, and says so. */
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BENCHMARK_PLAN } from "../../client/engine/benchmark-plan.ts";
import { sums } from "../../shaders/benchmark/reference.mjs";
import { unframe } from "../../shared/result.ts";
import { generator } from "../chaos/random.ts";
import * as plans from "./engine.plans.ts";
import { openFirefox, openTestPage, type TestSite } from "./harness.ts";
import { growPlan } from "./slicing.kernels.ts";
import { randomSlices } from "./slicing.partitions.ts";

type Results = { bytes: number[] }[];

let browser: Browser;
let page: Page;
let site: TestSite;

beforeAll(async () => {
  browser = await openFirefox();
  ({ page, site } = await openTestPage(browser, "tests/browser/engine.page.ts"));
  await call("freshDevice");
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const call = <T>(name: string, ...args: unknown[]) =>
  page.evaluate(`api[${JSON.stringify(name)}](...${JSON.stringify(args)})`) as Promise<T>;
const units = (...indices: number[]) => indices.map((index) => ({ index }));

describe("the engine in Firefox", () => {
  it("fills a uniform by unit, clears buffers, repeats and swaps", async () => {
    const affine = await call<Results>("compute", { plan: plans.affine, units: units(0, 1, 999) });
    expect(affine.map(({ bytes }) => plans.unframe(bytes))).toEqual([0, 1, 999].map((unit) => [plans.affineOnCpu(unit)]));
    const traces = { plan: plans.traces, units: units(3, 4, 3), files: { [plans.HASH]: plans.tracesFile } };
    expect((await call<Results>("compute", traces)).map(({ bytes }) => plans.unframe(bytes))).toEqual([3, 4, 3].map(plans.tracesOnCpu));
    const swapping = await call<{ results: Results }>("drive", { plan: plans.swapping, units: units(0, 1, 77) });
    expect(swapping.results.map(({ bytes }) => plans.unframe(bytes))).toEqual([0, 1, 77].map(plans.swappingOnCpu));
  });

  it("drives many short units to the end: no read-back waits for ever", async () => {
    const many = Array.from({ length: 100 }, (_, unit) => unit);
    const { results } = await call<{ results: Results }>("drive", { plan: plans.affine, units: units(...many) });
    expect(results.map(({ bytes }) => plans.unframe(bytes))).toEqual(many.map((unit) => [plans.affineOnCpu(unit)]));
  });

  it("cuts the benchmark into slices of the polite target, and gets the answer that integers give", async () => {
    const { bytes, submits } = await call<{ bytes: number[]; submits: unknown[] }>(
      "atTarget",
      { plan: BENCHMARK_PLAN, units: units(7) },
      4_000,
    );
    const [output] = unframe(BENCHMARK_PLAN, new Uint8Array(bytes));
    expect([...new Uint32Array((output as Uint8Array).slice().buffer)]).toEqual([...sums(7)]);
    expect(submits.length).toBeGreaterThan(1);
  });

  // Firefox has no `linear_indexing` yet: jobs that need it go to hosts that tell it.
  const kernels = Array.from({ length: 60 }, (_, seed) => ({ seed, original: growPlan(generator(seed)) }));
  const known = kernels.filter(({ original }) => !/linear_indexing|workgroup_index|global_invocation_index/.test(original.kernel));
  it.each(known)("gives the bytes of the whole run in any slices (seed $seed)", async ({ seed, original }) => {
    const random = generator(seed);
    const plan = plans.sliced(original);
    const given = { units: units(random(1000)) };
    const [whole] = await call<Results>("compute", { ...given, plan: original });
    const [sliced] = await call<Results>("slices", { ...given, plan }, randomSlices(plan, random));
    expect(sliced?.bytes).toEqual(whole?.bytes);
  });
});
