import { describe, expect, it, vi } from "vitest";
import { type MeasuredSpeed, type SpeedShelf, toldSpeed } from "../../../../client/donor/computing/host-speed.ts";
import type { Host } from "../../../../shared/messages.ts";

const words = { vendor: "intel", architecture: "xe-lpg", browser: "firefox", os: "linux" };
const HOST: Host = { ...words, software: false, features: [], limits: {} };

/** A shelf in memory, and a GPU of that speed that counts how often it is measured. */
function scene(gflops: number) {
  let kept: MeasuredSpeed | undefined;
  const seen = { measured: 0, kept: () => kept };
  const shelf: SpeedShelf = {
    load: async () => kept,
    save: async (measured) => {
      kept = measured;
    },
  };
  const measure = async () => {
    seen.measured++;
    return gflops;
  };
  return { seen, shelf, measure };
}

describe("the speed of a host", () => {
  it("is measured once, and told as a power of two", async () => {
    const { seen, shelf, measure } = scene(1_700);
    expect(await toldSpeed(HOST, shelf, measure)).toBe(2_048);
    expect(await toldSpeed(HOST, shelf, measure)).toBe(2_048);
    expect(seen.measured).toBe(1);
    expect(seen.kept()?.gflops).toBe(1_700);
  });

  it("is told as 1 where it is less", async () => {
    const { shelf, measure } = scene(0.01);
    expect(await toldSpeed(HOST, shelf, measure)).toBe(1);
  });

  it("is measured anew on another GPU", async () => {
    const { seen, shelf, measure } = scene(3);
    await toldSpeed(HOST, shelf, measure);
    await toldSpeed({ ...HOST, architecture: "gen-12lp" }, shelf, measure);
    expect(seen.measured).toBe(2);
  });

  it("is not waited for long, and kept when it comes", async () => {
    const { seen, shelf } = scene(1);
    let found: (gflops: number) => void = () => undefined;
    const slow = new Promise<number>((resolve) => {
      found = resolve;
    });
    expect(await toldSpeed(HOST, shelf, () => slow)).toBeUndefined();
    found(5);
    await vi.waitFor(() => expect(seen.kept()?.gflops).toBe(5));
    expect(await toldSpeed(HOST, shelf, () => slow)).toBe(4);
  });

  it("is left out, and not kept, where the GPU could not be measured", async () => {
    const { seen, shelf } = scene(1);
    expect(await toldSpeed(HOST, shelf, () => Promise.reject(new Error("device lost")))).toBeUndefined();
    expect(seen.kept()).toBeUndefined();
  });
});
