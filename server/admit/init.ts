/** What a buffer holds before anything is written into it: zeros, one value, a file or a unit's piece of one. */
import { writeField } from "../../shared/expand.ts";
import type { BlobHash } from "../../shared/ids.ts";
import { type Layout, layoutName, onlyScalar, tailOf } from "../../shared/kernel/layout.ts";
import { type BufferInit, DTYPE_BYTES } from "../../shared/plan.ts";
import type { SizedBinding } from "./buffers.ts";
import { decimalOf } from "./decimal.ts";
import type { Faults } from "./faults.ts";
import type { JsonPath } from "./json.ts";
import type { PackageFiles } from "./tables.ts";
import type { SplitFile } from "./units.ts";

export function planInit(sized: SizedBinding, split: SplitFile | undefined, files: PackageFiles, faults: Faults): BufferInit {
  const { reflected, manifest, byteLength } = sized;
  const path: JsonPath = ["bindings", reflected.name, "init"];
  const init = manifest.init;
  if (init === undefined || init === "zero") return { kind: "zero" };
  if ("constant" in init) return fill(reflected.layout, init.constant, path, faults);
  if (init.split) {
    if (!split) return { kind: "zero" };
    const { bytesPerUnit, unitsPerChunk, fileBytes } = split;
    const { recordBytes, recordsPerUnit } = init.split;
    const most = Math.floor(byteLength / recordBytes);
    const fewer = most > 0 ? `let recordsPerUnit be at most ${most}` : "mend recordBytes, a record's length in bytes";
    const piece = `a unit's piece, ${recordsPerUnit} records of ${recordBytes} bytes,`;
    checkFilling(sized, bytesPerUnit, piece, [...path, "split"], fewer, faults);
    return { kind: "split", bytesPerUnit, unitsPerChunk, fileBytes, chunks: "" as BlobHash };
  }
  const stat = files.input(init.file, [...path, "file"]);
  if (!stat) return { kind: "zero" };
  checkFilling(sized, stat.bytes, init.file, [...path, "file"], "make the file smaller", faults);
  return { kind: "file", blob: stat.sha256, byteLength: stat.bytes };
}

/** `bytes` of `what` go into the binding; `fewer`: how fewer would. */
function checkFilling(sized: SizedBinding, bytes: number, what: string, path: JsonPath, fewer: string, faults: Faults): void {
  const { reflected, shapedBy, byteLength } = sized;
  const { name, layout } = reflected;
  if (sized.isOpen || (bytes <= byteLength && bytes >= byteLength - 3)) return;
  const tail = tailOf(layout);
  if (shapedBy) {
    const at: JsonPath = ["output", shapedBy.output, "shape"];
    const count = bytes / DTYPE_BYTES[shapedBy.dtype];
    const shape = Number.isInteger(count) ? `Let the shape have ${count} elements` : `Give ${name} "elements"`;
    if (bytes > byteLength)
      faults.at(at, `${name} has ${byteLength} bytes by this shape, and ${what} has ${bytes}.`, `${shape}, or ${fewer}.`);
    else faults.warnAt(at, `${name} has ${byteLength} bytes by this shape, and ${what} fills ${bytes}: the rest is zero. ${shape}.`);
  } else if (bytes > byteLength) {
    const larger = tail ? `give ${name} more "elements"` : "make its type larger";
    faults.at(path, `${capital(what)} has ${bytes} bytes, ${name} has ${byteLength}.`, `${capital(fewer)}, or ${larger}.`);
  } else {
    faults.warnAt(path, `${what} fills ${bytes} of the ${byteLength} bytes of ${name}; the rest is zero.`);
  }
}

/** With a capital; a file's name stays as it is. */
function capital(text: string): string {
  return /^\S*\./.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

function fill(layout: Layout, constant: number, path: JsonPath, faults: Faults): BufferInit {
  if (constant === 0 && !Object.is(constant, -0)) return { kind: "zero" };
  const scalar = onlyScalar(layout);
  if (!scalar) {
    faults.at(path, `${layoutName(layout)} mixes several types.`, 'Use "set" for its members, or a file.');
    return { kind: "zero" };
  }
  const view = new DataView(new ArrayBuffer(4));
  const unit = { units: { count: 1 }, seed: 0n, index: 0 };
  try {
    for (const offset of scalar === "f16" ? [0, 2] : [0]) {
      writeField(view, { offset, as: scalar, value: { scale: "1", offset: decimalOf(constant) } }, unit);
    }
  } catch (error) {
    if (!(error instanceof Error && error.name === "ExpandError")) throw error;
    faults.at([...path, "constant"], `${constant} does not fit ${scalar}.`, `Every element of ${layoutName(layout)} is ${scalar}.`);
  }
  return { kind: "fill", word: view.getUint32(0, true) };
}
