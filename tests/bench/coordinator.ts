/** Entry: `coordinator [--json] [--quick] [--profile] [--goal C1,C3]`; the folder to work in comes from the script. */
import { Command, InvalidArgumentError, Option } from "commander";
import { measureC1 } from "./c1.ts";
import { measureC2 } from "./c2.ts";
import { measureC3 } from "./c3.ts";
import { measureC4 } from "./c4.ts";
import { measureC5 } from "./c5.ts";
import { type GoalReport, unmeasured } from "./goal.ts";
import { profileTable } from "./profile.ts";
import { type BenchReport, machineWords, table } from "./report.ts";
import type { Scale, Stage } from "./stage.ts";

type Measure = (stage: Stage) => Promise<GoalReport>;
const GOALS: Record<string, Measure> = {
  C1: measureC1,
  C2: measureC2,
  C3: measureC3,
  C4: measureC4,
  C5: measureC5,
};

interface Options {
  json?: boolean;
  quick?: boolean;
  tiny?: boolean;
  profile?: boolean;
  goal: string[];
  folder: string;
}

const program = new Command("bench coordinator")
  .description("what the coordinator does in a second, against its peers and limits, in one run")
  .option("--json", "print one line of JSON at the end instead of the table")
  .option("--quick", "one to two minutes instead of up to ten")
  .option("--profile", "tell where the time of a replica goes in C1")
  .option("--goal <names>", `only these of ${Object.keys(GOALS).join(", ")}`, goalNames, Object.keys(GOALS))
  .addOption(new Option("--tiny", "try the parts; the figures mean nothing").hideHelp())
  .addOption(new Option("--folder <path>", "where to work").hideHelp().makeOptionMandatory());

const options = program.parse().opts<Options>();
const scale: Scale = options.tiny ? "tiny" : options.quick ? "quick" : "full";
const stage: Stage = { folder: options.folder, scale, say: (line) => process.stderr.write(`${line}\n`) };
// Children end when their channel to this process does.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const report: BenchReport = { bench: "coordinator", machine: machineWords(), goals: {} };
let failed = false;
for (const name of options.goal) {
  try {
    report.goals[name] = await (GOALS[name] as Measure)(stage);
  } catch (error) {
    failed = true;
    report.goals[name] = unmeasured(null, `it failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
if (options.profile) (options.json ? process.stderr : process.stdout).write(`${await profileTable(stage)}\n`);
process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${table(report)}\n`);
process.exit(failed ? 1 : 0);

function goalNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim().toUpperCase());
  for (const name of names)
    if (!GOALS[name]) throw new InvalidArgumentError(`There is no ${name}; there are ${Object.keys(GOALS).join(", ")}.`);
  return names;
}
