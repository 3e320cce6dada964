/** A job's checker, run over a unit's result as any kernel is: the result lies in its outputs' buffers when it begins, and it answers words. */
import type { BufferPlan, JobPlan, OutputPlan } from "./plan.ts";
import { unframe } from "./result.ts";

/** What an engine runs: its only output is the verdict. Undefined where the job has no checker. */
export function checkerPlanOf(plan: JobPlan): JobPlan | undefined {
  const { checker, ...rest } = plan;
  if (!checker) return undefined;
  const held = new Set(plan.outputs.map(({ buffer }) => buffer));
  const buffers = checker.buffers.map((buffer): BufferPlan => {
    if (typeof buffer !== "number") return buffer;
    const known = plan.buffers[buffer];
    if (!known) throw new RangeError(`the plan has no buffer ${buffer}`);
    return held.has(buffer) ? { ...known, init: { kind: "zero" }, writes: [] } : known;
  });
  const { name, byteLength } = buffers[checker.verdict] as BufferPlan;
  const verdict: OutputPlan = {
    ...{ name, buffer: checker.verdict, byteLength },
    ...{ dtype: "u32", shape: [byteLength / Uint32Array.BYTES_PER_ELEMENT], reduce: { kind: "concat" } },
  };
  return { ...rest, buffers, passes: [checker.pass], outputs: [verdict] };
}

/** What is written over the checker's buffers, by index, before it runs: the outputs of the unit, padded to whole words. Throws `RangeError` when that is no result of this job. */
export function givenTo(plan: JobPlan, result: Uint8Array): { buffer: number; bytes: Uint8Array }[] {
  const outputs = unframe(plan, result);
  return (plan.checker?.buffers ?? []).flatMap((of, buffer) => {
    const output = outputs[plan.outputs.findIndex((each) => each.buffer === of)];
    if (!output) return [];
    const bytes = new Uint8Array((output.byteLength + 3) & ~3);
    bytes.set(output);
    return [{ buffer, bytes }];
  });
}

/** `verdict`: result bytes of the checker's plan. */
export function isAccepted(checker: JobPlan, verdict: Uint8Array): boolean {
  const bytes = unframe(checker, verdict)[0] ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.byteLength; at += Uint32Array.BYTES_PER_ELEMENT) if (view.getUint32(at, true) !== 1) return false;
  return bytes.byteLength > 0;
}

/** What a checker takes over one result, as a share of computing it, in words. */
export function priceWords(price: number): string {
  return `${price < 0.0005 ? "less than a thousandth" : Number(price.toPrecision(2))} of an execution`;
}
