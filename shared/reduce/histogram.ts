/** Counts elements in equal bins over [from, to); the last bin includes `to`. What lies outside is counted apart. */
import type { OutputPlan } from "../plan.ts";
import { elementsOf } from "./elements.ts";
import type { Pieces } from "./pieces.ts";
import { type Reduced, type Seen, slices } from "./reduced.ts";

export async function histogram(output: OutputPlan, bins: number, range: [number, number], pieces: Pieces): Promise<Reduced> {
  const seen: Seen = { units: 0, holes: [] };
  const counts = new Array<number>(bins).fill(0);
  const [from, to] = range;
  let below = 0;
  let above = 0;
  let nan = 0;
  for await (const { bytes } of slices(output, pieces, seen)) {
    const elements = elementsOf(output.dtype, bytes);
    for (let i = 0; i < elements.length; i++) {
      const value = Number(elements.at(i));
      if (Number.isNaN(value)) nan++;
      else if (value < from) below++;
      else if (value > to) above++;
      else {
        const bin = binOf(value, bins, range);
        counts[bin] = (counts[bin] as number) + 1;
      }
    }
  }
  return { value: { kind: "histogram", range: [from, to], counts, below, above, nan }, ...seen };
}

/** Lower edge of bin `bin`; the upper edge of the last is `bins`' own. */
export function binEdge(bin: number, bins: number, [from, to]: [number, number]): number {
  return bin === bins ? to : from + ((to - from) * bin) / bins;
}

/** A quotient may round across an edge: the edges as written decide, so that no value is in a bin that excludes it. */
function binOf(value: number, bins: number, range: [number, number]): number {
  let bin = Math.min(bins - 1, Math.floor(((value - range[0]) / (range[1] - range[0])) * bins));
  if (bin > 0 && value < binEdge(bin, bins, range)) bin--;
  else if (bin < bins - 1 && value >= binEdge(bin + 1, bins, range)) bin++;
  return bin;
}
