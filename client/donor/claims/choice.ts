/**
 * Which jobs this donor claims: the one the visitor chose, or any. A job that cannot run here is left to others for a while,
 * and meanwhile the others are claimed by their numbers: the coordinator would give the most urgent one again and again.
 */
import type { JobStatus } from "../../../shared/api.ts";
import { byServingOrder } from "../../../shared/serving.ts";

/** A job that cannot run here is left alone for this long. */
const LEFT_FOR_MS = 5 * 60_000;
/** Jobs that are asked for by number in one go. */
const MAX_NUMBERED = 16;

export class Choice {
  private readonly wished: number;
  private readonly jobs: () => Promise<readonly JobStatus[]>;
  private readonly now: () => number;
  private readonly leftUntil = new Map<number, number>();

  /** `wished` 0: any job. `jobs`: all jobs of the coordinator. */
  constructor(wished: number, jobs: () => Promise<readonly JobStatus[]>, now: () => number = () => performance.now()) {
    this.wished = wished;
    this.jobs = jobs;
    this.now = now;
  }

  /** Claims the job no more for a while, `forMs` milliseconds. False when it was left already. */
  leave(job: number, forMs = LEFT_FOR_MS): boolean {
    const known = (this.leftUntil.get(job) ?? Number.NEGATIVE_INFINITY) > this.now();
    this.leftUntil.set(job, this.now() + forMs);
    return !known;
  }

  /** Numbers to claim, the most urgent first; 0 is any job, none means that there is nothing for this host. Rejects as `jobs` does. */
  async numbers(): Promise<number[]> {
    for (const [job, until] of this.leftUntil) if (until <= this.now()) this.leftUntil.delete(job);
    if (this.wished !== 0) return this.leftUntil.has(this.wished) ? [] : [this.wished];
    if (this.leftUntil.size === 0) return [0];
    const running = (await this.jobs()).filter(({ id, state }) => state === "running" && !this.leftUntil.has(id));
    running.sort(byServingOrder);
    return running.slice(0, MAX_NUMBERED).map(({ id }) => id);
  }
}
