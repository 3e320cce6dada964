/** What the canary's measurement makes of a GPU that fails at the benchmark, before anything of the job has run. */
import { expect, it } from "vitest";
import { measure } from "../../../client/canary/measure.ts";
import type { OpenAdapter } from "../../../client/donor/adapter.ts";
import type { Inputs } from "../../../client/donor/inputs/inputs.ts";
import { BENCHMARK_PLAN } from "../../../client/engine/benchmark-plan.ts";
import { EngineError, type EngineErrorCode } from "../../../client/engine/engine-error.ts";

it.each<EngineErrorCode>(["endless", "validation"])(
  "a benchmark that is %s is the GPU's fault, as a lost device is, and nothing is found",
  async (code) => {
    const inputs = { plan: async () => BENCHMARK_PLAN } as unknown as Inputs;
    const adapter = { openDevice: () => Promise.reject(new EngineError(code, "A dispatch did not end.")) } as unknown as OpenAdapter;
    const told: unknown[] = [];
    const measuring = measure({ adapter, inputs, plan: "p", below: () => 0, tell: (found) => told.push(found) });
    await expect(measuring).rejects.toMatchObject({
      code: "device-lost",
      message: "The benchmark could not be run: A dispatch did not end.",
    });
    expect(told).toEqual([]);
  },
);
