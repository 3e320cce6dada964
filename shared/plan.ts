/**
 * A job plan: what admission makes of a job package, and all that an engine needs to run any of its units. Plain JSON,
 * immutable, a blob named by its SHA-256. Layout and reflection are already done: buffers are byte lengths and field
 * offsets, so neither the page nor the worker parses WGSL.
 */
import type { Comparator } from "./comparator.ts";
import type { BlobHash } from "./ids.ts";
import { total } from "./total.ts";

export const PLAN_VERSION = 2;

export interface JobPlan {
  version: typeof PLAN_VERSION;
  /** The WGSL that volunteers compile: rewritten for slicing, where it could be. */
  kernel: string;
  slicing: Slicing;
  units: UnitSpace;
  /** The typed table of `units.rows`, one row a unit; a claim carries the rows of its units. */
  rows?: RowTable;
  buffers: BufferPlan[];
  passes: PassPlan[];
  /** In manifest order: the order of the digest. */
  outputs: OutputPlan[];
  /** What says of a unit's result whether it is right; volunteers need it not. */
  checker?: CheckerPlan;
  /** Values of the kernel's `override`s, by name or `@id`. */
  overrides: Record<string, number>;
  requires: { features: string[]; limits: Record<string, number> };
  /** Added to the unit's index in `$unit.seed`. Decimal, 64 bits unsigned. */
  seed: string;
}

/**
 * How a dispatch may be cut. `group` and `binding`: where the kernel reads which box of workgroups it runs, a uniform of
 * `SLICE_BYTES` with dynamic offset: u32 x, y, z of the box's first workgroup, zero, x, y, z of the whole dispatch's number of
 * workgroups, zero. `whole`: why it runs in one piece only, as a sentence; then its kernel reads no such uniform.
 */
export type Slicing = { group: number; binding: number } | { whole: string };

export const SLICE_BYTES = 32;

export interface UnitSpace {
  /** 1 … 2^53 - 1. */
  count: number;
  /** Present for `units.grid`: `index = x + y * gx + z * gx * gy`. */
  grid?: [number, number, number];
}

/** Rows of 8-byte little-endian columns: `i64` and `u64` two's complement or unsigned, `f64` IEEE 754. */
export interface RowTable {
  columns: { name: string; type: "i64" | "u64" | "f64" }[];
  /** `8 * columns.length`. */
  rowBytes: number;
  count: number;
  /** The whole table as a blob. */
  blob: BlobHash;
}

export interface BufferPlan {
  /** The WGSL variable's name. */
  name: string;
  group: number;
  binding: number;
  kind: "uniform" | "storage" | "read-only-storage";
  /** Size of the GPU buffer, a multiple of 4. */
  byteLength: number;
  init: BufferInit;
  /** Written over `init`, for each unit. */
  writes: FieldWrite[];
}

export type BufferInit =
  | { kind: "zero" }
  /** Every 4-byte word has this value. */
  | { kind: "fill"; word: number }
  /** The file's bytes, then zeros. */
  | { kind: "file"; blob: BlobHash; byteLength: number }
  /**
   * The unit's piece of a file: bytes `[index * bytesPerUnit, (index + 1) * bytesPerUnit)`, the last piece padded with
   * zeros. `chunks` names a blob of 32-byte SHA-256 hashes; chunk `c` holds units `[c * unitsPerChunk, (c + 1) * unitsPerChunk)`.
   */
  | { kind: "split"; bytesPerUnit: number; unitsPerChunk: number; fileBytes: number; chunks: BlobHash };

/** One scalar written into a buffer, or one integer of `words` 32-bit limbs, least significant first. */
export interface FieldWrite {
  /** Byte offset in the buffer. */
  offset: number;
  as: "u32" | "i32" | "f32" | "f16" | "limbs";
  /** For `limbs`: how many 32-bit words. */
  words?: number;
  value: Source;
}

/**
 * Where a scalar comes from: `scale * of + offset`. `of` absent: the constant `offset`. Numbers are decimal strings; the
 * sum is exact in BigInt when all of them and the source are integers, else in f64.
 */
export interface Source {
  of?: SourceRef;
  scale: string;
  offset: string;
}

export type SourceRef =
  | { kind: "unit"; field: "index" | "x" | "y" | "z" | "count" | "seed" }
  | { kind: "row"; column: number }
  | { kind: "pass"; field: "index" | "iteration" }
  /** Column of the pass's own table. */
  | { kind: "pass-row"; column: number };

export interface PassPlan {
  /** As it is called in `JobPlan.kernel`: a rewritten kernel has its own name for each of the owner's. */
  entryPoint: string;
  /** Workgroups of the whole dispatch, each 1 … 65,535. */
  workgroups: [number, number, number];
  /** How many iterations, at least 1. */
  repeat: number;
  /** Buffers (by index in `JobPlan.buffers`) that the entry point uses. */
  uses: number[];
  /** Written before every iteration. */
  set: { buffer: number; write: FieldWrite }[];
  /** Pairs of buffers (by index) whose contents trade places after each iteration but the last. */
  swap: [number, number][];
  /** One line an iteration, values as decimal strings. */
  table?: { columns: string[]; lines: string[][] };
}

/** Run over a unit's result (checker.ts). */
export interface CheckerPlan {
  /** `uses`, indices in `buffers`: all of them. */
  pass: PassPlan;
  /** Of the job's, by index in `JobPlan.buffers`, or its own. */
  buffers: (number | BufferPlan)[];
  /** Index in `buffers`: words that are all 1 where the result is accepted. */
  verdict: number;
}

export type Dtype = "u8" | "u32" | "i32" | "f32" | "f16" | "u64" | "i64";

export const DTYPE_BYTES: Record<Dtype, number> = { u8: 1, f16: 2, u32: 4, i32: 4, f32: 4, u64: 8, i64: 8 };

export interface OutputPlan {
  name: string;
  /** Index in `JobPlan.buffers`: the buffer bound under that name in the last iteration. */
  buffer: number;
  dtype: Dtype;
  /** Shape of one unit's output. */
  shape: number[];
  /** `product(shape) * bytes of dtype`; the first bytes of the buffer. */
  byteLength: number;
  /** Byte ranges `[from, to)` of struct padding inside one stride, repeated each `stride` bytes, that count as zero. */
  padding?: { stride: number; ranges: [number, number][] };
  /** How results of different volunteers are compared; absent: byte for byte. */
  compare?: Comparator;
  reduce: Reduce;
}

export type Reduce =
  | { kind: "concat" }
  /** Over units and elements to one number, or over units alone to an array of `shape`. */
  | { kind: "sum" | "min" | "max" | "count"; over: "all" | "units" }
  | { kind: "histogram"; bins: number; range: [number, number] }
  | { kind: "topk"; k: number; order: "largest" | "smallest" }
  | ImageReduce;

/** Tiles of `shape = [height, width]`, laid out row by row, `columns` tiles a row. */
export interface ImageReduce {
  kind: "image";
  columns: number;
  /** Values drawn as the first and the last colour; the ramp is spread between them by `scale`. */
  range: [number, number];
  scale: "linear" | "log" | "sqrt";
}

/** A plan, as JSON, at most: it holds a kernel of at most 256 KiB and tables of its passes. */
export const MAX_PLAN_BYTES = 64 * 1024 * 1024;

/** Result bytes of one unit at most; a volunteer holds several units' results at a time. */
export const MAX_RESULT_BYTES = 64 * 1024 * 1024;

/** Bytes of one unit's result: every output in order, each prefixed by its length as u64. */
export function resultBytes(plan: Pick<JobPlan, "outputs">): number {
  let bytes = 0;
  for (const output of plan.outputs) bytes += 8 + output.byteLength;
  return bytes;
}

/** Bytes that a volunteer downloads of a job's inputs: whole files once, and a unit's piece of each split file and its row with it. */
export function inputBytes({ buffers, rows }: Pick<JobPlan, "buffers" | "rows">): { once: number; unit: number } {
  const files = new Map<BlobHash, number>();
  let unit = rows?.rowBytes ?? 0;
  for (const { init } of buffers) {
    if (init.kind === "file") files.set(init.blob, init.byteLength);
    if (init.kind === "split") unit += init.bytesPerUnit;
  }
  return { once: total(files.values()), unit };
}

/** A plan as it is stored or comes over the network: of this version, or of an older one that is read as this one. */
type StoredPlan = JobPlan | (Omit<JobPlan, "version" | "slicing"> & { version: 1 });

/** Reads a plan from its JSON. Throws `RangeError` for a version that is not known here, `SyntaxError` for what is no JSON. */
export function parsePlan(json: string): JobPlan {
  const plan = JSON.parse(json) as StoredPlan;
  if (plan.version === PLAN_VERSION) return plan;
  const { version } = plan;
  if (version !== 1) throw new RangeError(`The plan is of version ${version}.`);
  return { ...plan, version: PLAN_VERSION, slicing: { whole: "It was admitted before kernels were rewritten for slicing." } };
}
