/** E2: the rewritten kernel in slices against the original kernel whole, both through engine and driver. */
import { MOST_SHARE, SLICED_SHARE } from "../../../client/bench/goals.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { type GoalReport, measured, ofPairs, shown, spread } from "../goal.ts";
import { planOf } from "../job.ts";
import { pairsOf, scaled } from "../stage.ts";
import { workOf } from "./calibrate.ts";
import { KERNEL } from "./kernel.ts";
import type { EngineStage, Site } from "./stage.ts";

const MILLIS = 200;
const WORKGROUPS: [number, number] = [1024, 1];
const SLICED = { idle: 30_000, polite: 4_000 } as const;

export async function measureE2(stage: EngineStage, site: Site): Promise<GoalReport> {
  const tab = await site.openTab();
  const work = await workOf(stage, tab, WORKGROUPS, scaled(stage, { full: MILLIS, quick: MILLIS, tiny: 20 }));
  const plan = await planOf(site.server, await site.submit(work));
  if ("whole" in plan.slicing) throw new Error(`the kernel is not sliced: ${plan.slicing.whole}`);
  const original: JobPlan = {
    ...plan,
    kernel: KERNEL,
    passes: plan.passes.map((pass) => ({ ...pass, entryPoint: "main" })),
    slicing: { whole: "It is what slices are compared with." },
  };
  const units = scaled(stage, { full: 20, quick: 10, tiny: 2 });
  const seen: { whole: number[]; idle: number[]; polite: number[] } = { whole: [], idle: [], polite: [] };
  const slices = { idle: 0, polite: 0 };
  for (let pair = 1; pair <= pairsOf(stage); pair++) {
    const whole = await tab.ask("throughput", { plan: original, targetMicros: null, units });
    seen.whole.push(whole.units / whole.seconds);
    for (const how of ["idle", "polite"] as const) {
      const sliced = await tab.ask("throughput", { plan, targetMicros: SLICED[how], units });
      if (sliced.digest !== whole.digest) throw new Error("slices gave other bytes than the whole");
      seen[how].push(sliced.units / sliced.seconds);
      slices[how] = sliced.submits / units;
    }
    stage.say(
      `E2: pair ${pair}: whole ${shown(seen.whole.at(-1) ?? 0)}/s, sliced ${shown(seen.idle.at(-1) ?? 0)}/s, finely ${shown(seen.polite.at(-1) ?? 0)}/s`,
    );
  }
  return measured(
    [
      {
        name: `units/s in slices of 30 ms over the original kernel whole, units of ${MILLIS} ms`,
        ...ofPairs(seen.idle, seen.whole),
        most: MOST_SHARE,
        target: SLICED_SHARE,
        is: "at least",
      },
    ],
    [
      `whole ${spread(seen.whole)} units/s, in slices of 30 ms ${spread(seen.idle)}`,
      `${shown(ofPairs(seen.polite, seen.whole).value)} of it in slices of 4 ms (${spread(seen.polite)} units/s)`,
      `${shown(slices.idle)} and ${shown(slices.polite)} submits a unit; identical bytes`,
    ].join("; "),
  );
}
