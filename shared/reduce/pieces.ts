/** The units of a job in index order, holes made explicit: what every reducer and every export reads. */
import type { UnitIndex, UnitRun } from "../ids.ts";
import type { JobPlan } from "../plan.ts";
import { unframe } from "../result.ts";

/** One final unit's result bytes, or null for a unit that failed or is missing. Units may also be left out: they are holes too. */
export interface SourceUnit {
  unit: number;
  bytes: Uint8Array | null;
}

/** One output of one unit, or a run of units that have none. */
export type Piece = { unit: number; bytes: Uint8Array } | { hole: UnitRun };

export type Pieces = AsyncIterable<Piece>;

/**
 * The pieces of output `output` (index in `plan.outputs`) of all units of the job. `source` must ascend; throws
 * `RangeError` when it does not, when a unit is outside the job, or when bytes are not framed as the plan says.
 */
export async function* pieces(plan: JobPlan, output: number, source: AsyncIterable<SourceUnit>): AsyncGenerator<Piece> {
  let next = 0;
  let holeFrom = 0;
  for await (const { unit, bytes } of source) {
    if (!Number.isSafeInteger(unit) || unit < next) throw new RangeError(`unit ${unit} came after unit ${next - 1}`);
    if (unit >= plan.units.count) throw new RangeError(`unit ${unit} is outside the job's ${plan.units.count} units`);
    next = unit + 1;
    if (!bytes) continue;
    if (holeFrom < unit) yield hole(holeFrom, unit);
    holeFrom = next;
    yield { unit, bytes: unframe(plan, bytes)[output] as Uint8Array };
  }
  if (holeFrom < plan.units.count) yield hole(holeFrom, plan.units.count);
}

function hole(from: number, to: number): Piece {
  return { hole: { start: from as UnitIndex, length: to - from } };
}
