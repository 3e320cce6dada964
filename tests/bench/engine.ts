/** Entry: `engine [--json] [--quick] [--goal E1,E3] [--chrome-flags "…"]`; the folder to work in comes from the script. */
import { measureE1 } from "./engine/e1.ts";
import { measureE2 } from "./engine/e2.ts";
import { measureE3 } from "./engine/e3.ts";
import { measureE4 } from "./engine/e4.ts";
import { measureE5 } from "./engine/e5.ts";
import { measureE6 } from "./engine/e6.ts";
import { measureE7 } from "./engine/e7.ts";
import { type EngineStage, withSite } from "./engine/stage.ts";
import { type GoalOptions, goalsCommand, measureGoals, printReport, stageOf } from "./goals-command.ts";
import { machineWords } from "./report.ts";

const GOALS = { E1: measureE1, E2: measureE2, E3: measureE3, E4: measureE4, E5: measureE5, E6: measureE6, E7: measureE7 };

const options = goalsCommand(
  "engine",
  "what donor and engine make of a GPU, against a bare loop of WebGPU and a page at rest, in one run",
  Object.keys(GOALS),
  "about three minutes instead of eight",
)
  .option("--chrome-flags <flags>", "start Chromium with these flags, for a real GPU, instead of on SwiftShader")
  .parse()
  .opts<GoalOptions & { chromeFlags?: string }>();
const chromeFlags = (options.chromeFlags ?? "").split(/\s+/).filter((flag) => flag !== "");
const stage: EngineStage = { ...stageOf(options), chromeFlags };
// Children end when their channel to this process does.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const { machine, goals, failed } = await withSite(stage, async (site) => {
  const adapter = await (await site.openTab()).ask("adapter");
  if (adapter === "") throw new Error(`Chromium has no WebGPU adapter${chromeFlags.length > 0 ? " with these flags" : ""}.`);
  const machine = machineWords(`${await site.browser.version()} on ${adapter}`);
  const measures = Object.fromEntries(
    Object.entries(GOALS).map(([name, measure]) => [name, () => site.clear().then(() => measure(stage, site))]),
  );
  return { machine, ...(await measureGoals(measures, options.goal)) };
});
printReport({ bench: "engine", machine, goals }, { json: options.json ?? false, failed });
