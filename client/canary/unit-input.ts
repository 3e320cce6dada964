/** A unit's own input, fetched. */

import type { JobPlan } from "../../shared/plan.ts";
import type { Inputs } from "../donor/inputs/inputs.ts";
import type { UnitInput } from "../engine/seam.ts";

/** Rejects with `InputError`. */
export async function inputOf(inputs: Inputs, plan: JobPlan, unit: number): Promise<UnitInput> {
  const [pieces, row] = [await inputs.pieces(plan, unit), await inputs.row(plan, unit)];
  return { index: unit, ...(row ? { row } : {}), ...(pieces ? { pieces } : {}) };
}
