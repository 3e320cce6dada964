/** How much of a unit is done, and how much there is, in workgroups. */
import type { Place } from "./controller.ts";
import type { Engine } from "./seam.ts";
import { workgroupsOf } from "./slices.ts";

export function workgroupsBefore(engine: Engine, { pass, iteration, done }: Place): number {
  let workgroups = done;
  engine.plan.passes.slice(0, pass + 1).forEach((each, index) => {
    workgroups += (index < pass ? each.repeat : iteration) * workgroupsOf(each.workgroups);
  });
  return workgroups;
}

export function allWorkgroups(engine: Engine): number {
  return engine.plan.passes.reduce((all, pass) => all + pass.repeat * workgroupsOf(pass.workgroups), 0);
}
