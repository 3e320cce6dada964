/** Where outputs lie in the staging buffer, and the result bytes that are made of them. */
import type { JobPlan, OutputPlan } from "../../shared/plan.ts";
import { frame } from "../../shared/result.ts";

/** One output after the other, at multiples of 8. */
export function stagingOffsets(plan: Pick<JobPlan, "outputs">): { offsets: number[]; size: number } {
  const offsets: number[] = [];
  let size = 0;
  for (const output of plan.outputs) {
    offsets.push(size);
    size += (output.byteLength + 7) & ~7;
  }
  return { offsets, size };
}

/** Result bytes of a staging buffer's contents, padding zeroed. A copy. */
export function resultOf(plan: Pick<JobPlan, "outputs">, staged: Uint8Array): Uint8Array<ArrayBuffer> {
  const { offsets } = stagingOffsets(plan);
  const outputs = plan.outputs.map((output, i) => {
    const from = offsets[i] as number;
    const bytes = staged.subarray(from, from + output.byteLength);
    return output.padding ? withoutPadding(output.padding, bytes) : bytes;
  });
  return frame(outputs);
}

function withoutPadding(padding: NonNullable<OutputPlan["padding"]>, bytes: Uint8Array): Uint8Array {
  const clean = new Uint8Array(bytes);
  for (let base = 0; base < clean.byteLength; base += padding.stride) {
    for (const [start, end] of padding.ranges) clean.fill(0, base + start, base + end);
  }
  return clean;
}
