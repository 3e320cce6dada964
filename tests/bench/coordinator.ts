/** Entry: `coordinator [--json] [--quick] [--profile] [--goal C1,C3]`; the folder to work in comes from the script. */
import { measureC1 } from "./c1.ts";
import { measureC2 } from "./c2.ts";
import { measureC3 } from "./c3.ts";
import { measureC4 } from "./c4.ts";
import { measureC5 } from "./c5.ts";
import { canPin } from "./child.ts";
import { type GoalOptions, goalsCommand, measureGoals, printReport, stageOf } from "./goals-command.ts";
import { PROFILED, profileTable } from "./profile.ts";
import { machineWords } from "./report.ts";

const GOALS = { C1: measureC1, C2: measureC2, C3: measureC3, C4: measureC4, C5: measureC5 };

const options = goalsCommand(
  "coordinator",
  "what the coordinator does in a second, against its peers and limits, in one run",
  Object.keys(GOALS),
  "one to two minutes instead of up to ten",
)
  .option("--profile", "tell where the time of a replica goes in C1 and C2")
  .parse()
  .opts<GoalOptions & { profile?: boolean }>();
const stage = stageOf(options);
// Children end when their channel to this process does.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const measures = Object.fromEntries(Object.entries(GOALS).map(([name, measure]) => [name, () => measure(stage)]));
const { goals, failed } = await measureGoals(measures, options.goal);
const json = options.json ?? false;
if (options.profile) {
  for (const goal of PROFILED.filter((name) => options.goal.includes(name)))
    (json ? process.stderr : process.stdout).write(`${await profileTable(stage, goal)}\n`);
}
const machine = machineWords(canPin() ? "server on core 0, clients on core 1" : "not pinned");
printReport({ bench: "coordinator", machine, goals }, { json, failed });
