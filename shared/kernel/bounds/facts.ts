/** What is known of a pass beside the kernel's text: how it is dispatched and what the job puts into its bindings. */
import type { Layout } from "../layout.ts";
import type { Kernel } from "../read.ts";
import { exactly, type Range } from "./range.ts";

export interface Facts {
  kernel: Kernel;
  entryPoint: string;
  workgroups: readonly [number, number, number];
  /** Invocations of a workgroup along x, y, z. */
  size: readonly [number, number, number];
  /** Type of a binding. */
  layout(binding: string): Layout | undefined;
  /** Length of a binding's runtime-sized array. */
  elements(binding: string): number | undefined;
  /** What the job sets a number to that the kernel cannot change, by its path: `size.x`, or `""` for the whole. */
  given(binding: string, path: string): Range | undefined;
  /** Value of an override. */
  override(name: string): number | undefined;
}

/** The range of a builtin input along an axis; undefined for those that the dispatch does not decide. */
export function dispatched({ workgroups, size }: Facts, builtin: string, axis: number): Range | undefined {
  const upTo = (count: number, axes: number): Range => ({ min: 0, max: count - 1, top: "last", axes, free: true });
  const groups = workgroups[axis] ?? 1;
  const each = size[axis] ?? 1;
  switch (builtin) {
    case "global_invocation_id":
      return upTo(groups * each, 1 << axis);
    case "local_invocation_id":
      return upTo(each, 1 << axis);
    case "workgroup_id":
      return upTo(groups, 1 << axis);
    case "num_workgroups":
      return exactly(groups);
    case "local_invocation_index":
      return upTo(size[0] * size[1] * size[2], 7);
    default:
      return undefined;
  }
}
