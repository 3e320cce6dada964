/** What the engine is: a `GPUDevice` and bytes in, bytes out. No network, no DOM. */
import type { JobPlan } from "../../shared/plan.ts";

/** A box of workgroups of one dispatch: `[from, from + size)` in each dimension. */
export interface WorkgroupBox {
  from: [number, number, number];
  size: [number, number, number];
}

/** Where in a unit's work a slice lies. */
export interface Position {
  pass: number;
  iteration: number;
  box: WorkgroupBox;
}

/** One unit's own input. */
export interface UnitInput {
  index: number;
  /** Its row of the job's table, `rowBytes` long; absent when the job has none. */
  row?: Uint8Array;
  /** Its piece of each split buffer, by index in `plan.buffers`, unpadded. */
  pieces?: Map<number, Uint8Array>;
}

/** A unit with its buffers bound, between `open` and `read` or `close`. */
export interface OpenedUnit {
  readonly index: number;
}

/** A buffer, by index in `plan.buffers`, in a saved state: `bytes` bytes at `from`. */
export interface StateSpan {
  buffer: number;
  from: number;
  bytes: number;
}

export interface Engine {
  readonly plan: JobPlan;
  /** Binds the unit: every buffer is cleared, initialised and written. */
  open(unit: UnitInput): OpenedUnit;
  /**
   * Submits one slice: any box of workgroups inside the pass's dispatch when `plan.slicing` has a binding, else the whole of it.
   * The boxes of one pass and iteration may come in any order, and are all submitted before those of the next. Resolves when
   * the GPU finished it, with its time in microseconds; rejects with `EngineError`, "not-sliceable" for a part of a kernel
   * that runs whole.
   */
  run(unit: OpenedUnit, position: Position): Promise<number>;
  /** Result bytes: every output in manifest order, each prefixed by its length as u64, padding zeroed. Frees the buffers. */
  read(unit: OpenedUnit): Promise<Uint8Array>;
  /** Length of what `save` answers, and where each of the unit's own buffers lies in it. */
  readonly stateBytes: number;
  readonly stateSpans: readonly StateSpan[];
  /** What the unit's own buffers hold when all that was submitted of it has run. Rejects with `EngineError`. */
  save(unit: OpenedUnit): Promise<Uint8Array<ArrayBuffer>>;
  /** Writes over the beginning of a buffer of the unit's own, right after `open`; a multiple of 4 bytes. */
  write(unit: OpenedUnit, buffer: number, bytes: Uint8Array): void;
  /**
   * Takes a unit up, right after `open`, where one of the same input was saved. `begun`: the iteration of a pass that was not
   * run to its end by then; null between two. Throws `EngineError` when the state is of another length.
   */
  restore(unit: OpenedUnit, state: Uint8Array, begun: { pass: number; iteration: number } | null): void;
  /** Gives the buffers back without reading. */
  close(unit: OpenedUnit): void;
  /** Frees pipelines and the stock of buffers; the engine is of no use afterwards. */
  destroy(): void;
}

/** Whole files of the plan by hash, fetched and checked by the caller. */
export type PlanFiles = ReadonlyMap<string, Uint8Array>;

/** Compiles the kernel and its pipelines. Rejects with `EngineError` when the device refuses them, "endless" when it does not come to their end. */
export type OpenEngine = (device: GPUDevice, plan: JobPlan, files: PlanFiles) => Promise<Engine>;
