/** What a job's units read, from the files of its package: whole files, pieces of split files, rows. */
import { type FileHandle, open, readFile } from "node:fs/promises";
import type { UnitInput } from "../../client/engine/seam.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { Admitted } from "../admit/package.ts";
import type { HashedFile } from "./check.ts";
import type { PackageFile } from "./folder.ts";

export class LocalInputs {
  private readonly admitted: Admitted;
  private readonly splits: { buffer: number; bytesPerUnit: number; fileBytes: number; file: FileHandle }[] = [];

  private constructor(admitted: Admitted) {
    this.admitted = admitted;
  }

  /** `close` must follow. Rejects when a file of the package is gone. */
  static async open(admitted: Admitted, files: readonly PackageFile[]): Promise<LocalInputs> {
    const inputs = new LocalInputs(admitted);
    for (const { buffer, file, bytesPerUnit } of admitted.splits) {
      const { place, bytes } = fileOf(files, file);
      inputs.splits.push({ buffer, bytesPerUnit, fileBytes: bytes, file: await open(place) });
    }
    return inputs;
  }

  /** The input of one unit. */
  async of(index: number): Promise<UnitInput> {
    const { plan, rows } = this.admitted;
    const rowBytes = plan.rows?.rowBytes ?? 0;
    const row = rows && rowBytes > 0 ? { row: rows.subarray(index * rowBytes, (index + 1) * rowBytes) } : {};
    if (this.splits.length === 0) return { index, ...row };
    const pieces = new Map<number, Uint8Array>();
    for (const { buffer, bytesPerUnit, fileBytes, file } of this.splits) {
      const from = index * bytesPerUnit;
      const piece = new Uint8Array(Math.min(bytesPerUnit, fileBytes - from));
      const { bytesRead } = await file.read(piece, 0, piece.byteLength, from);
      if (bytesRead !== piece.byteLength) throw new Error(`A split file became shorter while unit ${index} was read.`);
      pieces.set(buffer, piece);
    }
    return { index, ...row, pieces };
  }

  async close(): Promise<void> {
    for (const { file } of this.splits) await file.close();
  }
}

/** Whole files that buffers start from, by their SHA-256. */
export async function wholeFiles(plan: JobPlan, files: readonly HashedFile[]): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const { init } of plan.buffers) {
    if (init.kind !== "file" || found.has(init.blob)) continue;
    const file = files.find(({ sha256 }) => sha256 === init.blob);
    if (!file) throw new Error(`The package has no file of SHA-256 ${init.blob}.`);
    found.set(init.blob, await readFile(file.place));
  }
  return found;
}

function fileOf(files: readonly PackageFile[], path: string): PackageFile {
  const file = files.find((each) => each.path === path);
  if (!file) throw new Error(`The package has no ${path}.`);
  return file;
}
