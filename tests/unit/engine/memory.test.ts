/** On Dawn's null backend: what is made of GPU memory, beside what was reckoned. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Driver } from "../../../client/engine/driver.ts";
import { openEngine } from "../../../client/engine/engine.ts";
import { memoryOf } from "../../../client/engine/memory.ts";
import { eagerPace } from "../../../client/engine/pace.ts";
import type { BufferPlan } from "../../../shared/plan.ts";
import { planOf } from "../gateway/network.ts";
import { openNullDevice } from "../null-device.ts";

/** Places for boxes, time stamps and the like, whatever the job. */
const FIXED_BYTES = 512 * 1024;
const UNITS = 100;
const PACE = eagerPace(30_000);

/** Counts the bytes of the device's buffers that are not destroyed; answers the most there were at a time. */
function watch(device: GPUDevice): () => number {
  let [now, most] = [0, 0];
  const make = device.createBuffer.bind(device);
  vi.spyOn(device, "createBuffer").mockImplementation((descriptor) => {
    const buffer = make(descriptor);
    now += descriptor.size;
    most = Math.max(most, now);
    const destroy = buffer.destroy.bind(buffer);
    vi.spyOn(buffer, "destroy").mockImplementation(() => {
      now -= descriptor.size;
      return destroy();
    });
    return buffer;
  });
  return () => most;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the memory of a job", () => {
  it.each([1, 4096, 1024 * 1024, 12 * 1024 * 1024])("of %i values a unit is at most what was reckoned", async (values) => {
    const plan = planOf(UNITS, values);
    const [output] = plan.buffers as [BufferPlan];
    const beside = { ...output, name: "table", binding: 1, kind: "read-only-storage", byteLength: 4096 } as const;
    const file = { ...beside, init: { kind: "file", blob: "f".repeat(64), byteLength: 4000 } } as const;
    const whole = { ...plan, buffers: [output, file as BufferPlan] };
    const device = await openNullDevice();
    const most = watch(device);
    const engine = await openEngine(device, whole, new Map([["f".repeat(64), new Uint8Array(4000)]]));
    const driver = new Driver(PACE);
    const outcomes: Promise<unknown>[] = [];
    for (let index = 0; index < (values > 4096 ? 12 : UNITS); index++) {
      const { outcome, wantsNext } = driver.compute(engine, { index, row: undefined, pieces: new Map() });
      outcomes.push(outcome);
      await wantsNext;
    }
    await Promise.all(outcomes);
    expect(most()).toBeGreaterThan(4 * values);
    expect(most()).toBeLessThanOrEqual(memoryOf(whole) + FIXED_BYTES);
    engine.destroy();
    device.destroy();
  });
});
