/** E1: units/s of the donor with the whole GPU, more than a person can lend, on a coordinator against a bare loop of the same kernel on the same device. */
import { MOST_SHARE } from "../../../client/bench/goals.ts";
import type { Rate } from "../../../client/bench/measure.ts";
import { type Figure, type GoalReport, measured, ofPairs, shown, spread } from "../goal.ts";
import { pairsOf, scaled } from "../stage.ts";
import { workOf } from "./calibrate.ts";
import type { EngineStage, Site } from "./stage.ts";

const CASES = [
  { millis: 50, target: 0.98 },
  { millis: 5, target: 0.9 },
] as const;
const WORKGROUPS: [number, number] = [256, 1];

export async function measureE1(stage: EngineStage, site: Site): Promise<GoalReport> {
  const tab = await site.openTab();
  const seconds = scaled(stage, { full: 4, quick: 2, tiny: 0.1 });
  const figures: Figure[] = [];
  const notes: string[] = [];
  for (const { millis, target } of CASES) {
    const work = await workOf(stage, tab, WORKGROUPS, millis);
    const job = await site.submit(work);
    const least = scaled(stage, { full: 20, quick: 10, tiny: 3 });
    const seen: { bare: number[]; idle: number[]; there: number[] } = { bare: [], idle: [], there: [] };
    for (let pair = 1; pair <= pairsOf(stage); pair++) {
      for (const person of ["idle", "there"] as const) {
        seen[person].push(perSecond(await tab.ask("donor", { given: { origin: site.server.url, job, person }, seconds, least })));
        if (person === "idle") seen.bare.push(perSecond(await tab.ask("bare", { work, seconds, least })));
      }
      stage.say(`E1: pair ${pair}, units of ${millis} ms: donor ${shown(seen.idle.at(-1) ?? 0)}/s, bare ${shown(seen.bare.at(-1) ?? 0)}/s`);
    }
    figures.push({
      name: `units/s of the donor with the whole GPU over a bare loop's, units of ${millis} ms, idle target`,
      ...ofPairs(seen.idle, seen.bare),
      most: MOST_SHARE,
      target,
      is: "at least",
    });
    notes.push(
      `units of ${millis} ms: donor ${spread(seen.idle)}/s, bare ${spread(seen.bare)}/s`,
      `${shown(ofPairs(seen.there, seen.bare).value)} of the bare loop at the target of 4 ms`,
    );
  }
  notes.push("quorum 2 and one volunteer: nothing becomes final, so its batches stay at the 16 units of an account without a final unit");
  return measured(figures as [Figure, ...Figure[]], notes.join("; "));
}

function perSecond({ units, seconds }: Rate): number {
  return units / seconds;
}
