/** E3: how near slices come to their target, for kernels from 1 to 100 us a workgroup. */
import type { Submit } from "../../../client/bench/watched-engine.ts";
import { type GoalReport, measured, median, shown } from "../goal.ts";
import { planOf } from "../job.ts";
import { pairsOf, scaled } from "../stage.ts";
import { workOf } from "./calibrate.ts";
import type { EngineStage, Site } from "./stage.ts";

const MICROS_A_WORKGROUP = { full: [1, 10, 100], quick: [1, 10, 100], tiny: [10] };
const TARGETS_MICROS = [4_000, 30_000];
/** Slices in which the controller learns. */
const LEARNING = 20;
const BAND = 2;
const NEVER = 3;
const ROW = 1000;
/** What the time of a workgroup is found out with: a dispatch of so long. */
const SAMPLE_MICROS = 10_000;

export async function measureE3(stage: EngineStage, site: Site): Promise<GoalReport> {
  const tab = await site.openTab();
  const slices = scaled(stage, { full: 120, quick: 80, tiny: 30 });
  const cases: { name: string; met: number; highest: number; median: number }[] = [];
  for (const micros of scaled(stage, MICROS_A_WORKGROUP)) {
    const sample = await workOf(stage, tab, [SAMPLE_MICROS / micros, 1], SAMPLE_MICROS / 1000);
    for (const targetMicros of TARGETS_MICROS) {
      const rows = Math.ceil((slices * targetMicros) / micros / ROW);
      const plan = await planOf(site.server, await site.submit({ workgroups: [ROW, rows], rounds: sample.rounds }));
      const runs: { met: number; highest: number; median: number }[] = [];
      for (let turn = 1; turn <= pairsOf(stage); turn++) runs.push(judge(await tab.ask("submits", { plan, targetMicros }), targetMicros));
      const found = { name: `${micros} us a workgroup at ${targetMicros / 1000} ms`, ...middle(runs) };
      cases.push(found);
      stage.say(
        `E3: ${found.name}: ${shown(100 * found.met)} % within, the longest ${shown(found.highest)} targets, half ${shown(found.median)}`,
      );
    }
  }
  return measured(
    [
      {
        name: `least share of slices within ${BAND}x of their target after ${LEARNING}`,
        value: Math.min(...cases.map(({ met }) => met)),
        target: 0.95,
        is: "at least",
      },
      {
        name: "longest of these slices, in targets",
        value: Math.max(...cases.map(({ highest }) => highest)),
        target: NEVER,
        is: "at most",
      },
    ],
    [
      ...cases.map(
        ({ name, met, highest, median: half }) =>
          `${name}: ${shown(100 * met)} % within, median ${shown(half)}, longest ${shown(highest)} targets`,
      ),
      `each the median of ${pairsOf(stage)} runs of ${slices} slices; a last slice may be short`,
    ].join("; "),
  );
}

function judge(submits: readonly Submit[], target: number): { met: number; highest: number; median: number } {
  const ratios = submits.slice(LEARNING).map(({ micros, ends }) => ({ ratio: micros / target, isLast: ends > 0 }));
  const isMet = ({ ratio, isLast }: (typeof ratios)[number]) => ratio <= BAND && (isLast || ratio >= 1 / BAND);
  const all = ratios.map(({ ratio }) => ratio);
  return { met: ratios.filter(isMet).length / ratios.length, highest: Math.max(...all), median: median(all) };
}

function middle(runs: readonly { met: number; highest: number; median: number }[]): { met: number; highest: number; median: number } {
  return {
    met: median(runs.map(({ met }) => met)),
    highest: median(runs.map(({ highest }) => highest)),
    median: median(runs.map((run) => run.median)),
  };
}
