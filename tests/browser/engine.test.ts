import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Position } from "../../client/engine/seam.ts";
import { unitSeed } from "../../shared/expand.ts";
import type { JobPlan } from "../../shared/plan.ts";
import * as plans from "./engine.plans.ts";
import { openBrowser, openTestPage, type TestSite } from "./harness.ts";

interface Given {
  plan: JobPlan;
  units: { index: number; row?: number[]; pieces?: [number, number[]][] }[];
  files?: Record<string, number[]>;
}
type Results = { bytes: number[]; micros: number }[];

let browser: Browser;
let page: Page;
let site: TestSite;

beforeAll(async () => {
  browser = await openBrowser();
  ({ page, site } = await openTestPage(browser, "tests/browser/engine.page.ts"));
  await call("freshDevice");
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

function call<T>(name: string, ...args: unknown[]): Promise<T> {
  return page.evaluate(`api[${JSON.stringify(name)}](...${JSON.stringify(args)})`) as Promise<T>;
}

const units = (...indices: number[]) => indices.map((index) => ({ index }));

describe("the engine on WebGPU", () => {
  it("fills a uniform struct by unit and takes overrides", async () => {
    const results = await call<Results>("compute", { plan: plans.affine, units: units(0, 1, 999) });
    expect(results.map(({ bytes }) => plans.unframe(bytes))).toEqual([0, 1, 999].map((unit) => [plans.affineOnCpu(unit)]));
    for (const { bytes } of results) expect(bytes.slice(0, 8)).toEqual([0, 4, 0, 0, 0, 0, 0, 0]);
  });

  it("clears and initialises every buffer before each unit", async () => {
    const given: Given = { plan: plans.traces, units: units(3, 4, 3), files: { [plans.HASH]: plans.tracesFile } };
    const results = await call<Results>("compute", given);
    expect(results.map(({ bytes }) => plans.unframe(bytes))).toEqual([3, 4, 3].map(plans.tracesOnCpu));
    const driven = await call<{ results: Results }>("drive", given);
    expect(driven.results.map(({ bytes }) => plans.unframe(bytes))).toEqual([3, 4, 3].map(plans.tracesOnCpu));
  });

  it("lets a kernel that writes out of bounds spoil nothing but the buffer that it writes to", async () => {
    const many = units(...Array(50).keys());
    const { results } = await call<{ results: Results }>("drive", { plan: plans.spilling, units: many });
    expect(results.map(({ bytes }) => plans.unframe(bytes))).toEqual(many.map(({ index }) => [plans.spillingOnCpu(index)]));
    const after = await call<Results>("compute", { plan: plans.affine, units: units(1) });
    expect(after.map(({ bytes }) => plans.unframe(bytes))).toEqual([[plans.affineOnCpu(1)]]);
  });

  it("repeats a pass, swaps buffers between iterations and sets fields before each", async () => {
    for (const how of ["compute", "drive"]) {
      const answer = await call<Results | { results: Results }>(how, { plan: plans.swapping, units: units(0, 1, 77) });
      const results = Array.isArray(answer) ? answer : answer.results;
      expect(results.map(({ bytes }) => plans.unframe(bytes))).toEqual([0, 1, 77].map(plans.swappingOnCpu));
    }
  });

  it("gives each unit its row, its seed and its piece of a file, and zeroes padding", async () => {
    const row = (a: number, b: number) => [...new Uint8Array(new BigInt64Array([BigInt(a), BigInt(b)]).buffer)];
    const piece = (from: number, length: number) => Array.from({ length }, (_, i) => from + i);
    const given: Given = {
      plan: plans.pieces,
      units: [
        { index: 0, row: row(11, 12), pieces: [[0, piece(0, 10)]] },
        { index: 2, row: row(13, 14), pieces: [[0, piece(20, 4)]] },
      ],
    };
    const results = await call<Results>("compute", given);
    const seeds = [0, 2].map((unit) => unitSeed(1234567n, unit));
    const words = (seed: bigint) => [Number(seed & 0xffffffffn), Number(seed >> 32n)];
    const [first, last] = results.map(({ bytes }) => plans.unframe(bytes));
    expect(first?.[0]).toEqual([1, 1, 2, 3, 5, 5, 6, 7, 9, 9]);
    expect(last?.[0]).toEqual([21, 21, 22, 23, 1, 0, 0, 0, 1, 0]);
    const item = (seed: bigint, a: number, b: number) => [...words(seed), a, 2 * b + 1, a, 2 * b + 1, 0, 0];
    expect(first?.[1]).toEqual(
      Array(3)
        .fill(item(seeds[0] as bigint, 11, 12))
        .flat(),
    );
    expect(last?.[1]).toEqual(
      Array(3)
        .fill(item(seeds[1] as bigint, 13, 14))
        .flat(),
    );
  });

  it("runs any boxes of workgroups, in any order inside an iteration, and sets an iteration's fields once", async () => {
    const box = (pass: number, iteration: number, x: number): Position => ({
      pass,
      iteration,
      box: { from: [x, 0, 0], size: [1, 1, 1] },
    });
    const steps = Array.from({ length: plans.STEPS }, (_, step) => (step % 2 === 0 ? [1, 0] : [0, 1]).map((x) => box(0, step, x)));
    const positions = [...steps.flat(), box(1, 0, 1), box(1, 0, 0)];
    const results = await call<Results>("slices", { plan: plans.swapping, units: units(0, 1, 77) }, positions);
    expect(results.map(({ bytes }) => plans.unframe(bytes))).toEqual([0, 1, 77].map(plans.swappingOnCpu));
    const counting = await call<Results>(
      "slices",
      { plan: plans.counting, units: units(0, 1) },
      [3, 1, 0, 2].map((x) => box(0, 0, x)),
    );
    expect(counting.map(({ bytes }) => plans.unframe(bytes))).toEqual([0, 1].map((unit) => [[100 + unit + 4]]));
  });

  it("runs more different boxes than it has places for, recorded at once", async () => {
    const { plan, workgroups, expected } = plans.wide;
    const positions = Array.from({ length: workgroups }, (_, i): Position => {
      const x = (i * 7) % workgroups;
      return { pass: 0, iteration: 0, box: { from: [x, 0, 0], size: [1, 1, 1] } };
    });
    const results = await call<Results>("slices", { plan, units: units(0, 1) }, positions);
    expect(results.map(({ bytes }) => plans.unframe(bytes))).toEqual([[expected], [expected]]);
  });

  it("overlaps units: the next is wanted before the last is back", async () => {
    const { results, log } = await call<{ results: Results; log: string[] }>("drive", { plan: plans.slow, units: units(0, 1, 2, 3) });
    expect(new Set(results.map(({ bytes }) => bytes.join())).size).toBe(1);
    for (const unit of [0, 1, 2]) expect(log.indexOf(`wants next after ${unit}`)).toBeLessThan(log.indexOf(`done ${unit}`));
    for (const { micros } of results) expect(micros).toBeGreaterThan(0);
  });

  it("puts short units together: far fewer submits than units, each with its own result", async () => {
    const many = Array.from({ length: 300 }, (_, unit) => unit);
    const { results, submits } = await call<{ results: Results; submits: number }>("drive", { plan: plans.affine, units: units(...many) });
    expect(results.map(({ bytes }) => plans.unframe(bytes))).toEqual(many.map((unit) => [plans.affineOnCpu(unit)]));
    expect(submits).toBeLessThan(150);
  });

  it("cuts a long kernel into many submits at the polite target, the first of one workgroup, and gives the bytes of the whole", async () => {
    const given: Given = { plan: plans.slow, units: units(0) };
    const whole = await call<Results>("compute", given);
    const sliced = await call<{ bytes: number[]; submits: { workgroups: number }[] }>("atTarget", given, 4_000);
    expect(sliced.bytes).toEqual(whole[0]?.bytes);
    expect(sliced.submits[0]?.workgroups).toBe(1);
    expect(sliced.submits.length).toBeGreaterThan(16);
    expect(sliced.submits.reduce((sum, { workgroups }) => sum + workgroups, 0)).toBe(64);
  });

  it("runs a kernel that cannot be sliced whole, whatever the target", async () => {
    const given: Given = { plan: plans.countingWhole, units: units(0) };
    const whole = await call<Results>("compute", given);
    const driven = await call<{ bytes: number[]; submits: { workgroups: number }[] }>("atTarget", given, 1);
    expect(driven.bytes).toEqual(whole[0]?.bytes);
    const [x, y, z] = plans.countingWhole.passes[0]?.workgroups ?? [0, 0, 0];
    expect(driven.submits.map(({ workgroups }) => workgroups)).toEqual([x * y * z]);
  });

  it.each([
    ["between iterations that swap buffers and set fields", plans.swapping, 50],
    ["inside a long dispatch", plans.slow, 4_000],
  ] as const)("goes on from a checkpoint %s and comes to the same bytes", async (_, plan, targetMicros) => {
    const given: Given = { plan, units: units(7) };
    const [first] = await call<Results>("compute", given);
    const { whole, places, resumed } = await call<{ whole: number[]; places: object[]; resumed: number[][] }>(
      "fromCheckpoints",
      given,
      targetMicros,
      6,
    );
    expect(whole).toEqual(first?.bytes);
    expect(places.length).toBeGreaterThan(2);
    for (const [at, bytes] of resumed.entries()) expect(bytes, JSON.stringify(places[at])).toEqual(whole);
  });

  it("submits nothing after stop, and what was submitted finishes", async () => {
    const settled = await call<string[]>("stopHalfway", { plan: plans.slow, units: units(0, 1, 2, 3, 4, 5) });
    expect(settled).toContain("0 done");
    expect(settled.filter((line) => line.endsWith("DriverStopped")).length).toBeGreaterThanOrEqual(3);
  });
});

describe("the engine refuses", () => {
  const failure = (given: Given, box?: unknown) => call<{ code: string; message: string }>("failure", given, box);

  it("a kernel that does not compile, naming the line", async () => {
    const broken = { ...plans.affine, kernel: plans.affine.kernel.replace("params.a", "params.missing") };
    const { code, message } = await failure({ plan: broken, units: units(0) });
    expect(code).toBe("validation");
    expect(message).toMatch(/6:31 .*missing/);
  });

  it("a plan whose buffers do not fit the kernel", async () => {
    const small = { ...plans.affine, buffers: [{ ...plans.affine.buffers[0], byteLength: 4, writes: [] }, plans.affine.buffers[1]] };
    expect((await failure({ plan: small as JobPlan, units: units(0) })).code).toBe("validation");
  });

  it("a part of a dispatch that runs whole, with the reason", async () => {
    const given = { plan: plans.countingWhole, units: units(0) };
    expect((await failure(given)).code).toBe("none");
    const { code, message } = await failure(given, { from: [1, 0, 0], size: [3, 1, 1] });
    expect([code, message]).toEqual(["not-sliceable", "This kernel runs its dispatches whole: It is a test."]);
  });

  it("a box that does not lie inside the dispatch", async () => {
    for (const box of [
      { from: [1, 0, 0], size: [4, 1, 1] },
      { from: [0, 0, 0], size: [0, 1, 1] },
      { from: [-1, 0, 0], size: [1, 1, 1] },
      { from: [0.5, 0, 0], size: [1, 1, 1] },
      { from: [0, 0, 0], size: [1, 1] },
    ]) {
      expect((await failure({ plan: plans.affine, units: units(0) }, box)).code).toBe("validation");
    }
  });

  it("a missing file, a missing piece and a value that overflows", async () => {
    expect((await failure({ plan: plans.traces, units: units(0) })).code).toBe("bad-input");
    expect((await failure({ plan: plans.pieces, units: [{ index: 0, row: Array(16).fill(0) }] })).code).toBe("bad-input");
    expect((await failure({ plan: plans.affine, units: units(2 ** 40) })).code).toBe("overflow");
  });

  it("a buffer for which there is no memory", async () => {
    const huge = 2 ** 28;
    const plan = { ...plans.affine, buffers: [plans.affine.buffers[0], { ...plans.affine.buffers[1], byteLength: 2 * huge }] };
    // Above the default limit the device calls it invalid; it must not count as a result either way.
    expect(["out-of-memory", "validation"]).toContain((await failure({ plan: plan as JobPlan, units: units(0) })).code);
  });
});

describe("a lost device", () => {
  it("rejects what runs, and a new device computes again", async () => {
    const running = call<string>("untilLost", { plan: plans.slow, units: units(0) });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const session = await browser.target().createCDPSession();
    await session.send("Browser.crashGpuProcess" as never);
    expect(await running).toBe("device-lost");
    await call("freshDevice");
    const results = await call<Results>("compute", { plan: plans.affine, units: units(5) });
    expect(plans.unframe(results[0]?.bytes ?? [])).toEqual([plans.affineOnCpu(5)]);
  });
});
