/** Numbers as text without loss, and text as chunks of bytes. */
import type { Element } from "../reduce/elements.ts";

/** Text is sent on in pieces of about this many characters. */
const CHUNK_CHARACTERS = 64 * 1024;
/** Of a row, so many elements are text at a time. */
const ROW_ELEMENTS = 4096;

/** Encodes a stream of text as UTF-8, in chunks of useful size. */
export async function* encodeText(text: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let held: string[] = [];
  let length = 0;
  for await (const part of text) {
    held.push(part);
    length += part.length;
    if (length < CHUNK_CHARACTERS) continue;
    yield encoder.encode(held.join(""));
    held = [];
    length = 0;
  }
  if (length > 0) yield encoder.encode(held.join(""));
}

/** `NaN`, `inf` and `-inf` as NumPy and pandas read them; `-0` keeps its sign. */
export function plainText(element: Element | null): string {
  if (element === null) return "";
  if (element === Number.POSITIVE_INFINITY) return "inf";
  if (element === Number.NEGATIVE_INFINITY) return "-inf";
  return Object.is(element, -0) ? "-0" : String(element);
}

/** 64-bit integers are decimal strings; JSON has no NaN and no infinity: they are strings too. */
export function jsonText(element: Element | null): string {
  if (element === null) return "null";
  if (typeof element === "bigint") return `"${element}"`;
  if (Object.is(element, -0)) return "-0";
  return Number.isFinite(element) ? String(element) : `"${element}"`;
}

/** An array of `shape` in row-major order as nested lists, a text for each bracket and part of a row. */
export function* nestedText(shape: readonly number[], textAt: (index: number) => string): Generator<string> {
  yield* level(0, 0);
  function* level(axis: number, from: number): Generator<string> {
    const side = shape[axis] as number;
    if (axis === shape.length - 1) {
      yield "[";
      for (let start = 0; start < side; start += ROW_ELEMENTS) {
        const part: string[] = [];
        for (let i = start; i < Math.min(side, start + ROW_ELEMENTS); i++) part.push(textAt(from * side + i));
        yield start === 0 ? part.join(",") : `,${part.join(",")}`;
      }
      yield "]";
      return;
    }
    for (let i = 0; i < side; i++) {
      yield i === 0 ? "[" : ",";
      yield* level(axis + 1, from * side + i);
    }
    yield "]";
  }
}
