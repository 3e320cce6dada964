/** Plans and manifests of jobs, read once from their blobs and kept while they are asked for. */
import { IdlewaveError } from "../../shared/errors.ts";
import type { JobId } from "../../shared/ids.ts";
import type { Manifest } from "../../shared/manifest.ts";
import { type JobPlan, parsePlan, resultBytes } from "../../shared/plan.ts";
import type { BlobStore, JobRow } from "../core/store.ts";

const MAX_KEPT = 256; // a plan holds its kernel: at most about a MiB each

export interface PlannedJob {
  plan: JobPlan;
  manifest: Manifest;
  /** Bytes of one unit's result. */
  resultBytes: number;
}

export class Plans {
  private readonly row: (job: JobId) => JobRow | undefined;
  private readonly blobs: BlobStore;
  private readonly kept = new Map<JobId, Promise<PlannedJob>>();

  constructor(row: (job: JobId) => JobRow | undefined, blobs: BlobStore) {
    this.row = row;
    this.blobs = blobs;
  }

  /** Rejects with `not-found` when there is no such job. */
  of(job: JobId): Promise<PlannedJob> {
    const known = this.kept.get(job);
    if (known) return known;
    const row = this.row(job);
    if (!row) return Promise.reject(new IdlewaveError("not-found", { what: `job ${job}` }));
    const loading = this.load(row);
    loading.catch(() => this.kept.delete(job));
    this.kept.set(job, loading);
    if (this.kept.size > MAX_KEPT) this.kept.delete(this.kept.keys().next().value as JobId);
    return loading;
  }

  private async load(row: JobRow): Promise<PlannedJob> {
    const bytes = await this.blobs.get(row.plan);
    if (!bytes) throw new Error(`the plan of job ${row.id}, blob ${row.plan}, is missing`);
    const plan = parsePlan(new TextDecoder().decode(bytes));
    return { plan, manifest: JSON.parse(row.manifest) as Manifest, resultBytes: resultBytes(plan) };
  }
}
