/** On Dawn's null backend: what is recorded, what is submitted, and whose time it was. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Batcher } from "../../../client/engine/batch.ts";
import { BoxPlaces } from "../../../client/engine/boxes.ts";
import { Lifeline } from "../../../client/engine/lifeline.ts";
import { MAX_SUBMIT_BYTES, MAX_SUBMIT_DISPATCHES } from "../../../client/engine/limits.ts";
import { openNullDevice } from "../null-device.ts";

const COPY_DST = 8; // GPUBufferUsage, whose global Node lacks

let device: GPUDevice;
let pipeline: GPUComputePipeline;
let batch: Batcher;

beforeAll(async () => {
  device = await openNullDevice();
  const module = device.createShaderModule({ code: "@compute @workgroup_size(1) fn main() {}" });
  pipeline = device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
});
beforeEach(() => {
  batch = new Batcher(device, new Lifeline(device));
});
afterEach(() => {
  batch.destroy();
  vi.restoreAllMocks();
});

const dispatch = (owner: object) => batch.dispatch(owner, { pipeline, groups: [], workgroups: [1, 1, 1] });

describe("a batch", () => {
  it("shares the time of a submit among the dispatches of all its owners, so that their sum is its time", async () => {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => {
      now += 40;
      return now;
    });
    const [one, other] = [{}, {}];
    const times = await Promise.all([dispatch(one), dispatch(one), dispatch(one), dispatch(other)]);
    expect(times).toEqual([10_000, 10_000, 10_000, 10_000]);
  });

  it("is one submit of as many bytes and dispatches as the driver puts into a chunk", async () => {
    const submit = vi.spyOn(device.queue, "submit");
    const target = device.createBuffer({ size: MAX_SUBMIT_BYTES, usage: COPY_DST });
    const half = new Uint8Array(MAX_SUBMIT_BYTES / 2);
    for (const at of [0, half.byteLength]) batch.write(target, at, half);
    const owner = {};
    await Promise.all(Array.from({ length: MAX_SUBMIT_DISPATCHES }, () => dispatch(owner)));
    expect(submit).toHaveBeenCalledTimes(1);
  });

  it("ends a submit before uploads that are too many for it", async () => {
    const submit = vi.spyOn(device.queue, "submit");
    const target = device.createBuffer({ size: MAX_SUBMIT_BYTES, usage: COPY_DST });
    batch.write(target, 0, new Uint8Array(MAX_SUBMIT_BYTES));
    batch.write(target, 0, new Uint8Array(4));
    await dispatch({});
    expect(submit).toHaveBeenCalledTimes(2);
  });
});

describe("the places for boxes", () => {
  it("hold the boxes of one submit, and have what is recorded submitted before they are written anew", () => {
    let flushes = 0;
    const places = new BoxPlaces(device, () => flushes++);
    const offsets = (first: number) =>
      Array.from({ length: MAX_SUBMIT_DISPATCHES }, (_, i) => places.offsetOf([first + i, 0, 0], [60_000, 1, 1]));
    const before = offsets(0);
    expect(new Set(before).size).toBe(MAX_SUBMIT_DISPATCHES);
    expect(offsets(0)).toEqual(before);
    expect(flushes).toBe(0);
    expect(offsets(MAX_SUBMIT_DISPATCHES)).toEqual(before);
    expect(flushes).toBe(1);
    places.destroy();
  });
});
