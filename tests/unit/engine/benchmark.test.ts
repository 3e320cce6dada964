import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { measureGflops } from "../../../client/engine/benchmark.ts";
import { BENCHMARK_PLAN, BENCHMARK_SOURCE } from "../../../client/engine/benchmark-plan.ts";
import { Driver } from "../../../client/engine/driver.ts";
import { eagerPace } from "../../../client/engine/pace.ts";
import { admitFolder } from "../../../server/cli/check.ts";
import { BENCHMARK_GFLOP, GFLOP_PER_CREDIT } from "../../../shared/credit.ts";
import { GALLERY } from "../../browser/kernels.packages.ts";
import { type Clock, SimulatedDevice } from "./simulated-device.ts";

const POLITE = 4_000;
const [BENCHMARK_PASS] = BENCHMARK_PLAN.passes;
if (!BENCHMARK_PASS) throw new Error("the benchmark has no pass");

describe("the benchmark", () => {
  it("is what admission makes of its package, and its operations are those that the owner declares", async () => {
    const { admitted } = await admitFolder(`${GALLERY}benchmark`);
    expect(BENCHMARK_PLAN).toEqual(admitted.plan);
    expect(BENCHMARK_SOURCE).toBe(readFileSync(`${GALLERY}benchmark/kernel.wgsl`, "utf8"));
    expect(admitted.manifest.gflopPerUnit).toBe(BENCHMARK_GFLOP);
    const [x, y, z] = BENCHMARK_PASS.workgroups;
    const rounds = Number(BENCHMARK_PLAN.buffers[0]?.writes[1]?.value.offset);
    expect(BENCHMARK_PLAN.kernel).toContain("const WORKGROUP = 64u");
    expect((x * y * z * 64 * rounds * 24) / 1e9).toBe(BENCHMARK_GFLOP);
  });

  it("makes exactly one credit, all of it", () => {
    expect(BENCHMARK_PLAN.units.count * Math.round(1e9 * BENCHMARK_GFLOP)).toBe(GFLOP_PER_CREDIT * 1e9);
  });

  it.each([
    ["exact", 10],
    ["exact", 1_000],
    ["exact", 10_000],
    ["coarse", 1_000],
    ["completions", 100],
  ] as [Clock, number][])(
    "with a clock of the kind %s it finds a GPU of %i GFLOP/s as fast as it is, in slices of the target",
    async (clock, gflops) => {
      const perGroup = (1e6 * BENCHMARK_GFLOP) / gflops / BENCHMARK_PASS.workgroups[0];
      const gpu = new SimulatedDevice({ perGroup: () => perGroup, width: 10, clock, noise: 0, seed: 1 });
      const driver = new Driver(eagerPace(POLITE));
      const measuring = measureGflops(driver, gpu.engine([BENCHMARK_PASS]));
      await gpu.run();
      const found = await measuring;
      expect(Math.abs(Math.log2(found / gflops))).toBeLessThan(0.5);
      for (const { micros } of gpu.submits) expect(micros).toBeLessThan(3 * POLITE);
    },
  );
});
