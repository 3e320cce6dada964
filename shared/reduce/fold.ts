/** Reductions that come to one value; concat and image stay streams, see concat.ts and image.ts. */
import type { OutputPlan, Reduce } from "../plan.ts";
import { count } from "./count.ts";
import { extreme } from "./extreme.ts";
import { histogram } from "./histogram.ts";
import type { Pieces } from "./pieces.ts";
import type { Reduced } from "./reduced.ts";
import { sum } from "./sum.ts";
import { topk } from "./topk.ts";

export type FoldingReduce = Exclude<Reduce, { kind: "concat" | "image" }>;

/** Folds all units of `output` in index order. */
export function fold(output: OutputPlan, reduce: FoldingReduce, pieces: Pieces): Promise<Reduced> {
  switch (reduce.kind) {
    case "sum":
      return sum(output, reduce.over, pieces);
    case "min":
    case "max":
      return extreme(output, reduce.kind, reduce.over, pieces);
    case "count":
      return count(output, reduce.over, pieces);
    case "histogram":
      return histogram(output, reduce.bins, reduce.range, pieces);
    case "topk":
      return topk(output, reduce.k, reduce.order, pieces);
    default:
      return reduce satisfies never;
  }
}
