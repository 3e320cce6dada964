/** How many elements are not zero. Minus zero is zero; NaN is not. */
import type { OutputPlan } from "../plan.ts";
import { type Element, elementsOf } from "./elements.ts";
import type { Pieces } from "./pieces.ts";
import { arrayLength, type Reduced, type Seen, slices } from "./reduced.ts";

/** Over everything, or element by element over units. */
export async function count(output: OutputPlan, over: "all" | "units", pieces: Pieces): Promise<Reduced> {
  const seen: Seen = { units: 0, holes: [] };
  if (over === "all") {
    let value = 0n;
    for await (const { bytes } of slices(output, pieces, seen)) {
      const elements = elementsOf(output.dtype, bytes);
      let inUnit = 0;
      for (let i = 0; i < elements.length; i++) if (isNotZero(elements.at(i))) inUnit++;
      value += BigInt(inUnit);
    }
    return { value: { kind: "number", type: "integer", value }, ...seen };
  }
  const length = arrayLength(output, "a count over units");
  const counts = new Float64Array(length);
  for await (const { from, bytes } of slices(output, pieces, seen)) {
    const elements = elementsOf(output.dtype, bytes);
    for (let i = 0; i < elements.length; i++) if (isNotZero(elements.at(i))) counts[from + i] = (counts[from + i] as number) + 1;
  }
  return { value: { kind: "array", type: "integer", shape: [...output.shape], values: Array.from(counts, BigInt) }, ...seen };
}

function isNotZero(element: Element): boolean {
  return typeof element === "bigint" ? element !== 0n : element !== 0;
}
