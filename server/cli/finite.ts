/** Units whose NaN or infinities volunteers would have refused, where an output is compared within a tolerance. */
import { isRefusedAlone } from "../../shared/comparator.ts";
import { counted } from "../../shared/counted.ts";
import type { SourceUnit } from "../../shared/export/export.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { unframe } from "../../shared/result.ts";

export interface Unfit {
  output: string;
  /** Units, ascending. */
  units: number[];
}

/** Passes results on, and notes in `unfit` those that are refused. */
export async function* sifted(plan: JobPlan, unfit: Unfit[], results: AsyncIterable<SourceUnit>): AsyncGenerator<SourceUnit> {
  for await (const result of results) {
    const outputs = result.bytes ? unframe(plan, result.bytes) : [];
    for (const [index, { name, compare }] of plan.outputs.entries()) {
      const bytes = outputs[index];
      if (!compare || !bytes || !isRefusedAlone(compare, bytes)) continue;
      const known = unfit.find(({ output }) => output === name);
      if (known) known.units.push(result.unit);
      else unfit.push({ output: name, units: [result.unit] });
    }
    yield result;
  }
}

export function unfitWords({ output, units }: Unfit, manifest: Manifest): string {
  const index = manifest.output.findIndex(({ binding }) => binding === output);
  const place = manifest.output[index]?.compare === undefined ? "verify.compare" : `output[${index}].compare`;
  const [first = 0] = units;
  const more = units.length === 1 ? "" : `, and ${counted(units.length - 1, "more unit")} like it`;
  return `${output} of unit ${first.toLocaleString("en")} has NaN or an infinity${more}: volunteers' results with such are refused. Mend the kernel, or write "nonFinite": "allow" in ${place}.`;
}
