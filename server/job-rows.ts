/** What is said of jobs: their rows as they are on disk, and how many of their units become final. */
import type { JobState } from "../shared/api.ts";
import type { JobId } from "../shared/ids.ts";
import { isOver, type JobRow, type StoreOp } from "./core/store.ts";
import { FinalRate } from "./rate.ts";

export class JobRows {
  private readonly rows = new Map<JobId, JobRow>();
  private readonly rates = new Map<JobId, FinalRate>();

  add(row: JobRow): void {
    this.rows.set(row.id, row);
    this.rates.set(row.id, new FinalRate());
  }

  /** By id. */
  all(): JobRow[] {
    return [...this.rows.values()];
  }

  get(id: JobId): JobRow | undefined {
    return this.rows.get(id);
  }

  noteFinal(id: JobId, now: number): void {
    this.rates.get(id)?.note(now);
  }

  /** At the pace of the last minute, or of what there was of it. */
  unitsPerMinute(id: JobId, now: number): number {
    return this.rates.get(id)?.perMinute(now) ?? 0;
  }

  /** Takes note of operations that are on disk: results are read from there. */
  note(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      if (op.type !== "job-state" && op.type !== "canary") continue;
      const row = this.rows.get(op.job);
      if (!row) throw new Error(`job ${op.job} has no row`);
      if (op.type === "canary") {
        this.rows.set(op.job, { ...row, canary: op.record });
        continue;
      }
      const state: JobState = op.state;
      const startedAt = row.startedAt ?? (state === "running" ? op.at : null);
      this.rows.set(op.job, { ...row, state, reason: op.reason, startedAt, finishedAt: isOver(op) ? op.at : row.finishedAt });
    }
  }
}
