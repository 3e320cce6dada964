/** On Dawn's null backend: what is recorded, what is submitted, and whose time it was. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { create, globals } from "webgpu";
import { Batcher } from "../../../client/engine/batch.ts";
import { Lifeline } from "../../../client/engine/lifeline.ts";

let device: GPUDevice;
let pipeline: GPUComputePipeline;
let batch: Batcher;

beforeAll(async () => {
  Object.assign(globalThis, globals);
  const adapter = await create(["backend=null"]).requestAdapter();
  if (!adapter) throw new Error("Dawn has no null backend here");
  device = await adapter.requestDevice();
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
});
