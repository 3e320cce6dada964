/** A word about a job all of whose units give the same result. */
import type { BufferPlan, PassPlan } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";
import type { Units } from "./units.ts";

/** Warns where nothing that a kernel is handed depends on the unit: neither a number, nor a row, nor a piece of a file. */
export function warnAlike(units: Units, buffers: readonly BufferPlan[], passes: readonly PassPlan[], faults: Faults): void {
  const count = units.space?.count ?? 1;
  const writes = [...buffers.flatMap((buffer) => buffer.writes), ...passes.flatMap(({ set }) => set.map(({ write }) => write))];
  const depends = writes.some(({ value: { of } }) => of?.kind === "row" || (of?.kind === "unit" && of.field !== "count"));
  if (count === 1 || depends || buffers.some(({ init }) => init.kind === "split")) return;
  const way = units.rows
    ? `Set a number of the kernel to a column, "$row.${units.rows.columns[0]?.name ?? "column"}"`
    : units.space?.grid
      ? 'Set numbers of the kernel to "$unit.x" and "$unit.y"'
      : 'Set a number of the kernel to "$unit.index", its seed to "$unit.seed", or split a file among the units';
  faults.warnAt(["units"], `all ${count} give the same result: nothing that the kernel is handed depends on the unit. ${way}.`);
}
