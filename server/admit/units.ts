/** The unit space of a job, its rows, and what split files contribute. */

import { counted } from "../../shared/counted.ts";
import { MAX_UNITS, type Manifest } from "../../shared/manifest.ts";
import type { UnitSpace } from "../../shared/plan.ts";
import type { CsvTable } from "./csv.ts";
import type { Faults } from "./faults.ts";
import type { JsonPath } from "./json.ts";
import type { PackageFiles } from "./tables.ts";

/** The grain of a download: a chunk holds whole units and has at most this many bytes. */
export const MAX_CHUNK_BYTES = 4 * 1024 * 1024;

export interface SplitFile {
  binding: string;
  file: string;
  fileBytes: number;
  bytesPerUnit: number;
  unitsPerChunk: number;
  /** Units the file has a piece for. */
  pieces: number;
}

export interface Units {
  /** Undefined when the space could not be read; its faults are told. */
  space?: UnitSpace;
  rows?: CsvTable;
  splits: Map<string, SplitFile>;
}

export function readUnits(manifest: Manifest, files: PackageFiles, faults: Faults): Units {
  const splits = new Map<string, SplitFile>();
  for (const [name, binding] of Object.entries(manifest.bindings ?? {})) {
    const split = readSplit(name, binding.init, ["bindings", name, "init"], files, faults);
    if (split) splits.set(name, split);
  }
  const { units } = manifest;
  const { holes } = faults;
  if (holes.touches(["units"])) return { splits };
  if ("rows" in units) {
    const rows = files.table(units.rows, ["units", "rows"]);
    return { ...(rows ? { space: { count: rows.count }, rows } : {}), splits: checkPieces(rows?.count, splits, faults) };
  }
  if ("split" in units) {
    const split = splits.get(units.split);
    const at = ["bindings", units.split, "init"];
    if (!split && (splitIn(manifest.bindings?.[units.split]?.init) || holes.touches(at))) return { splits };
    if (!split) {
      const known = Object.keys(manifest.bindings ?? {});
      const there = known.includes(units.split);
      const wrong = there ? `${units.split} is not split.` : `job.json gives no binding ${units.split}.`;
      if (manifest.bindings?.[units.split]?.init === undefined) holes.add(at);
      const [cut] = splits.keys();
      const right = 'Give that binding "init": {"file": …, "split": {"recordBytes": …, "recordsPerUnit": …}}.';
      faults.at(["units", "split"], wrong, cut === undefined ? right : `Write "split": "${cut}": that binding's file is split.`);
      return { splits };
    }
    return { space: { count: split.pieces }, splits: checkPieces(split.pieces, splits, faults) };
  }
  if ("grid" in units) {
    const [x, y, z] = units.grid;
    const count = BigInt(x) * BigInt(y) * BigInt(z);
    if (count > BigInt(MAX_UNITS)) {
      faults.at(["units", "grid"], `The grid has ${count} units.`, `At most ${MAX_UNITS} are allowed.`);
      return { splits };
    }
    return { space: { count: Number(count), grid: [x, y, z] }, splits: checkPieces(Number(count), splits, faults) };
  }
  return { space: { count: units.count }, splits: checkPieces(units.count, splits, faults) };
}

type Init = NonNullable<Manifest["bindings"]>[string]["init"];

function splitIn(init: Init): init is Extract<Init, { file: string }> & { split: { recordBytes: number; recordsPerUnit: number } } {
  return typeof init === "object" && "file" in init && init.split !== undefined;
}

function readSplit(binding: string, init: Init, path: JsonPath, files: PackageFiles, faults: Faults): SplitFile | undefined {
  if (!splitIn(init)) return undefined;
  const stat = files.input(init.file, [...path, "file"]);
  if (!stat) return undefined;
  if (faults.holes.touches([...path, "split"])) return undefined;
  const { recordBytes, recordsPerUnit } = init.split;
  const bytesPerUnit = recordBytes * recordsPerUnit;
  if (bytesPerUnit > MAX_CHUNK_BYTES) {
    faults.at(
      [...path, "split"],
      `A unit's piece has ${bytesPerUnit} bytes.`,
      `At most ${MAX_CHUNK_BYTES} are allowed: give a unit fewer records.`,
    );
    return undefined;
  }
  if (stat.bytes === 0) {
    faults.at(
      [...path, "file"],
      `${init.file} is empty.`,
      `Write records of ${counted(recordBytes, "byte")} into it, or name another file.`,
    );
    return undefined;
  }
  if (stat.bytes % recordBytes !== 0) {
    const rest = stat.bytes % recordBytes;
    const whole = stat.bytes - rest;
    const wrong = `${init.file} has ${stat.bytes} bytes, no whole number of records of ${recordBytes}: the last has ${counted(rest, "byte")}.`;
    const lengths = whole === 0 ? `${recordBytes}` : `${whole} or ${whole + recordBytes}`;
    faults.at([...path, "split", "recordBytes"], wrong, `Make the file ${lengths} bytes long, or mend the record's size.`);
    return undefined;
  }
  return {
    binding,
    file: init.file,
    fileBytes: stat.bytes,
    bytesPerUnit,
    unitsPerChunk: Math.floor(MAX_CHUNK_BYTES / bytesPerUnit),
    pieces: Math.ceil(stat.bytes / bytesPerUnit),
  };
}

function checkPieces(count: number | undefined, splits: Map<string, SplitFile>, faults: Faults): Map<string, SplitFile> {
  if (count === undefined) return splits;
  for (const split of splits.values()) {
    if (split.pieces < count) {
      const wrong = `${split.file} has pieces for ${counted(split.pieces, "unit")}, the job has ${count}.`;
      faults.at(["bindings", split.binding, "init", "split"], wrong, 'Mend recordsPerUnit or the units, or let units be {"split": …}.');
    } else if (split.pieces > count) {
      faults.warnAt(
        ["bindings", split.binding, "init", "split"],
        `${split.file} has pieces for ${counted(split.pieces, "unit")}; only the first ${count} ${count === 1 ? "is" : "are"} used.`,
      );
    }
  }
  return splits;
}
