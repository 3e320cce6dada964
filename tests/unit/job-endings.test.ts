import { describe, expect, it } from "vitest";
import { JobEndings } from "../../server/job-endings.ts";
import type { JobId } from "../../shared/ids.ts";

const [ONE, TWO] = [1 as JobId, 2 as JobId];

/** Jobs with so many steps left; each step waits until it is let go. */
class Steps {
  readonly left: Map<JobId, number>;
  readonly begun: JobId[] = [];
  private readonly waiting: (() => void)[] = [];

  constructor(left: [JobId, number][]) {
    this.left = new Map(left);
  }

  async endJob(job: JobId): Promise<boolean> {
    this.begun.push(job);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    const left = (this.left.get(job) ?? 0) - 1;
    this.left.set(job, left);
    return left > 0;
  }

  /** Lets the step that is under way end, once there is one. */
  async next(): Promise<void> {
    await expect.poll(() => this.waiting.length, { timeout: 30_000 }).toBe(1);
    this.waiting.shift()?.();
  }
}

function unexpected(error: unknown): void {
  throw error;
}

describe("the ends of jobs", () => {
  it("are made one step after the other, job after job", async () => {
    const steps = new Steps([
      [ONE, 3],
      [TWO, 2],
    ]);
    const endings = new JobEndings(steps, unexpected);
    endings.add(ONE);
    for (let step = 0; step < 2; step++) await steps.next();
    endings.add(TWO);
    for (let step = 0; step < 3; step++) await steps.next();
    expect(steps.begun).toEqual([ONE, ONE, ONE, TWO, TWO]);
    await expect.poll(() => [...steps.left.values()], { timeout: 30_000 }).toEqual([0, 0]);
    endings.add(ONE);
    await steps.next();
    expect(steps.begun).toHaveLength(6);
  });

  it("stop between two steps when they are closed", async () => {
    const steps = new Steps([[ONE, 3]]);
    const endings = new JobEndings(steps, unexpected);
    endings.add(ONE);
    let isClosed = false;
    const closing = endings.close().then(() => {
      isClosed = true;
    });
    await Promise.resolve();
    expect(isClosed).toBe(false);
    await steps.next();
    await closing;
    endings.add(TWO);
    expect([steps.begun, steps.left.get(ONE)]).toEqual([[ONE], 2]);
  });

  it("tell of a step that failed, and take no other", async () => {
    const failures: unknown[] = [];
    let steps = 0;
    const endJob = async () => {
      steps++;
      throw new Error("no room");
    };
    const endings = new JobEndings({ endJob }, (error) => failures.push(error));
    endings.add(ONE);
    await expect.poll(() => failures, { timeout: 30_000 }).toMatchObject([{ message: "no room" }]);
    await endings.close();
    expect(steps).toBe(1);
  });
});
