/** One key for each part of a builtin input, however a kernel spells it: `id.x`, `i32(id.x)`, `group.x * 64u + lane`. */
import type { Facts } from "./facts.ts";

/** How a pass is dispatched, and its overrides. */
export type Frame = Pick<Facts, "workgroups" | "size" | "override">;

const INPUT = /^%(\w+)\.(\d)$/;
const AXES = [0, 1, 2];

/** The input that a key stands for, none of whose values reaches 2^31. */
export function builtinOf(key: string): { builtin: string; axis: number } | undefined {
  const [, builtin, axis] = INPUT.exec(key) ?? [];
  return builtin === undefined ? undefined : { builtin, axis: Number(axis) };
}

export function inputKey(builtin: string, axis: number, frame: Frame | undefined): string {
  if (frame) {
    const { workgroups, size } = frame;
    if (builtin === "local_invocation_index" && size[1] * size[2] === 1) return inputKey("local_invocation_id", 0, frame);
    const isGlobal = (builtin === "local_invocation_id" && workgroups[axis] === 1) || (builtin === "workgroup_id" && size[axis] === 1);
    if (isGlobal) return inputKey("global_invocation_id", axis, frame);
  }
  return `%${builtin}.${axis}`;
}

/** The key of a sum: the global id's where its parts are a workgroup's first invocation and the place in the workgroup. */
export function sumKey(left: string, right: string, frame: Frame | undefined): string {
  const sum = pair(left, "+", right);
  const axis = AXES.find((each) => {
    const first = pair(inputKey("workgroup_id", each, frame), "*", `=${frame?.size[each] ?? 1}`);
    return sum === pair(first, "+", inputKey("local_invocation_id", each, frame));
  });
  return axis === undefined ? sum : inputKey("global_invocation_id", axis, frame);
}

/** The same for both orders where the order makes no difference. */
export function pair(left: string, operator: string, right: string): string {
  const [a, b] = /^[+*&|^]$/.test(operator) && right < left ? [right, left] : [left, right];
  return `(${a}${operator}${b})`;
}
