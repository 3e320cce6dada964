/** What each buffer holds before a unit runs: `init`, then the unit's fields. */
import type { Scope } from "../../shared/expand.ts";
import type { BufferPlan, JobPlan } from "../../shared/plan.ts";
import type { Batcher } from "./batch.ts";
import { EngineError } from "./engine-error.ts";
import type { PlanFiles, UnitInput } from "./seam.ts";
import { expandSpan, type Span, spansOf } from "./spans.ts";

/** Below this a buffer's whole contents go in one write; above it only the words that differ do. */
const WHOLE_WRITE_BYTES = 4096;

/** How one buffer is prepared. */
export interface Contents {
  plan: BufferPlan;
  spans: Span[];
  /** Bytes that `init` gives every unit, at most `byteLength`; undefined for zeros and pieces. */
  bytes: Uint8Array | undefined;
  /** True when no unit and no pass changes it: one buffer serves all units. */
  constant: boolean;
}

/** Throws `EngineError` "bad-input" when a file is missing or of another length. */
export function contentsOf(plan: JobPlan, files: PlanFiles): Contents[] {
  const changed = new Set<number>();
  for (const pass of plan.passes) {
    for (const { buffer } of pass.set) changed.add(buffer);
    for (const pair of pass.swap) for (const buffer of pair) changed.add(buffer);
  }
  return plan.buffers.map((buffer, index) => ({
    plan: buffer,
    spans: spansOf(buffer.writes, "join"),
    bytes: initBytes(buffer, files),
    constant:
      buffer.kind !== "storage" &&
      !changed.has(index) &&
      buffer.init.kind !== "split" &&
      buffer.writes.every((write) => write.value.of === undefined || (write.value.of.kind === "unit" && write.value.of.field === "count")),
  }));
}

function initBytes(buffer: BufferPlan, files: PlanFiles): Uint8Array | undefined {
  if (buffer.init.kind === "file") {
    const file = files.get(buffer.init.blob);
    if (!file || file.byteLength !== buffer.init.byteLength || file.byteLength > buffer.byteLength) {
      throw new EngineError("bad-input", `The file of ${buffer.name} is missing or of another length.`);
    }
    return file;
  }
  if (buffer.init.kind === "fill" && buffer.init.word !== 0) {
    return new Uint8Array(new Uint32Array(buffer.byteLength / 4).fill(buffer.init.word).buffer);
  }
  return undefined;
}

/** The whole of a constant buffer. Throws `ExpandError`. */
export function constantBytes(contents: Contents, scope: Scope): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(contents.plan.byteLength);
  if (contents.bytes) whole.set(contents.bytes);
  for (const span of contents.spans) expandSpan(span, scope, whole.subarray(span.from, span.to));
  return whole;
}

/**
 * Records what clears, initialises and writes `target` for one unit. `template` holds the buffer's `bytes` on the GPU.
 * Throws `EngineError` "bad-input" or `ExpandError`.
 */
export function prepare(
  batch: Batcher,
  contents: Contents,
  index: number,
  target: GPUBuffer,
  template: GPUBuffer | undefined,
  unit: UnitInput,
  scope: Scope,
): void {
  const size = contents.plan.byteLength;
  const given = contents.plan.init.kind === "split" ? pieceOf(contents.plan, index, unit) : contents.bytes;
  if (size <= WHOLE_WRITE_BYTES) {
    const whole = new Uint8Array(size);
    if (given) whole.set(given);
    for (const span of contents.spans) expandSpan(span, scope, whole.subarray(span.from, span.to));
    batch.write(target, 0, whole);
    return;
  }
  let filled = 0;
  if (template && given) {
    filled = size;
    batch.copy(template, 0, target, 0, size);
  } else if (given) {
    const words = given.byteLength & ~3;
    if (words > 0) batch.write(target, 0, given.subarray(0, words));
    filled = words;
    if (words < given.byteLength) {
      const rest = new Uint8Array(4);
      rest.set(given.subarray(words));
      batch.write(target, words, rest);
      filled += 4;
    }
  }
  batch.clear(target, filled, size - filled);
  for (const span of contents.spans) {
    const base = new Uint8Array(span.to - span.from);
    if (given && span.from < given.byteLength) base.set(given.subarray(span.from, Math.min(span.to, given.byteLength)));
    expandSpan(span, scope, base);
    batch.write(target, span.from, base);
  }
}

function pieceOf(buffer: BufferPlan, index: number, unit: UnitInput): Uint8Array {
  const init = buffer.init as Extract<BufferPlan["init"], { kind: "split" }>;
  const piece = unit.pieces?.get(index);
  const want = Math.max(0, Math.min(init.bytesPerUnit, init.fileBytes - unit.index * init.bytesPerUnit));
  if (!piece || piece.byteLength !== want || want > buffer.byteLength) {
    throw new EngineError("bad-input", `Unit ${unit.index} has no piece of ${want} bytes for ${buffer.name}.`);
  }
  return piece;
}
