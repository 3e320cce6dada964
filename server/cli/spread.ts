/** Least and greatest value of a job's pictures, for the `range` that says what is drawn in the first and the last colour. */
import type { JobPlan } from "../../shared/plan.ts";
import { type Element, elementsOf } from "../../shared/reduce/elements.ts";
import type { SourceUnit } from "../../shared/reduce/pieces.ts";
import { unframe } from "../../shared/result.ts";

export interface Spread {
  output: string;
  /** What job.json says. */
  range: readonly [number, number];
  /** Undefined: no unit had a number. */
  values: [least: Element, greatest: Element] | undefined;
}

/** One for each output that is reduced to a picture. */
export function spreadsOf(plan: JobPlan): Spread[] {
  return plan.outputs.flatMap(({ name, reduce }) =>
    reduce.kind === "image" ? [{ output: name, range: reduce.range, values: undefined }] : [],
  );
}

/** Passes results on, and widens `spreads` by their values. */
export async function* measured(plan: JobPlan, spreads: readonly Spread[], results: AsyncIterable<SourceUnit>): AsyncGenerator<SourceUnit> {
  for await (const result of results) {
    const outputs = result.bytes ? unframe(plan, result.bytes) : [];
    for (const spread of spreads) {
      const index = plan.outputs.findIndex(({ name }) => name === spread.output);
      const [output, bytes] = [plan.outputs[index], outputs[index]];
      if (output && bytes) widen(spread, elementsOf(output.dtype, bytes));
    }
    yield result;
  }
}

function widen(spread: Spread, elements: ReturnType<typeof elementsOf>): void {
  for (let index = 0; index < elements.length; index++) {
    const value = elements.at(index);
    // Not-a-number is neither.
    if (typeof value === "number" && Number.isNaN(value)) continue;
    spread.values ??= [value, value];
    // Either may be a BigInt.
    if (value < spread.values[0]) spread.values[0] = value;
    if (value > spread.values[1]) spread.values[1] = value;
  }
}

/** A sentence on each, with what to write where job.json says something else. `units`: how many they are of. */
export function spreadWords({ output, range, values }: Spread, units: string): string {
  if (!values) return `${output} of ${units} has no number to draw.`;
  const [least, greatest] = values.map(Number) as [number, number];
  const seen = `The values of ${output} go from ${least} to ${greatest} in ${units}`;
  if (least === greatest) return `${seen}: a picture of one colour.`;
  if (range[0] === least && range[1] === greatest) return `${seen}, as its range says.`;
  return `${seen}, its range is [${range.join(", ")}]: "range": [${least}, ${greatest}] in job.json gives these two the first and the last colour.`;
}

/** The same for JSON: 64-bit values as decimal strings. */
export function plainSpread({ output, range, values }: Spread): object {
  const plain = (value: Element): number | string => (typeof value === "bigint" ? String(value) : value);
  return { output, range, values: values ? values.map(plain) : null };
}
