/** Every blob that the database refers to: plans, kernels, what plans name, and results that lie in no row. */
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { toHex } from "../../shared/bytes.ts";
import { chunkHashes } from "../../shared/chunks.ts";
import type { BlobHash } from "../../shared/ids.ts";
import { type JobPlan, parsePlan } from "../../shared/plan.ts";
import type { BlobStore } from "../core/blob-store.ts";

interface BlobReference {
  hash: BlobHash;
  /** Who refers to it, in words. */
  by: string;
}

/** What a plan that is missing or unreadable would name is left out: the plan itself is told. */
export async function* referencedBlobs(database: DatabaseSyncInstance, blobs: BlobStore): AsyncGenerator<BlobReference> {
  for (const row of database.prepare("SELECT id, plan, source FROM jobs").all()) {
    yield* blobsOfJob(row as { id: number; plan: BlobHash; source: BlobHash }, blobs);
  }
  for (const row of database.prepare("SELECT job, unit, digest FROM results WHERE bytes IS NULL").iterate()) {
    const { job, unit, digest } = row as { job: number; unit: number; digest: Uint8Array };
    yield { hash: toHex(digest) as BlobHash, by: `result of unit ${unit} of job ${job}` };
  }
}

/** Plan, kernel and inputs of a job. */
export async function* blobsOfJob(
  { id, plan, source }: { id: number; plan: BlobHash; source: BlobHash },
  blobs: BlobStore,
): AsyncGenerator<BlobReference> {
  yield { hash: plan, by: `plan of job ${id}` };
  yield { hash: source, by: `kernel of job ${id}` };
  for await (const hash of inputs(plan, blobs)) yield { hash, by: `input of job ${id}` };
}

async function* inputs(hash: BlobHash, blobs: BlobStore): AsyncGenerator<BlobHash> {
  const plan = planOf(await blobs.get(hash));
  if (plan?.rows) yield plan.rows.blob;
  for (const { init } of plan?.buffers ?? []) {
    if (init.kind === "file") yield init.blob;
    if (init.kind !== "split") continue;
    yield init.chunks;
    yield* chunkHashes((await blobs.get(init.chunks)) ?? new Uint8Array());
  }
}

function planOf(bytes: Uint8Array | undefined): JobPlan | undefined {
  if (!bytes) return undefined;
  try {
    return parsePlan(new TextDecoder().decode(bytes));
  } catch {
    // A damaged blob: its digest tells.
    return undefined;
  }
}
