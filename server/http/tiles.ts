/** A unit's result as it is shown: of a job that is an image its tile, made while others get their turn, of any other one value. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { JobPlan } from "../../shared/plan.ts";
import { elementsOf } from "../../shared/reduce/elements.ts";
import { unframe } from "../../shared/result.ts";
import { imageTile, shownOutput } from "../../shared/tile.ts";

/** Pixels that are averaged in one go: the event loop gets its turn between. */
const SLICE_PIXELS = 65_536;

/** `side`: pixels to a side at most. */
export async function tileInTurns(plan: JobPlan, bytes: Uint8Array, side: number): Promise<Uint8Array> {
  const rows = imageTile(plan, bytes, side);
  let pixels = 0;
  for (;;) {
    const row = rows.next();
    if (row.done) return row.value;
    pixels += row.value;
    if (pixels <= SLICE_PIXELS) continue;
    await nextTurn();
    pixels = 0;
  }
}

/** What a unit of a job that is no image comes to: its part of the sum, else its first value. NaN counts as 0. */
export function shownValue(plan: JobPlan, bytes: Uint8Array): number {
  const { output, index } = shownOutput(plan);
  const elements = elementsOf(output.dtype, unframe(plan, bytes)[index] as Uint8Array);
  // A tone needs no more of a sum than can be added in one go.
  const many = output.reduce.kind === "sum" && output.reduce.over === "all" ? Math.min(elements.length, SLICE_PIXELS) : 1;
  let value = 0;
  for (let at = 0; at < many; at++) value += Number(elements.at(at));
  return Number.isFinite(value) ? value : 0;
}
