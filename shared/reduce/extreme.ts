/** The smallest or largest element. A NaN among floats makes the result NaN, as NumPy's min and max do. */
import type { OutputPlan } from "../plan.ts";
import { type Element, elementsOf } from "./elements.ts";
import type { Pieces } from "./pieces.ts";
import { arrayLength, finals, type Reduced, type Seen, slices } from "./reduced.ts";

/** Over everything, or element by element over units. Of nothing: null. */
export async function extreme(output: OutputPlan, which: "min" | "max", over: "all" | "units", pieces: Pieces): Promise<Reduced> {
  const seen: Seen = { units: 0, holes: [] };
  const better = which === "min" ? (a: Element, b: Element) => a < b : (a: Element, b: Element) => a > b;
  const pick = (held: Element | null, next: Element): Element => {
    if (held === null || Number.isNaN(next)) return next;
    return Number.isNaN(held) ? held : better(next, held) ? next : held;
  };
  if (over === "all") {
    let value: Element | null = null;
    for await (const { bytes } of slices(output, pieces, seen)) {
      const elements = elementsOf(output.dtype, bytes);
      for (let i = 0; i < elements.length; i++) value = pick(value, elements.at(i));
    }
    return { value: { kind: "number", type: output.dtype, value }, ...seen };
  }
  const length = arrayLength(output, `a ${which} over units`);
  let values: Element[] | null = null;
  for await (const { bytes } of finals(pieces, seen)) {
    const elements = elementsOf(output.dtype, bytes);
    const held: Element[] = values ?? Array.from({ length }, (_, i) => elements.at(i));
    for (let i = 0; i < length; i++) held[i] = pick(held[i] as Element, elements.at(i));
    values = held;
  }
  return { value: { kind: "array", type: output.dtype, shape: [...output.shape], values }, ...seen };
}
