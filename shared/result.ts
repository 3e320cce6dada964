/** A unit's result bytes: every output in manifest order, each prefixed by its length as u64, little-endian. */
import type { JobPlan } from "./plan.ts";

const LENGTH_BYTES = 8;

/** Joins the outputs of one unit, in manifest order, into result bytes. */
export function frame(outputs: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const output of outputs) length += LENGTH_BYTES + output.byteLength;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const output of outputs) {
    view.setBigUint64(at, BigInt(output.byteLength), true);
    bytes.set(output, at + LENGTH_BYTES);
    at += LENGTH_BYTES + output.byteLength;
  }
  return bytes;
}

/**
 * The outputs of one unit, in manifest order, as views on `bytes`. Throws `RangeError` when a length is not the plan's
 * or the bytes end elsewhere: then they are no result of this job.
 */
export function unframe(plan: Pick<JobPlan, "outputs">, bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const outputs: Uint8Array[] = [];
  let at = 0;
  for (const { name, byteLength } of plan.outputs) {
    if (at + LENGTH_BYTES + byteLength > bytes.byteLength) throw new RangeError(`result ends inside output ${name}`);
    const length = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
    if (length !== byteLength) throw new RangeError(`output ${name} has ${length} bytes, the plan says ${byteLength}`);
    at += LENGTH_BYTES;
    outputs.push(bytes.subarray(at, at + byteLength));
    at += byteLength;
  }
  if (at !== bytes.byteLength) throw new RangeError(`result has ${bytes.byteLength - at} bytes too many`);
  return outputs;
}
