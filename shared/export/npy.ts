/**
 * NumPy's `.npy`, version 1.0. Concatenated units are one array `(units, *shape)`; while units are missing it is a
 * structured array of `final` (bool) and `value`, so that no zero passes for a result. Pictures are `(height, width)`.
 */
import { fold } from "../reduce/fold.ts";
import { image, imageSize } from "../reduce/image.ts";
import { binaryOf, NUMPY_TYPE } from "./binary.ts";
import { type Chunks, needComplete, type Results } from "./results.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
/** The format asks for the data to start at a multiple of this. */
const ALIGNMENT = 64;
const HOLE_CHUNK_BYTES = 64 * 1024;

/** Throws `bad-format` when units are missing and the results are reduced or a picture. */
export function npy(results: Results): Chunks {
  if (results.output.reduce.kind !== "concat") needComplete(results, "npy", "json and png");
  return chunks(results);
}

/** The header of an array: `descr` and `shape` as Python literals, padded with spaces. */
function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${tuple}, }`;
  const unpadded = MAGIC.length + 2 + dictionary.length + 1;
  const padding = (ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT;
  const text = new TextEncoder().encode(`${dictionary}${" ".repeat(padding)}\n`);
  const header = new Uint8Array(MAGIC.length + 2 + text.byteLength);
  header.set(MAGIC);
  new DataView(header.buffer).setUint16(MAGIC.length, text.byteLength, true);
  header.set(text, MAGIC.length + 2);
  return header;
}

async function* chunks(results: Results): Chunks {
  const { plan, output, pieces } = results;
  const { reduce } = output;
  const type = `'${NUMPY_TYPE[output.dtype]}'`;
  if (reduce.kind === "image") {
    const { height, width } = imageSize(output, reduce, plan.units.count);
    yield npyHeader(type, [height, width]);
    for await (const band of image(output, reduce, plan.units.count, pieces)) yield band.bytes;
  } else if (reduce.kind !== "concat") {
    const { value } = await fold(output, reduce, pieces);
    const binary = binaryOf(value, "npy");
    yield npyHeader(binary.descr, binary.shape);
    yield binary.bytes;
  } else if (results.meta.complete) {
    yield npyHeader(type, [plan.units.count, ...output.shape]);
    for await (const piece of pieces) {
      if ("hole" in piece) throw new RangeError(`unit ${piece.hole.start} is missing from complete results`);
      yield piece.bytes;
    }
  } else {
    const tuple = output.shape.length === 1 ? `(${output.shape[0]},)` : `(${output.shape.join(", ")})`;
    yield npyHeader(`[('final', '|b1'), ('value', ${type}, ${tuple})]`, [plan.units.count]);
    for await (const piece of pieces) {
      if ("hole" in piece) yield* holeRecords(piece.hole.length, 1 + output.byteLength);
      else {
        yield Uint8Array.of(1);
        yield piece.bytes;
      }
    }
  }
}

/** Records whose `final` is false. */
function* holeRecords(count: number, recordBytes: number): Generator<Uint8Array> {
  const each = Math.max(1, Math.floor(HOLE_CHUNK_BYTES / recordBytes));
  for (let left = count; left > 0; left -= each) yield new Uint8Array(Math.min(left, each) * recordBytes);
}
