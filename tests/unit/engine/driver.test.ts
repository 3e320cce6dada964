import { describe, expect, it } from "vitest";
import { Driver, DriverStopped, TooLong } from "../../../client/engine/driver.ts";
import { eagerPace, type Pace } from "../../../client/engine/pace.ts";
import type { Engine } from "../../../client/engine/seam.ts";
import { workgroupsOf } from "../../../client/engine/slices.ts";
import type { Every } from "../../../client/engine/watchdog.ts";
import { buffer } from "../../browser/engine.plans.ts";
import { type Device, SimulatedDevice } from "./simulated-device.ts";

const POLITE = 4_000;
const DEVICE: Device = { perGroup: () => 10, width: 1, clock: "exact", noise: 0, seed: 1 };

function pace(more: Partial<Pace> = {}): Pace {
  return { ...eagerPace(POLITE), ...more };
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

/** The watchdog's timer in the device's time. */
function virtual(gpu: SimulatedDevice): Every {
  return (ms, act) => {
    let isOn = true;
    const next = () =>
      gpu.after(1_000 * ms, () => {
        if (!isOn) return;
        act();
        next();
      });
    next();
    return () => {
      isOn = false;
    };
  };
}

/** An engine that notes how many workgroups of each unit were run. */
function counted(engine: Engine, ran: Map<number, number>): Engine {
  return {
    ...engine,
    run: (unit, position) => {
      ran.set(unit.index, (ran.get(unit.index) ?? 0) + workgroupsOf(position.box.size));
      return engine.run(unit, position);
    },
  };
}

/** An engine whose units take so many bytes on the GPU. */
function unitsOf(byteLength: number, engine: Engine): Engine {
  return { ...engine, plan: { ...engine.plan, buffers: [buffer("words", 0, "storage", byteLength)] } };
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

  it("runs every workgroup of short units of two jobs that lie in the lane together", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const ran = new Map<number, number>();
    const small = counted(gpu.engine([passOf(60)]), ran);
    const large = counted(gpu.engine([passOf(40), passOf(110, 2)]), ran);
    const driver = new Driver(pace());
    const engineOf = (index: number) => (index % 10 < 5 ? small : large);
    const outcomes = Array.from({ length: 120 }, (_, index) => driver.compute(engineOf(index), { index }).outcome);
    await gpu.run();
    expect((await Promise.allSettled(outcomes)).filter(({ status }) => status === "rejected")).toEqual([]);
    expect([...ran.values()].sort()).toEqual([...Array(60).fill(26), ...Array(60).fill(6)].sort());
  });

  it("reads no unit of which workgroups are left", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const log: string[] = [];
    const small = gpu.engine([passOf(60)], undefined, log);
    const large = gpu.engine([passOf(90)]);
    // Its plan grows after the driver has learnt it: the driver goes on to cut units by the old one.
    let plan = small.plan;
    const engine = Object.defineProperty({ ...small }, "plan", { get: () => plan });
    const driver = new Driver(pace());
    const first = driver.compute(engine, { index: 0 }).outcome;
    await gpu.run();
    await first;
    plan = large.plan;
    const second = driver.compute(engine, { index: 1 }).outcome;
    const refused = expect(second).rejects.toThrow("Unit 1 came to its end with 6 of 9 workgroups run");
    await gpu.run();
    await refused;
    expect(log).not.toContain("read 1");
    expect(log).toContain("close 1");
  });

  it.each([
    ["so many as fit", 10, 3],
    ["one, however large it is,", 80, 1],
  ])("puts no more units into one submit than the GPU's memory should hold: %s", async (_, mebibytes, most) => {
    const gpu = new SimulatedDevice(DEVICE);
    const engine = unitsOf(mebibytes * 2 ** 20, gpu.engine([passOf(40)]));
    const settled = feed(new Driver(pace()), engine, 200);
    await gpu.run();
    expect((await settled).every(({ status }) => status === "fulfilled")).toBe(true);
    expect(Math.max(...gpu.submits.map(({ units }) => units.length))).toBe(most);
  });

  it("ends a unit that it gives up only when what was submitted of it has run", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const driver = new Driver(pace());
    const { outcome } = driver.compute(gpu.engine([passOf(1_000_000)]), { index: 0 });
    let idleAt = 0;
    let endedAt = 0;
    const ended = outcome.catch(() => {
      endedAt = gpu.now;
    });
    gpu.after(150_000, () => {
      void driver.stop().then(() => {
        idleAt = gpu.now;
      });
    });
    await gpu.run();
    await ended;
    expect(endedAt).toBeGreaterThan(150_000);
    expect(endedAt).toBe(idleAt);
  });

  it.each([
    ["alone in its chunk", 100_000, [0]],
    ["and another unit in its chunk", 1_000, [20, 21]],
  ])("gives up when a unit does not end, %s, and says which may be to blame", async (_, micros, suspects) => {
    const gpu = new SimulatedDevice(DEVICE);
    const good = gpu.engine([passOf(micros)]);
    const log: string[] = [];
    // A queue is worked off in order.
    let hangs = false;
    const unlessHung = <T>(run: () => Promise<T>): Promise<T> => (hangs ? new Promise(() => undefined) : run());
    const engine: Engine = {
      ...good,
      run: (unit, position) => {
        hangs ||= suspects.includes(unit.index);
        return unlessHung(() => good.run(unit, position));
      },
      read: (unit) => unlessHung(() => good.read(unit)),
      close: (unit) => log.push(`close ${unit.index}`),
    };
    const driver = new Driver(pace(), virtual(gpu));
    const outcomes = Array.from({ length: 30 }, (_, index) => driver.compute(engine, { index }).outcome);
    const settled = Promise.allSettled(outcomes);
    const before = driver.isHung;
    await gpu.run();
    const words = (await settled).map((result) =>
      result.status === "rejected" ? `${result.reason.name} ${result.reason.code ?? ""}` : "done",
    );
    expect([before, driver.isHung]).toEqual([false, true]);
    expect(words.flatMap((word, unit) => (word === "EngineError endless" ? [unit] : []))).toContain(suspects[0]);
    expect(words.slice(0, suspects[0])).toEqual(Array(suspects[0]).fill("done"));
    expect(words.at(-1)).toBe("DriverStopped ");
    // Nothing is asked of the device that hangs.
    expect(log).toEqual([]);
    await driver.stop();
    await expect(driver.compute(engine, { index: 99 }).outcome).rejects.toThrow(DriverStopped);
  });

  it("waits two minutes for a kernel that has finished units, and goes on with it", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const good = gpu.engine([passOf(100_000)]);
    let stalls = 0;
    const engine: Engine = {
      ...good,
      async run(unit, position) {
        if (unit.index === 20 && stalls++ === 0) await new Promise<void>((over) => gpu.after(120_000_000, over));
        return await good.run(unit, position);
      },
    };
    const driver = new Driver(pace(), virtual(gpu));
    const outcomes = Promise.allSettled(Array.from({ length: 30 }, (_, index) => driver.compute(engine, { index }).outcome));
    await gpu.run();
    expect([(await outcomes).every(({ status }) => status === "fulfilled"), driver.isHung, stalls > 0]).toEqual([true, false, true]);
  });

  it.each([
    ["a dispatch that cannot be cut", { whole: "test" }, passOf(50_000), 3],
    ["one far too long", { whole: "test" }, passOf(200_000), 1],
    [
      "a workgroup that is too long by itself",
      { group: 0, binding: 9 },
      { workgroups: [4, 1, 1] as [number, number, number], repeat: 1 },
      3,
    ],
  ])("gives units up that hold the GPU for longer than is allowed at once, once it knows: %s", async (_, slicing, pass, most) => {
    const gpu = new SimulatedDevice({ ...DEVICE, perGroup: () => (pass.workgroups[0] === 4 ? 13_000 : 10) });
    const engine = gpu.engine([pass], slicing);
    let longest = 12_000;
    const driver = new Driver(pace({ longestMicros: () => longest }));
    const outcomes = feed(driver, engine, 8);
    await gpu.run();
    const words = (await outcomes).map((result) => (result.status === "rejected" ? result.reason : undefined));
    expect(words.at(-1)).toBeInstanceOf(TooLong);
    expect(words.at(-1).micros).toBeGreaterThan(12_000);
    expect(gpu.submits.filter(({ boxes }) => boxes.length > 0).length).toBeLessThanOrEqual(most);

    longest = 1_000_000;
    const later = feed(driver, engine, 2);
    await gpu.run();
    expect((await later).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  });

  it("runs what nobody knows the time of alone: behind nothing, and with nothing behind it", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const driver = new Driver(pace());
    const known = gpu.engine([passOf(1_000)]);
    const first = feed(driver, known, 30);
    await gpu.run();
    await first;
    const from = gpu.submits.length;
    const unknown = gpu.engine([passOf(40_000)]);
    const outcomes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 10, 11].map(
      (index) => driver.compute(index === 100 ? unknown : known, { index }).outcome,
    );
    await gpu.run();
    await Promise.all(outcomes);
    const submits = gpu.submits.slice(from).filter(({ boxes }) => boxes.length > 0);
    const probe = submits.findIndex(({ units }) => units.includes(100));
    expect(submits[probe]?.boxes.map(({ box }) => box.size)).toEqual([[1, 1, 1]]);
    expect(submits.slice(probe, probe + 2).map(({ queuedMicros }) => queuedMicros)).toEqual([0, 0]);
    expect(submits.slice(0, probe).some(({ queuedMicros }) => queuedMicros > 0)).toBe(true);
  });

  it("computes what is short enough, whole or in slices", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const driver = new Driver(pace({ longestMicros: () => 12_000 }));
    const outcomes = [feed(driver, gpu.engine([passOf(9_000)], { whole: "test" }), 5), feed(driver, gpu.engine([passOf(90_000)]), 5)];
    await gpu.run();
    for (const ended of await Promise.all(outcomes)) expect(ended.map(({ status }) => status)).toEqual(Array(5).fill("fulfilled"));
  });

  it("ends a stop that waits for what does not end", async () => {
    const gpu = new SimulatedDevice(DEVICE);
    const engine: Engine = { ...gpu.engine([passOf(1_000)]), run: () => new Promise(() => undefined) };
    const driver = new Driver(pace(), virtual(gpu));
    const outcome = expect(driver.compute(engine, { index: 0 }).outcome).rejects.toMatchObject({ code: "endless" });
    await new Promise((resolve) => setImmediate(resolve));
    const stopped = driver.stop();
    await gpu.run();
    await stopped;
    await outcome;
  });
});
