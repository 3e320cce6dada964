/** Takes an admitted package in: rows, pieces of split files, kernel and plan become blobs, and the plan names them. */
import { concatBytes, fromHex } from "../../shared/bytes.ts";
import type { Fault } from "../../shared/errors.ts";
import type { BlobHash } from "../../shared/ids.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { BlobStore } from "../core/blob-store.ts";
import type { Judges } from "./admit.ts";
import type { JobPackage, Refused, SplitCut } from "./package.ts";

export type Intake =
  | { ok: true; manifest: Manifest; plan: JobPlan; planHash: BlobHash; sourceHash: BlobHash; warnings: string[]; floats: boolean }
  | Refused;

const UNBOUNDED = { add: () => undefined };

/** Files that have arrived and are no blobs yet. */
type HeldFiles = ReadonlyMap<string, { keep(): Promise<void>; stream(): NodeJS.ReadableStream }>;

/** Judges `pkg`, whose files are `held` or in `blobs` already, and stores what volunteers will fetch; of a refused package nothing. `faultsOf`: what the judge cannot know. Throws `disk-full` when `room` has none. */
export async function intake(
  pkg: JobPackage,
  judges: Judges,
  blobs: BlobStore,
  held: HeldFiles = new Map(),
  room: { add(bytes: number): void } = UNBOUNDED,
  faultsOf: (manifest: Manifest) => Fault[] = () => [],
): Promise<Intake> {
  const admission = await judges.admit(pkg);
  if (!admission.ok) return admission;
  const faults = faultsOf(admission.manifest);
  if (faults.length > 0) return { ok: false, faults };
  const { manifest, plan, rows, splits, source, warnings, floats } = admission;
  for (const cut of splits) {
    const file = pkg.files.get(cut.file);
    const init = plan.buffers[cut.buffer]?.init;
    if (!file || init?.kind !== "split") throw new Error(`the plan has no split of ${cut.file}`);
    room.add(file.bytes); // the file and its pieces are on disk together for a while
    const source = held.get(cut.file)?.stream() ?? blobs.stream(file.sha256);
    init.chunks = await cutFile(cut, file.bytes, source, blobs);
  }
  await keepFiles(plan, pkg, blobs, held);
  if (plan.rows && rows) plan.rows.blob = await blobs.put(rows);
  const encoder = new TextEncoder();
  const sourceHash = await blobs.put(encoder.encode(source));
  const planHash = await blobs.put(encoder.encode(JSON.stringify(plan)));
  return { ok: true, manifest, plan, planHash, sourceHash, warnings, floats };
}

/** Makes blobs of the files that volunteers fetch whole. */
async function keepFiles(plan: JobPlan, pkg: JobPackage, blobs: BlobStore, held: HeldFiles): Promise<void> {
  const named = new Set(plan.buffers.flatMap(({ init }) => (init.kind === "file" ? [init.blob] : [])));
  for (const [path, { sha256 }] of pkg.files) {
    if (!named.delete(sha256)) continue;
    const text = pkg.texts.get(path);
    if (text) await blobs.put(text);
    else await held.get(path)?.keep();
  }
}

/** Cuts a file into chunks of whole units, each a blob; the blob of their hashes. One chunk is in memory at a time. */
async function cutFile(cut: SplitCut, fileBytes: number, source: NodeJS.ReadableStream, blobs: BlobStore): Promise<BlobHash> {
  const chunkBytes = cut.bytesPerUnit * cut.unitsPerChunk;
  const hashes: Uint8Array[] = [];
  let chunk = new Uint8Array(Math.min(chunkBytes, fileBytes));
  let filled = 0;
  let total = 0;
  const flush = async () => {
    hashes.push(fromHex(await blobs.put(chunk.slice(0, filled))));
    filled = 0;
  };
  for await (const piece of source) {
    const bytes = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
    for (let at = 0; at < bytes.byteLength; ) {
      const step = Math.min(bytes.byteLength - at, chunk.byteLength - filled);
      chunk.set(bytes.subarray(at, at + step), filled);
      filled += step;
      at += step;
      total += step;
      if (filled === chunk.byteLength) await flush();
    }
  }
  if (filled > 0) await flush();
  chunk = new Uint8Array(0);
  if (total !== fileBytes) throw new Error(`${cut.file} has ${total} bytes on disk, ${fileBytes} in the package`);
  return blobs.put(concatBytes(hashes));
}
