/** Random cuts of a dispatch into boxes of workgroups, in any order. */
import type { WorkgroupBox } from "../engine/seam.ts";
import { type Grid, workgroupsOf } from "../engine/slices.ts";

/** A number of `0 <= n < below`. */
export type Below = (below: number) => number;

/** However long a dispatch is, it is cut into no more boxes. */
const MAX_BOXES = 4096;

/** Boxes that cover the grid once: `parts` of them, or more while one has above `most` workgroups; fewer when there are no more workgroups. */
export function randomBoxes(grid: Grid, parts: number, most: number, below: Below): WorkgroupBox[] {
  const boxes: WorkgroupBox[] = [{ from: [0, 0, 0], size: [...grid] }];
  while (boxes.length < MAX_BOXES) {
    const largest = boxes.reduce((best, box) => (workgroupsOf(box.size) > workgroupsOf(best.size) ? box : best));
    const workgroups = workgroupsOf(largest.size);
    if (workgroups === 1 || (boxes.length >= parts && workgroups <= most)) break;
    boxes.splice(boxes.indexOf(largest), 1, ...cut(largest, below));
  }
  return shuffled(boxes, below);
}

function cut(box: WorkgroupBox, below: Below): [WorkgroupBox, WorkgroupBox] {
  const axes = [0, 1, 2].filter((axis) => (box.size[axis] as number) > 1);
  const axis = axes[below(axes.length)] as number;
  const at = 1 + below((box.size[axis] as number) - 1);
  const low: WorkgroupBox = { from: [...box.from], size: [...box.size] };
  const high: WorkgroupBox = { from: [...box.from], size: [...box.size] };
  low.size[axis] = at;
  high.size[axis] = (box.size[axis] as number) - at;
  high.from[axis] = (box.from[axis] as number) + at;
  return [low, high];
}

function shuffled<T>(items: readonly T[], below: Below): T[] {
  const mixed = [...items];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}
