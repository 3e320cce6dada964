/** E3: how near slices come to their target, for kernels from 1 to 100 us a workgroup. */
import { BAND, judgeSlices, LEARNING, LONGEST_TARGETS, SLICES_WITHIN, type SliceTimes } from "../../../client/bench/goals.ts";
import { type GoalReport, measured, median, shown } from "../goal.ts";
import { planOf } from "../job.ts";
import { pairsOf, scaled } from "../stage.ts";
import { workOf } from "./calibrate.ts";
import type { EngineStage, Site } from "./stage.ts";

const MICROS_A_WORKGROUP = { full: [1, 10, 100], quick: [1, 10, 100], tiny: [10] };
const TARGETS_MICROS = [4_000, 30_000];
const ROW = 1000;
/** What the time of a workgroup is found out with: a dispatch of so long. */
const SAMPLE_MICROS = 10_000;

export async function measureE3(stage: EngineStage, site: Site): Promise<GoalReport> {
  const tab = await site.openTab();
  const slices = scaled(stage, { full: 120, quick: 80, tiny: 30 });
  const cases: ({ name: string } & SliceTimes)[] = [];
  for (const micros of scaled(stage, MICROS_A_WORKGROUP)) {
    const sample = await workOf(stage, tab, [SAMPLE_MICROS / micros, 1], SAMPLE_MICROS / 1000);
    for (const targetMicros of TARGETS_MICROS) {
      const rows = Math.ceil((slices * targetMicros) / micros / ROW);
      const plan = await planOf(site.server, await site.submit({ workgroups: [ROW, rows], rounds: sample.rounds }));
      const runs: SliceTimes[] = [];
      for (let turn = 1; turn <= pairsOf(stage); turn++)
        runs.push(judgeSlices(await tab.ask("submits", { plan, targetMicros }), targetMicros));
      const found = { name: `${micros} us a workgroup at ${targetMicros / 1000} ms`, ...middle(runs) };
      cases.push(found);
      stage.say(
        `E3: ${found.name}: ${shown(100 * found.within)} % within, the longest ${shown(found.longest)} targets, half ${shown(found.median)}`,
      );
    }
  }
  return measured(
    [
      {
        name: `least share of slices within ${BAND}x of their target after ${LEARNING}`,
        value: Math.min(...cases.map(({ within }) => within)),
        target: SLICES_WITHIN,
        is: "at least",
      },
      {
        name: "longest of these slices, in targets",
        value: Math.max(...cases.map(({ longest }) => longest)),
        target: LONGEST_TARGETS,
        is: "at most",
      },
    ],
    [
      ...cases.map(
        ({ name, within, longest, median: half }) =>
          `${name}: ${shown(100 * within)} % within, median ${shown(half)}, longest ${shown(longest)} targets`,
      ),
      `each the median of ${pairsOf(stage)} runs of ${slices} slices; a last slice may be short`,
    ].join("; "),
  );
}

function middle(runs: readonly SliceTimes[]): SliceTimes {
  return {
    within: median(runs.map(({ within }) => within)),
    longest: median(runs.map(({ longest }) => longest)),
    median: median(runs.map((run) => run.median)),
  };
}
