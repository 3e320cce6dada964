/** What a unit that was just computed looks like, for whoever draws the visitor's own before anybody verified them. */
import type { JobPlan } from "../../../shared/plan.ts";
import { imageTile, shownOutput } from "../../../shared/tile.ts";

/** Larger squares would keep the donor from its work: they are drawn without pixels. */
const MAX_PIXELS = 262_144;

/** Undefined where the job is no image, or its squares are too large. */
export function tileOf(plan: JobPlan, bytes: Uint8Array): Uint8Array | undefined {
  const { output, image } = shownOutput(plan);
  const [height = 1, width = 1] = output.shape;
  if (!image || height * width > MAX_PIXELS) return undefined;
  const rows = imageTile(plan, bytes);
  let row = rows.next();
  while (!row.done) row = rows.next();
  return row.value;
}
