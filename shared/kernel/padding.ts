/** Which bytes of a type are padding: a copy of a struct may move anything there, so results count them as zero. */
import { type Layout, tailOf } from "./layout.ts";

type ByteRange = [from: number, to: number];

interface Padding {
  /** The ranges repeat every `stride` bytes. */
  stride: number;
  /** `[from, to)` inside one stride, ascending, disjoint. */
  ranges: ByteRange[];
}

/** More ranges than this make a plan too large to send around. */
export const MAX_PADDING_RANGES = 16_384;

/** The padding of the first `byteLength` bytes of a buffer of this type; undefined when there is none, null when it has too many ranges. */
export function paddingOf(layout: Layout, byteLength: number): Padding | undefined | null {
  const bare = layout.kind === "array" ? layout : undefined;
  const ranges: ByteRange[] = [];
  const fits = bare ? elementPadding(bare.element, bare.stride, ranges) : walk(layout, 0, byteLength, ranges);
  if (!fits) return null;
  const merged = merge(ranges, bare ? bare.stride : byteLength);
  if (merged.length === 0) return undefined;
  return { stride: bare ? bare.stride : byteLength, ranges: merged };
}

/** Where the padding at the end of a type of a fixed size begins: no byte from there on is a value's. */
export function valuesEnd(layout: Layout): number {
  switch (layout.kind) {
    case "scalar":
    case "vector":
      return layout.size;
    case "matrix":
      return (layout.columns - 1) * layout.stride + layout.column.size;
    case "array":
      return ((layout.count ?? 1) - 1) * layout.stride + valuesEnd(layout.element);
    case "struct": {
      const last = layout.members.at(-1);
      return last ? last.offset + valuesEnd(last.layout) : layout.size;
    }
    default:
      return layout satisfies never;
  }
}

function elementPadding(element: Layout, stride: number, ranges: ByteRange[]): boolean {
  if (!walk(element, 0, stride, ranges)) return false;
  if (stride > element.size) ranges.push([element.size, stride]);
  return true;
}

/** Adds the padding inside `layout` at `offset` up to `end`; false once there are too many ranges. */
function walk(layout: Layout, offset: number, end: number, ranges: ByteRange[]): boolean {
  if (ranges.length > MAX_PADDING_RANGES) return false;
  if (!hasPadding(layout)) return true;
  switch (layout.kind) {
    case "scalar":
    case "vector":
      return true;
    case "matrix":
      for (let column = 0; column < layout.columns; column++) {
        const at = offset + column * layout.stride;
        ranges.push([at + layout.column.size, at + layout.stride]);
      }
      return true;
    case "array": {
      const count = layout.count ?? Math.max(0, Math.floor((end - offset) / layout.stride));
      for (let i = 0; i < count; i++) {
        const at = offset + i * layout.stride;
        if (!walk(layout.element, at, end, ranges)) return false;
        if (layout.stride > layout.element.size) ranges.push([at + layout.element.size, at + layout.stride]);
        if (ranges.length > MAX_PADDING_RANGES) return false;
      }
      return true;
    }
    case "struct":
      for (const [index, member] of layout.members.entries()) {
        if (!walk(member.layout, offset + member.offset, end, ranges)) return false;
        const next = layout.members[index + 1];
        if (!next && tailOf(member.layout)) continue;
        const memberEnd = member.offset + member.layout.size;
        const nextStart = next ? next.offset : layout.size;
        if (nextStart > memberEnd) ranges.push([offset + memberEnd, offset + nextStart]);
      }
      return true;
    default:
      return layout satisfies never;
  }
}

const PADDED = new WeakMap<Layout, boolean>();

function hasPadding(layout: Layout): boolean {
  const known = PADDED.get(layout);
  if (known !== undefined) return known;
  const found = findPadding(layout);
  PADDED.set(layout, found);
  return found;
}

function findPadding(layout: Layout): boolean {
  switch (layout.kind) {
    case "scalar":
    case "vector":
      return false;
    case "matrix":
      return layout.stride > layout.column.size;
    case "array":
      return layout.stride > layout.element.size || hasPadding(layout.element);
    case "struct":
      return layout.members.some((member, index) => {
        if (hasPadding(member.layout)) return true;
        const next = layout.members[index + 1];
        if (!next && tailOf(member.layout)) return false;
        return (next ? next.offset : layout.size) > member.offset + member.layout.size;
      });
    default:
      return layout satisfies never;
  }
}

function merge(ranges: ByteRange[], end: number): ByteRange[] {
  ranges.sort((a, b) => a[0] - b[0]);
  const merged: ByteRange[] = [];
  for (const [from, past] of ranges) {
    const to = Math.min(past, end);
    if (to <= from) continue;
    const last = merged[merged.length - 1];
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
