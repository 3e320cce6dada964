/** E5: how soon after Stop nothing of ours is on the GPU. */
import { stopAllowed } from "../../../client/bench/goals.ts";
import { type GoalReport, measured, shown, spread } from "../goal.ts";
import { pairsOf, scaled } from "../stage.ts";
import { workOf } from "./calibrate.ts";
import type { EngineStage, Site } from "./stage.ts";

const WORKGROUPS: [number, number] = [1024, 1];
const UNIT_MILLIS = 500;
const TARGET_MS = { idle: 30, there: 4 } as const;

export async function measureE5(stage: EngineStage, site: Site): Promise<GoalReport> {
  const tab = await site.openTab();
  const work = await workOf(stage, tab, WORKGROUPS, scaled(stage, { full: UNIT_MILLIS, quick: UNIT_MILLIS, tiny: 20 }));
  const job = await site.submit(work);
  const seen: { idle: number[]; there: number[] } = { idle: [], there: [] };
  for (let turn = 1; turn <= pairsOf(stage); turn++)
    for (const person of ["idle", "there"] as const) {
      // At another moment of a slice each time.
      const afterMillis = 50 + 37 * turn;
      seen[person].push(await tab.ask("stop", { given: { origin: site.server.url, job, person }, afterMillis }));
      stage.say(`E5: ${person === "idle" ? "idle" : "polite"} target, turn ${turn}: ${shown(seen[person].at(-1) ?? 0)} ms`);
    }
  const worst = (person: "idle" | "there") => Math.max(...seen[person]) / stopAllowed(TARGET_MS[person]);
  return measured(
    [
      {
        name: "longest time from Stop to an idle GPU, over 100 ms and two slice targets of 30 ms",
        value: worst("idle"),
        target: 1,
        is: "at most",
      },
      { name: "the same with targets of 4 ms", value: worst("there"), target: 1, is: "at most" },
    ],
    `at the idle target ${spread(seen.idle)} ms, at the polite one ${spread(seen.there)} ms, units of ${UNIT_MILLIS} ms, the whole GPU`,
  );
}
