/** A job package as it arrives: small texts in memory, everything else by size and hash. */

import type { Fault } from "../../shared/errors.ts";
import type { BlobHash } from "../../shared/ids.ts";
import { MAX_KERNEL_BYTES, MAX_MANIFEST_BYTES, type Manifest } from "../../shared/manifest.ts";
import type { JobPlan } from "../../shared/plan.ts";

export interface JobPackage {
  /** job.json and every .wgsl, .wesl and .csv file: their bytes. */
  texts: Map<string, Uint8Array>;
  /** Every file of the package, texts too. */
  files: Map<string, { bytes: number; sha256: BlobHash }>;
}

export const MANIFEST_FILE = "job.json";
/** A CSV file. Parsing one of this size takes about half of a judgement's time. */
const MAX_CSV_BYTES = 16 * 1024 * 1024;
/** All texts of a package: they are held in memory together. */
export const MAX_TEXT_BYTES = 32 * 1024 * 1024;
/** Files in a package. */
export const MAX_FILES = 256;

/** Bytes a file may have that admission reads as text; null for every other file. */
export function textLimit(path: string): number | null {
  if (path === MANIFEST_FILE) return MAX_MANIFEST_BYTES;
  if (/\.(wgsl|wesl)$/.test(path)) return MAX_KERNEL_BYTES;
  return path.endsWith(".csv") ? MAX_CSV_BYTES : null;
}

/** A file to cut into unit-aligned chunks, for the buffer `plan.buffers[buffer]`. */
export interface SplitCut {
  /** The WGSL variable's name. */
  binding: string;
  /** Index in `plan.buffers`. */
  buffer: number;
  file: string;
  bytesPerUnit: number;
  unitsPerChunk: number;
}

/** A feature, or a limit with its value, that not every host has and the manifest does not ask for, and what of the job needs it. */
export interface Need {
  what: string;
  value?: number;
  /** Its place, `kernel.wgsl:6:4`, with words where that alone does not tell it. */
  who: string;
}

/** What a judgement says. The hashes of rows and chunks are still empty strings in `plan`: `intake` fills them in. */
export type Admission = Admitted | Refused;

export interface Refused {
  ok: false;
  faults: Fault[];
  /** These kept a later stage of the judgement from what it looks for. */
  more?: boolean;
}

export const MORE_LATER = "More is looked at when these are mended.";

export interface Admitted {
  ok: true;
  manifest: Manifest;
  plan: JobPlan;
  /** The entry points that the passes use, by their owner's names; `plan.slicing` says whether they can be sliced. */
  entryPoints: string[];
  /** The typed table of `units.rows`, `rowBytes` a row. */
  rows: Uint8Array | null;
  splits: SplitCut[];
  /** The kernel as the owner wrote it; several files follow each other under a comment with their names. */
  source: string;
  warnings: string[];
  needs: Need[];
  /** The kernel computes with floats or makes something else of them, or an output holds some. */
  floats: boolean;
}

/** What the judge is at, in words that follow "it was": for the fault when it never comes back. */
export interface Stage {
  file: string;
  doing: string;
}
export type Progress = (stage: Stage) => void;
