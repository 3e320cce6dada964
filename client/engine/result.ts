/** Result bytes: every output in manifest order, prefixed by its length as u64, its padding zeroed. */
import { type JobPlan, resultBytes } from "../../shared/plan.ts";

/** Where each output lies in the staging buffer: one after the other, at multiples of 8. */
export function stagingOffsets(plan: Pick<JobPlan, "outputs">): { offsets: number[]; size: number } {
  const offsets: number[] = [];
  let size = 0;
  for (const output of plan.outputs) {
    offsets.push(size);
    size += (output.byteLength + 7) & ~7;
  }
  return { offsets, size };
}

/** `staged`: the staging buffer's bytes. The result is a copy. */
export function frameResult(plan: Pick<JobPlan, "outputs">, staged: Uint8Array): Uint8Array<ArrayBuffer> {
  const { offsets } = stagingOffsets(plan);
  const framed = new Uint8Array(resultBytes(plan));
  const view = new DataView(framed.buffer);
  let at = 0;
  plan.outputs.forEach((output, i) => {
    view.setBigUint64(at, BigInt(output.byteLength), true);
    at += 8;
    const from = offsets[i] as number;
    framed.set(staged.subarray(from, from + output.byteLength), at);
    if (output.padding) {
      for (let base = 0; base < output.byteLength; base += output.padding.stride) {
        for (const [start, end] of output.padding.ranges) {
          framed.fill(0, at + Math.min(base + start, output.byteLength), at + Math.min(base + end, output.byteLength));
        }
      }
    }
    at += output.byteLength;
  });
  return framed;
}
