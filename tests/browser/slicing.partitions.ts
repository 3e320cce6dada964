/** Random cuts of dispatches into boxes of workgroups. */
import type { Position, WorkgroupBox } from "../../client/engine/seam.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { type Random, shuffled } from "../chaos/random.ts";

const MAX_CUTS = 5; // a cut in each direction, and again: up to 32 boxes, or one workgroup each

/** All slices of a unit: each iteration's dispatch cut at random, its boxes in any order. */
export function randomSlices(plan: JobPlan, random: Random): Position[] {
  return plan.passes.flatMap(({ workgroups, repeat }, pass) =>
    Array.from({ length: repeat }, (_, iteration) => {
      const boxes = cut({ from: [0, 0, 0], size: [...workgroups] }, random(MAX_CUTS + 1), random);
      return shuffled(boxes, random).map((box): Position => ({ pass, iteration, box }));
    }).flat(),
  );
}

function cut(box: WorkgroupBox, cuts: number, random: Random): WorkgroupBox[] {
  const axes = [0, 1, 2].filter((axis) => (box.size[axis] as number) > 1);
  const axis = axes[random(axes.length)];
  if (cuts === 0 || axis === undefined) return [box];
  const at = 1 + random((box.size[axis] as number) - 1);
  const low: WorkgroupBox = { from: [...box.from], size: [...box.size] };
  const high: WorkgroupBox = { from: [...box.from], size: [...box.size] };
  low.size[axis] = at;
  high.size[axis] = (box.size[axis] as number) - at;
  high.from[axis] = (box.from[axis] as number) + at;
  return [...cut(low, cuts - 1, random), ...cut(high, cuts - 1, random)];
}
