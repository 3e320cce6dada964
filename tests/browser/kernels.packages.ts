/** Job packages from folders, admitted as the coordinator admits them, with what each unit reads. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Judges } from "../../server/admit/admit.ts";
import { intake } from "../../server/admit/intake.ts";
import { type JobPackage, textLimit } from "../../server/admit/package.ts";
import type { BlobStore } from "../../server/core/blob-store.ts";
import { toHex } from "../../shared/bytes.ts";
import type { BlobHash } from "../../shared/ids.ts";
import type { BufferInit, JobPlan } from "../../shared/plan.ts";

export const FOREIGN = fileURLToPath(new URL("../fixtures/foreign/", import.meta.url));
export const GALLERY = fileURLToPath(new URL("../../shaders/", import.meta.url));

/** A unit as the page takes it: bytes as numbers. */
export interface UnitInput {
  index: number;
  row?: number[];
  pieces?: [number, number[]][];
}

/** The package in `folder`, its files put into `blobs`. */
export async function readPackage(folder: string, blobs: BlobStore): Promise<JobPackage> {
  const pkg: JobPackage = { texts: new Map(), files: new Map() };
  for (const name of await readdir(folder)) {
    const bytes = new Uint8Array(await readFile(join(folder, name)));
    pkg.files.set(name, { bytes: bytes.byteLength, sha256: await blobs.put(bytes) });
    if (textLimit(name) !== null) pkg.texts.set(name, bytes);
  }
  return pkg;
}

/** The plan of the package in `folder`. Throws with every fault when it is refused. */
export async function admitted(folder: string, judges: Judges, blobs: BlobStore): Promise<JobPlan> {
  const taken = await intake(await readPackage(folder, blobs), judges, blobs);
  if (!taken.ok) throw new Error(taken.faults.map((fault) => JSON.stringify(fault)).join("\n"));
  return taken.plan;
}

/** Whole files of the plan by hash. */
export async function planFiles(plan: JobPlan, blobs: BlobStore): Promise<Record<string, number[]>> {
  const files: Record<string, number[]> = {};
  for (const { init } of plan.buffers) if (init.kind === "file") files[init.blob] = [...(await blob(init.blob, blobs))];
  return files;
}

/** The units' rows and pieces. */
export async function unitInputs(plan: JobPlan, indices: readonly number[], blobs: BlobStore): Promise<UnitInput[]> {
  const rows = plan.rows ? await blob(plan.rows.blob, blobs) : undefined;
  const rowBytes = plan.rows?.rowBytes ?? 0;
  return Promise.all(
    indices.map(async (index) => {
      const pieces: [number, number[]][] = [];
      for (const [buffer, { init }] of plan.buffers.entries()) {
        if (init.kind === "split") pieces.push([buffer, [...(await piece(init, index, blobs))]]);
      }
      return {
        index,
        row: rows && [...rows.subarray(index * rowBytes, (index + 1) * rowBytes)],
        pieces: pieces.length > 0 ? pieces : undefined,
      };
    }),
  );
}

async function piece(init: Extract<BufferInit, { kind: "split" }>, unit: number, blobs: BlobStore): Promise<Uint8Array> {
  const chunk = Math.floor(unit / init.unitsPerChunk);
  const hashes = await blob(init.chunks, blobs);
  const bytes = await blob(toHex(hashes.subarray(32 * chunk, 32 * (chunk + 1))) as BlobHash, blobs);
  const from = (unit % init.unitsPerChunk) * init.bytesPerUnit;
  return bytes.subarray(from, from + init.bytesPerUnit);
}

async function blob(hash: BlobHash, blobs: BlobStore): Promise<Uint8Array> {
  const bytes = await blobs.get(hash);
  if (!bytes) throw new Error(`there is no blob ${hash}`);
  return bytes;
}
