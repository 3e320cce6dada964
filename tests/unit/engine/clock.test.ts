/** On Dawn's null backend, which runs nothing and leaves time stamps empty, as some drivers do. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openClock } from "../../../client/engine/clock.ts";
import { openNullDevice } from "../null-device.ts";

let device: GPUDevice;

beforeAll(async () => {
  device = await openNullDevice(["timestamp-query"]);
});
afterEach(() => vi.restoreAllMocks());

/** Times a submit with one dispatch's pass an owner, on a clock that goes on by `stepMillis` at each look. */
async function time(owners: object[], stepMillis: number): Promise<number[]> {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += stepMillis;
    return now;
  });
  const clock = openClock(device);
  const watch = clock.start(new Map(owners.map((owner) => [owner, 1])));
  const encoder = device.createCommandEncoder();
  for (const owner of owners) encoder.beginComputePass({ timestampWrites: watch.stamps(owner, 1) }).end();
  watch.resolve(encoder);
  device.queue.submit([encoder.finish()]);
  const micros = await watch.read();
  clock.destroy();
  return owners.map((owner) => micros.get(owner) ?? Number.NaN);
}

describe("the clock of a device whose time stamps are empty", () => {
  it("goes by the wall when the submit took long, so that slices do not grow without end", async () => {
    expect(await time([{}], 40)).toEqual([40_000]);
    expect(await time([{}, {}], 40)).toEqual([20_000, 20_000]);
  });

  it("takes no time of the wall for the GPU's in which the machine slept", async () => {
    expect(await time([{}], 3_600_000)).toEqual([0]);
  });

  it("believes no time of a submit that was too short for its stamps", async () => {
    expect(await time([{}], 1)).toEqual([0]);
  });
});
