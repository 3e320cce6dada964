/** Where a buffer's fields are written: runs of whole 32-bit words, fixed by the plan, their bytes by the unit. */
import { fieldBytes, type Scope, writeField } from "../../shared/expand.ts";
import type { FieldWrite } from "../../shared/plan.ts";

/** Fields nearer than this are written as one run, because a copy costs more than the bytes between them. */
const JOIN_GAP_BYTES = 256;

/** Bytes `[from, to)` of a buffer, both multiples of 4, and the fields inside. */
export interface Span {
  from: number;
  to: number;
  writes: FieldWrite[];
}

/** `gap`: whether runs may cover bytes that no field writes (their contents are then the caller's to give). */
export function spansOf(writes: readonly FieldWrite[], gap: "join" | "exact"): Span[] {
  const sorted = [...writes].sort((a, b) => a.offset - b.offset);
  const spans: Span[] = [];
  for (const write of sorted) {
    const from = write.offset & ~3;
    const to = (write.offset + fieldBytes(write) + 3) & ~3;
    const last = spans[spans.length - 1];
    if (last && from <= last.to + (gap === "join" ? JOIN_GAP_BYTES : 0)) {
      last.to = Math.max(last.to, to);
      last.writes.push(write);
    } else spans.push({ from, to, writes: [write] });
  }
  // Of two writes to one place the later in the plan counts.
  for (const span of spans) span.writes.sort((a, b) => writes.indexOf(a) - writes.indexOf(b));
  return spans;
}

/** True when a field covers half a word whose other half no field of the span covers. */
export function hasHalfWords(span: Span): boolean {
  const covered = new Set<number>();
  for (const write of span.writes) {
    for (let at = write.offset; at < write.offset + fieldBytes(write); at += 2) covered.add(at);
  }
  return 2 * covered.size !== span.to - span.from;
}

/** Writes the span's fields over `base`, which holds the bytes `[from, to)`. Throws `ExpandError`. */
export function expandSpan(span: Span, scope: Scope, base: Uint8Array): void {
  const view = new DataView(base.buffer, base.byteOffset, base.byteLength);
  for (const write of span.writes) writeField(view, write, scope, span.from);
}
