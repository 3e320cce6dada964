/** A unit's result bytes: every output in manifest order, each prefixed by its length as u64, little-endian. */
import type { JobPlan } from "./plan.ts";

/** Of a PUT of result bytes: the assignment's token, base64url. */
export const RESULT_TOKEN_HEADER = "idlewave-token";

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
  const fault = framingFault(plan, bytes);
  if (fault !== undefined) throw new RangeError(fault);
  let at = 0;
  return plan.outputs.map(({ byteLength }) => {
    const from = at + LENGTH_BYTES;
    at = from + byteLength;
    return bytes.subarray(from, at);
  });
}

/** Why the bytes are not the outputs of the plan, each behind its length; undefined when they are. */
export function framingFault({ outputs }: Pick<JobPlan, "outputs">, bytes: Uint8Array): string | undefined {
  let at = 0;
  for (const { name, byteLength } of outputs) {
    if (at + LENGTH_BYTES + byteLength > bytes.byteLength) return `result ends inside output ${name}`;
    const length = u32At(bytes, at) + u32At(bytes, at + 4) * 2 ** 32;
    if (length !== byteLength) return `output ${name} has ${length} bytes, the plan says ${byteLength}`;
    at += LENGTH_BYTES + byteLength;
  }
  return at === bytes.byteLength ? undefined : `result has ${bytes.byteLength - at} bytes too many`;
}

/** Little-endian. Bytes by hand: a view of each of a thousand results costs more than to look at them. */
function u32At(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  return (low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}
