/** E6: from the start of a donor to its first dispatch, caches warm, against a bare device with the kernel compiled. */
import { type GoalReport, measured, ofPairs, shown, spread } from "../goal.ts";
import { pairsOf } from "../stage.ts";
import { workOf } from "./calibrate.ts";
import type { EngineStage, Site } from "./stage.ts";

const TARGET = 1.5;
const WORKGROUPS: [number, number] = [256, 1];
const UNIT_MILLIS = 20;

export async function measureE6(stage: EngineStage, site: Site): Promise<GoalReport> {
  const tab = await site.openTab();
  const job = await site.submit(await workOf(stage, tab, WORKGROUPS, UNIT_MILLIS));
  const given = { origin: site.server.url, job, person: "there" } as const;
  // Warm: it has measured this GPU too, which a donor does before its first claim ever.
  await tab.ask("donor", { given, seconds: 0, least: 1 });
  const ours: number[] = [];
  const bare: number[] = [];
  for (let pair = 1; pair <= pairsOf(stage); pair++) {
    ours.push(await tab.ask("donorStart", { given }));
    bare.push(await tab.ask("bareStart"));
    stage.say(`E6: pair ${pair}: donor ${shown(ours.at(-1) ?? 0)} ms, bare ${shown(bare.at(-1) ?? 0)} ms`);
  }
  return measured(
    [
      {
        name: "start to first dispatch over requestAdapter, requestDevice and compile",
        ...ofPairs(ours, bare),
        target: TARGET,
        is: "at most",
      },
    ],
    `donor ${spread(ours)} ms with handshake, claim, plan and compile; bare ${spread(bare)} ms`,
  );
}
