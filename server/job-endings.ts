/**
 * Voids what jobs that are over leave open in the store: job after job, in small steps between commits, and commits keep most
 * of the time. What a stop or a crash leaves, the next start takes up.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { JobId } from "../shared/ids.ts";
import type { Store } from "./core/store.ts";

/** A step is followed by so many times its own length for others. */
const REST = 3;

export class JobEndings {
  private readonly store: Pick<Store, "endJob">;
  private readonly onFailure: (error: unknown) => void;
  private readonly jobs = new Set<JobId>();
  private running = false;
  private step: Promise<boolean> | null = null;
  private closed = false;

  constructor(store: Pick<Store, "endJob">, onFailure: (error: unknown) => void) {
    this.store = store;
    this.onFailure = onFailure;
  }

  /** The job's end must be on disk. */
  add(job: JobId): void {
    this.jobs.add(job);
    if (!this.running) void this.run();
  }

  /** Begins no further step and resolves when the one under way is done. */
  async close(): Promise<void> {
    this.closed = true;
    await this.step?.catch(ignoreReported);
  }

  private async run(): Promise<void> {
    this.running = true;
    try {
      for (const job of this.jobs) {
        while (!this.closed && (await this.isLeft(job)));
        this.jobs.delete(job);
      }
    } catch (error) {
      this.onFailure(error);
    }
    this.running = false;
  }

  private async isLeft(job: JobId): Promise<boolean> {
    const begun = performance.now();
    this.step = this.store.endJob(job);
    const left = await this.step;
    if (left) await delay(REST * (performance.now() - begun), undefined, { ref: false });
    return left;
  }
}

/** The failure went to onFailure. */
function ignoreReported(): void {}
