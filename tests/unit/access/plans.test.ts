import { describe, expect, it } from "vitest";
import { Plans } from "../../../server/access/plans.ts";
import type { JobRow } from "../../../server/core/store.ts";
import type { JobId } from "../../../shared/ids.ts";
import { planOf } from "../gateway/network.ts";

describe("plans that are kept", () => {
  const plan = new TextEncoder().encode(JSON.stringify(planOf(7)));

  /** Plans of any jobs, and the jobs whose plans were read, in order. */
  function plans(maxBytes?: number): { plans: Plans; read: number[] } {
    const read: number[] = [];
    const row = (job: JobId) => ({ id: job, plan: String(job), manifest: "{}" }) as JobRow;
    const blobs = {
      get: async (hash: string) => {
        read.push(Number(hash));
        return plan;
      },
    };
    return { plans: new Plans(row, blobs, maxBytes), read };
  }
  const ask = async (of: Plans, ...jobs: number[]) => {
    for (const job of jobs) await of.of(job as JobId);
  };

  it("are read once by whoever lists many jobs again and again", async () => {
    const { plans: of, read } = plans();
    const jobs = Array.from({ length: 600 }, (_, i) => i + 1);
    await ask(of, ...jobs);
    await Promise.all(jobs.map((job) => of.of(job as JobId)));
    expect(read).toEqual(jobs);
  });

  it("are those that were asked for last, where there is no room for all", async () => {
    const { plans: of, read } = plans(3 * plan.byteLength);
    await ask(of, 1, 2, 3, 1, 4, 1, 3, 2);
    expect(read).toEqual([1, 2, 3, 4, 2]);
  });

  it("are given though one alone is more than is kept, and are asked for anew after a fault", async () => {
    const { plans: of, read } = plans(1);
    await ask(of, 1, 1, 2, 1);
    expect(read).toEqual([1, 2, 1]);
    let fails = true;
    const row = (job: JobId) => ({ id: job, plan: "p", manifest: "{}" }) as JobRow;
    const failing = new Plans(row, { get: async () => (fails ? undefined : plan) });
    await expect(failing.of(5 as JobId)).rejects.toThrow("is missing");
    fails = false;
    expect((await failing.of(5 as JobId)).resultBytes).toBeGreaterThan(0);
  });
});
