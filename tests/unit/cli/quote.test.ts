import { describe, expect, it } from "vitest";
import { quoteWords } from "../../../server/cli/quote.ts";
import type { JobStatus } from "../../../shared/api.ts";

const NOW = new Date("2030-01-01T00:00:00Z");
const words = (quote: JobStatus["quote"], maxGpuHours: number | null = null) => quoteWords({ quote, maxGpuHours } as JobStatus, NOW);
const QUOTE = { executions: 2050, gpuHours: 12.345, hosts: 3, finishSeconds: 7200 };

describe("a quote in words", () => {
  it("has hours, executions, and when it would be done at the earliest", () => {
    expect(words(QUOTE)).toBe(
      "about 12 GPU-hours, for 2,050 executions; done in 2 hours at the earliest, if all 3 hosts that are here ran nothing else",
    );
    expect(words({ ...QUOTE, hosts: 1, finishSeconds: 20 })).toContain(
      "done in less than a minute at the earliest, if the one host that is here ran",
    );
    expect(words({ ...QUOTE, finishSeconds: 3 * 86_400 }, 20)).toContain(
      "12 GPU-hours, of 20 GPU-hours that it may take, for 2,050 executions; done on 2030-01-04",
    );
  });

  it("tells little time in seconds", () => {
    expect(words({ ...QUOTE, gpuHours: 0.001 })).toContain("about 3.6 GPU-seconds, for");
  });

  it("says that nobody is here, and is nothing where there is none", () => {
    expect(words({ ...QUOTE, hosts: 0, finishSeconds: null })).toContain("nobody is here now who could run it, so it has no date");
    expect(words(undefined)).toBe("");
  });
});
