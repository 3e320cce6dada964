import { describe, expect, it } from "vitest";
import { Driver, DriverStopped, type Pace } from "../../../client/engine/driver.ts";
import type { Engine } from "../../../client/engine/seam.ts";
import { workgroupsOf } from "../../../client/engine/slices.ts";
import { type Device, SimulatedDevice } from "./simulated-device.ts";

const POLITE = 4_000;
const DEVICE: Device = { perGroup: () => 10, width: 1, clock: "exact", noise: 0, seed: 1 };

function pace(more: Partial<Pace> = {}): Pace {
  return { targetMicros: () => POLITE, turn: () => Promise.resolve(), busy() {}, idle() {}, end() {}, ...more };
}

/** A dispatch of so many microseconds, `repeat` times. */
const passOf = (micros: number, repeat = 1) => ({ workgroups: [micros / 10, 1, 1] as [number, number, number], repeat });

/** Gives units as the driver wants them. */
async function feed(driver: Driver, engine: Engine, count: number): Promise<PromiseSettledResult<unknown>[]> {
  const outcomes = [];
  for (let index = 0; index < count; index++) {
    const { wantsNext, outcome } = driver.compute(engine, { index });
    outcomes.push(outcome);
    outcome.catch(() => undefined);
    await wantsNext;
  }
  return Promise.allSettled(outcomes);
}

describe("the driver", () => {
  it("runs passes, iterations and units in order, each workgroup once, and reads each unit after its last slice", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const log: string[] = [];
    const engine = gpu.engine([passOf(9_000, 3), passOf(200, 5)], undefined, log);
    const driver = new Driver(pace());
    const settled = feed(driver, engine, 3);
    await gpu.run();
    expect((await settled).map((result) => result.status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
    expect(log.filter((line) => !line.startsWith("run"))).toEqual([0, 1, 2].flatMap((unit) => [`open ${unit}`, `read ${unit}`]));
    const boxes = gpu.submits.flatMap((submit) => submit.boxes);
    const expected = [0, 1, 2].flatMap(() => [...Array(3).fill("0 900"), ...Array(5).fill("1 20")]);
    const seen: string[] = [];
    for (let i = 0; i < boxes.length; ) {
      const { pass, iteration } = boxes[i] ?? { pass: -1, iteration: 0 };
      let workgroups = 0;
      for (; boxes[i]?.pass === pass && boxes[i]?.iteration === iteration && boxes[i]?.box.from[0] === workgroups; i++) {
        workgroups += workgroupsOf(boxes[i]?.box.size ?? [0, 0, 0]);
      }
      seen.push(`${pass} ${workgroups}`);
    }
    expect(seen).toEqual(expected);
  });

  it.each([
    ["long units, sliced", 50_000, 8],
    ["units of half a target", 2_000, 200],
    ["units of a hundredth of a target", 40, 3_000],
  ])("queues at most two targets and never lets the GPU run dry: %s", async (_, micros, count) => {
    const gpu = new SimulatedDevice(DEVICE);
    const settled = feed(new Driver(pace()), gpu.engine([passOf(micros)]), count);
    await gpu.run();
    expect((await settled).every(({ status }) => status === "fulfilled")).toBe(true);
    const steady = gpu.submits.slice(25).filter(({ boxes }) => boxes.length > 0);
    for (const { queuedMicros, micros: own } of steady) expect(queuedMicros + own).toBeLessThanOrEqual(2.1 * POLITE);
    const dry = steady.slice(0, -1).filter(({ queuedMicros }) => queuedMicros === 0);
    expect(dry.length).toBeLessThan(0.05 * steady.length);
  });

  it("queues nothing behind a dispatch that is longer than two targets and cannot be sliced", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const settled = feed(new Driver(pace()), gpu.engine([passOf(20_000)], { whole: "It declares its own vec3." }), 5);
    await gpu.run();
    expect((await settled).every(({ status }) => status === "fulfilled")).toBe(true);
    expect(gpu.submits.map(({ boxes }) => boxes.length)).toEqual([1, 1, 1, 1, 1]);
    expect(gpu.submits.every(({ queuedMicros }) => queuedMicros === 0)).toBe(true);
  });

  it("submits nothing after stop, and is stopped when what was queued has run", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const log: string[] = [];
    const driver = new Driver(pace({ end: () => log.push("end") }));
    const settled = feed(driver, gpu.engine([passOf(100_000)], undefined, log), 3);
    let submitted = 0;
    let stoppedAt = 0;
    let idleAt = 0;
    gpu.after(150_000, () => {
      stoppedAt = gpu.now;
      submitted = gpu.submits.length;
      void driver.stop().then(() => {
        idleAt = gpu.now;
      });
    });
    await gpu.run();
    expect(gpu.submits.length).toBe(submitted);
    expect(idleAt - stoppedAt).toBeGreaterThan(0);
    expect(idleAt - stoppedAt).toBeLessThanOrEqual(2 * POLITE);
    const [first, ...others] = await settled;
    expect(first?.status).toBe("fulfilled");
    for (const other of others) expect(other).toMatchObject({ status: "rejected", reason: expect.any(DriverStopped) });
    expect(log.filter((line) => line === "close 1" || line === "end").sort()).toEqual(["close 1", "end"]);
    await expect(driver.compute(gpu.engine([passOf(10)]), { index: 9 }).outcome).rejects.toThrow(DriverStopped);
  });

  it("tells the pace of each end of the queue, and takes the target of the moment when its turn comes", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const log: string[] = [];
    let target = 10 * POLITE;
    let open: () => void = () => undefined;
    let gate: Promise<void> | undefined;
    const told = { busy: () => log.push("busy"), idle: () => log.push("idle") };
    const driver = new Driver(pace({ ...told, targetMicros: () => target, turn: () => gate ?? Promise.resolve() }));
    const settled = feed(driver, gpu.engine([passOf(1_000_000)]), 1);
    gpu.after(500_000, () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
      gpu.after(300_000, () => {
        target = POLITE;
        gate = undefined;
        open();
      });
    });
    await gpu.run();
    await settled;
    const gap = log.lastIndexOf("busy");
    expect(log[gap - 1]).toBe("idle");
    const longAgo = gpu.submits.findLastIndex(({ micros }) => micros > 2 * POLITE);
    expect(gpu.submits[longAgo + 1]?.queuedMicros).toBe(0);
    expect(gpu.submits.length - longAgo).toBeGreaterThan(50);
  });

  it("gives up only the unit whose input is bad", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const good = gpu.engine([passOf(3_000)]);
    const engine: Engine = {
      ...good,
      open: (unit) => {
        if (unit.index === 1) throw new RangeError("no row");
        return good.open(unit);
      },
    };
    const settled = feed(new Driver(pace()), engine, 4);
    await gpu.run();
    expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  });

  it("tells the share of a unit that is done and the GPU time of all its slices", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const shares: number[] = [];
    const { outcome } = new Driver(pace()).compute(gpu.engine([passOf(30_000, 2)]), { index: 7 }, (share) => shares.push(share));
    await gpu.run();
    expect(shares.at(-1)).toBe(1);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    expect(shares.length).toBeGreaterThan(10);
    const { gpuMicros, bytes } = await outcome;
    expect([...bytes]).toEqual([7]);
    expect(gpuMicros).toBeCloseTo(
      gpu.submits.reduce((total, { micros }) => total + micros, 0),
      -1,
    );
  });
});
