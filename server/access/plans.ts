/** Plans and manifests of jobs, read from their blobs and kept: who was asked for longest ago goes first. */
import { IdlewaveError } from "../../shared/errors.ts";
import type { JobId } from "../../shared/ids.ts";
import type { Manifest } from "../../shared/manifest.ts";
import { type JobPlan, parsePlan, resultBytes } from "../../shared/plan.ts";
import type { BlobStore } from "../core/blob-store.ts";
import type { JobRow } from "../core/store.ts";

/** Bytes of plans that are kept. Whoever lists the jobs asks for all of them in turn: it must hold those of any likely network. */
const MAX_KEPT_BYTES = 128 * 1024 * 1024;

export interface PlannedJob {
  plan: JobPlan;
  manifest: Manifest;
  /** Bytes of one unit's result. */
  resultBytes: number;
  /** Bytes of the plan as it is downloaded. */
  planBytes: number;
}

interface Kept {
  job: Promise<PlannedJob>;
  /** Of its plan; 0 until it is read. */
  bytes: number;
}

export class Plans {
  private readonly row: (job: JobId) => JobRow | undefined;
  private readonly blobs: Pick<BlobStore, "get">;
  private readonly maxBytes: number;
  private readonly kept = new Map<JobId, Kept>();
  private bytes = 0;

  constructor(row: (job: JobId) => JobRow | undefined, blobs: Pick<BlobStore, "get">, maxBytes = MAX_KEPT_BYTES) {
    this.row = row;
    this.blobs = blobs;
    this.maxBytes = maxBytes;
  }

  /** Rejects with `not-found` when there is no such job. */
  of(job: JobId): Promise<PlannedJob> {
    const known = this.kept.get(job);
    if (known) {
      this.kept.delete(job);
      this.kept.set(job, known);
      return known.job;
    }
    const row = this.row(job);
    if (!row) return Promise.reject(new IdlewaveError("not-found", { what: `job ${job}` }));
    const entry: Kept = { job: this.load(row, (bytes) => this.count(entry, bytes)), bytes: 0 };
    this.kept.set(job, entry);
    entry.job.catch(() => this.drop(job));
    return entry.job;
  }

  private count(entry: Kept, bytes: number): void {
    entry.bytes = bytes;
    this.bytes += bytes;
    for (const [job, { bytes: of }] of this.kept) {
      if (this.bytes <= this.maxBytes) return;
      // What is being read is counted when it is there, and the one that has just come is wanted now.
      if (of > 0 && this.kept.get(job) !== entry) this.drop(job);
    }
  }

  private drop(job: JobId): void {
    this.bytes -= this.kept.get(job)?.bytes ?? 0;
    this.kept.delete(job);
  }

  private async load(row: JobRow, onBytes: (bytes: number) => void): Promise<PlannedJob> {
    const bytes = await this.blobs.get(row.plan);
    if (!bytes) throw new Error(`the plan of job ${row.id}, blob ${row.plan}, is missing`);
    onBytes(bytes.byteLength);
    const plan = parsePlan(new TextDecoder().decode(bytes));
    const manifest = JSON.parse(row.manifest) as Manifest;
    return { plan, manifest, resultBytes: resultBytes(plan), planBytes: bytes.byteLength };
  }
}
