import { describe, expect, it } from "vitest";
import { SliceController, START } from "../../../client/engine/controller.ts";
import { Driver } from "../../../client/engine/driver.ts";
import { eagerPace, type Pace } from "../../../client/engine/pace.ts";
import { workgroupsOf } from "../../../client/engine/slices.ts";
import { type Clock, type Device, SimulatedDevice, type Submit } from "./simulated-device.ts";

const POLITE = 4_000;
const IDLE = 30_000;
/** After so many slices the target must be met. */
const LEARNING = 20;

function pace(target: () => number): Pace {
  return { ...eagerPace(0), targetMicros: target };
}

/** Runs `units` of a dispatch on a device; answers its submits. */
async function slice(device: Device, target: (done: number) => number, workgroups: [number, number, number], units = 1): Promise<Submit[]> {
  const gpu = new SimulatedDevice(device);
  const driver = new Driver(pace(() => target(gpu.submits.length)));
  const engine = gpu.engine([{ workgroups, repeat: 1 }]);
  const outcomes = Array.from({ length: units }, (_, index) => driver.compute(engine, { index }).outcome);
  await gpu.run();
  await Promise.all(outcomes);
  return gpu.submits;
}

/** Times over the target of all submits after the first `skip`; one that ends its dispatch may be short. */
function ratios(submits: readonly Submit[], target: number, skip = LEARNING): number[] {
  const last = submits.at(-1);
  return submits
    .slice(skip)
    .filter((submit) => submit !== last && submit.boxes.length > 0)
    .map(({ micros }) => micros / target);
}

const share = (values: readonly number[], holds: (value: number) => boolean) => values.filter(holds).length / values.length;
const CLOCKS: Clock[] = ["exact", "coarse", "completions"];

describe("the slice controller", () => {
  for (const clock of CLOCKS)
    for (const target of [POLITE, IDLE])
      for (const width of [1, 2, 32])
        it(`keeps to ${target} us with ${clock} times and ${width} workgroups at once, from 1 to 100 us a workgroup`, async () => {
          for (const micros of [1, 3, 10, 30, 100])
            for (const seed of [1, 2, 3]) {
              const workgroups = Math.ceil((120 * target) / micros);
              const grid: [number, number, number] = workgroups > 60_000 ? [1000, Math.ceil(workgroups / 1000), 1] : [workgroups, 1, 1];
              const found = ratios(await slice({ perGroup: () => micros, width, clock, noise: 0.15, seed }, () => target, grid), target);
              expect(found.length).toBeGreaterThan(50);
              expect(
                share(found, (ratio) => ratio >= 0.5 && ratio <= 2),
                `${micros} us`,
              ).toBeGreaterThanOrEqual(0.95);
              expect(Math.max(...found), `${micros} us`).toBeLessThan(3);
            }
        });

  it.each(CLOCKS)("begins with one workgroup and never makes a slice above the target on the way, with %s times", async (clock) => {
    const submits = await slice({ perGroup: () => 20, width: 8, clock, noise: 0.1, seed: 5 }, () => IDLE, [20_000, 1, 1]);
    expect(submits[0]?.boxes.map(({ box }) => workgroupsOf(box.size))).toEqual([1]);
    for (const { micros } of submits) expect(micros).toBeLessThan(1.5 * IDLE);
  });

  it("does not go below what the host runs at once, since fewer take as long", async () => {
    const submits = await slice({ perGroup: () => 100, width: 64, clock: "exact", noise: 0.05, seed: 2 }, () => POLITE, [6400, 1, 1]);
    const sizes = submits.slice(LEARNING, -1).map(({ boxes }) => boxes.reduce((sum, { box }) => sum + workgroupsOf(box.size), 0));
    for (const size of sizes) {
      expect(size).toBeGreaterThanOrEqual(32);
      expect(size).toBeLessThanOrEqual(80);
    }
  });

  it("never has a slice of over 100 ms when the kernel becomes dearer by and by, up to fifty times", async () => {
    const perGroup = (index: number) => 10 * 50 ** (index / 60_000);
    const submits = await slice({ perGroup, width: 4, clock: "coarse", noise: 0.1, seed: 9 }, () => IDLE, [60_000, 1, 1]);
    for (const { micros } of submits) expect(micros).toBeLessThan(100_000);
  });

  it("finds back to the target after a stretch that takes ten times as long", async () => {
    const perGroup = (index: number) => (index > 20_000 && index < 24_000 ? 100 : 10);
    const submits = await slice({ perGroup, width: 4, clock: "exact", noise: 0.1, seed: 4 }, () => POLITE, [60_000, 1, 1]);
    const found = ratios(submits, POLITE);
    expect(share(found, (ratio) => ratio >= 0.5 && ratio <= 2)).toBeGreaterThan(0.9);
    expect(Math.max(...found)).toBeLessThan(11);
  });

  it("follows a target that changes, up step by step and down at once", async () => {
    const target = (done: number) => (done < 40 ? POLITE : done < 80 ? IDLE : POLITE);
    const submits = await slice({ perGroup: () => 10, width: 4, clock: "exact", noise: 0.05, seed: 4 }, target, [60_000, 3, 1]);
    for (const { micros } of submits) expect(micros).toBeLessThan(1.5 * IDLE);
    for (const { micros } of submits.slice(50, 80)) expect(micros).toBeGreaterThan(IDLE / 2);
    for (const { micros } of submits.slice(81, 120)) expect(micros).toBeLessThan(2 * POLITE);
  });

  it("puts many short units into one submit", async () => {
    const submits = await slice({ perGroup: () => 5, width: 4, clock: "coarse", noise: 0.1, seed: 7 }, () => POLITE, [4, 1, 1], 3000);
    const steady = submits.slice(LEARNING, -1);
    expect(Math.max(...steady.map(({ units }) => units.length))).toBeGreaterThan(20);
    expect(Math.max(...submits.map(({ micros }) => micros))).toBeLessThan(2 * POLITE);
  });
});

describe("what is left of a unit", () => {
  it("is without end while a pass was never measured, then shrinks with every iteration and workgroup done", () => {
    const controller = new SliceController([{ workgroups: [64, 1, 1], repeat: 4 }], true);
    expect(controller.left(START)).toBe(Number.POSITIVE_INFINITY);
    // Longer and longer slices, until the whole dispatch was one.
    for (let tried = 0; tried < 64; ) {
      const chunk = controller.chunk(1_000_000);
      const added = chunk.add(START);
      if (!added) throw new Error("an empty chunk has no room");
      tried = workgroupsOf(added.position.box.size);
      controller.learn(chunk, 1_000 * tried);
    }
    const whole = controller.left(START);
    expect(whole).toBeCloseTo(4 * 64_000, 0);
    expect(controller.left({ pass: 0, iteration: 2, done: 0 })).toBeCloseTo(whole / 2, 3);
    expect(controller.left({ pass: 0, iteration: 3, done: 48 })).toBeCloseTo(whole / 16, 3);
    expect(controller.left({ pass: 1, iteration: 0, done: 0 })).toBe(0);
  });
});
