/** How a job's results are compared, in words. */
import type { Comparator } from "./comparator.ts";
import type { JobPlan, OutputPlan } from "./plan.ts";

/** `exact`, or `field within 0.00001 of the larger, but for 0.1 % of elements; counts exact`. */
export function comparatorWords({ outputs }: Pick<JobPlan, "outputs">): string {
  if (outputs.every(({ compare }) => !compare)) return "exact";
  return outputs.map(({ name, dtype, compare }) => `${name} ${compare ? withinWords(compare, dtype) : "exact"}`).join("; ");
}

function withinWords({ dtype, within, outliers, nonFinite }: Comparator, own: OutputPlan["dtype"]): string {
  const parts = [`within ${"ulps" in within ? `${within.ulps} ulps` : scaledWords(within)}`];
  if (dtype !== own) parts.push(`read as ${dtype}`);
  if (outliers > 0) parts.push(`but for ${Number((100 * outliers).toPrecision(6))} % of elements`);
  if (nonFinite === "allow") parts.push("NaN and infinities allowed");
  return parts.join(", ");
}

function scaledWords({ atol, rtol }: { atol: number; rtol: number }): string {
  return [...(atol > 0 ? [`${atol}`] : []), ...(rtol > 0 ? [`${rtol} of the larger`] : [])].join(" + ");
}
