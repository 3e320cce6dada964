import { describe, expect, it, vi } from "vitest";
import { Hardware, type HardwareParts } from "../../../../client/donor/computing/hardware.ts";
import { NO_WISHES } from "../../../../client/donor/manners/wishes.ts";
import type { DonorPhase, DonorState } from "../../../../client/donor/state.ts";
import { JOB_LIMITS } from "../../../../shared/limits.ts";

/** The GPU of a session whose connection is not up yet; the jobs that were looked up for it, and why nothing can be lent. */
function scene(isFallbackAdapter: boolean) {
  const looked: number[] = [];
  const none: DonorPhase[] = [];
  const told: Partial<DonorState>[] = [];
  const limits = Object.fromEntries(JOB_LIMITS.map((name) => [name, 1]));
  const adapter = { info: { vendor: "a", architecture: "", isFallbackAdapter }, features: new Set<string>(), limits };
  const status = (job: number) => {
    looked.push(job);
    return new Promise(() => undefined);
  };
  const parts = {
    ...{
      wishes: NO_WISHES,
      expected: 7,
      inputs: { status },
      throttle: { longestMicros: () => 1e9 },
      report: { set: (change: Partial<DonorState>) => told.push(change) },
    },
    speeds: { load: async () => undefined, save: async () => undefined },
    machine: { gpu: { requestAdapter: async () => adapter }, browser: "node", os: "linux" },
    ...{ isStopped: () => false, onChange: () => undefined, onLost: () => undefined, onNone: (phase: DonorPhase) => none.push(phase) },
  };
  return { hardware: new Hardware(parts as unknown as HardwareParts), looked, none, told };
}

describe("the GPU of a run", () => {
  it("has the likely job's kernel fetched while the connection is being made, where it is a graphics card", async () => {
    const { hardware, looked } = scene(false);
    await vi.waitFor(() => expect(looked).toEqual([7]));
    expect(hardware.workshop).toBeDefined();
    // The coordinator's word is no second beginning.
    void hardware.introduce(false);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(looked).toEqual([7]);
  });

  it("tells that it measures the speed of the GPU, and when it does no more, well or not", async () => {
    const { hardware, told } = scene(false);
    await hardware.introduce(false);
    await vi.waitFor(() => expect(told.flatMap(({ measuring }) => measuring ?? [])).toEqual([true, false]));
  });

  it("begins nothing on a processor before the coordinator has said that it takes any", async () => {
    const { hardware, looked, none } = scene(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([looked, hardware.workshop]).toEqual([[], undefined]);
    expect(await hardware.introduce(false)).toBeNull();
    expect([looked, none]).toEqual([[], [{ kind: "software-adapter" }]]);
    const welcome = scene(true);
    void welcome.hardware.introduce(true);
    await vi.waitFor(() => expect(welcome.looked).toEqual([7]));
  });
});
