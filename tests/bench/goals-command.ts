/** What the commands of all benches have in common: which goals, how much, and a table or one line of JSON at the end. */

import { Command, InvalidArgumentError, Option } from "commander";
import { working } from "../../server/cli/working.ts";
import { messageOf } from "../../shared/thrown.ts";
import { IN_SILENCES } from "../silences.ts";
import { type GoalReport, unmeasured } from "./goal.ts";
import { type BenchReport, table } from "./report.ts";
import type { Scale, Stage } from "./stage.ts";

export interface GoalOptions {
  json?: boolean;
  quick?: boolean;
  tiny?: boolean;
  goal: string[];
  folder: string;
}

/** A command `bench <name>` with the options that all have. */
export function goalsCommand(name: string, description: string, goals: readonly string[], quickWords: string): Command {
  const goalNames = (text: string): string[] => {
    const names = text.split(",").map((goal) => goal.trim().toUpperCase());
    for (const goal of names)
      if (!goals.includes(goal)) throw new InvalidArgumentError(`There is no ${goal}; there are ${goals.join(", ")}.`);
    return names;
  };
  return new Command(`bench ${name}`)
    .description(description)
    .option("--json", "print one line of JSON at the end instead of the table")
    .option("--quick", quickWords)
    .option("--goal <names>", `only these of ${goals.join(", ")}`, goalNames, [...goals])
    .addOption(new Option("--tiny", "try the parts; the figures mean nothing").hideHelp())
    .addOption(new Option("--folder <path>", "where to work").hideHelp().makeOptionMandatory());
}

export function stageOf(options: GoalOptions): Stage {
  const scale: Scale = options.tiny ? "tiny" : options.quick ? "quick" : "full";
  return { folder: options.folder, scale, say: (line) => process.stderr.write(`${line}\n`) };
}

/** Measures the goals one after the other. One that fails says so in its note, and the others go on. */
export async function measureGoals(
  measures: Readonly<Record<string, () => Promise<GoalReport>>>,
  names: readonly string[],
): Promise<{ goals: BenchReport["goals"]; failed: boolean }> {
  const goals: BenchReport["goals"] = {};
  let failed = false;
  for (const name of names) {
    try {
      goals[name] = await working(`${name} is being measured`, false, measures[name] as () => Promise<GoalReport>, IN_SILENCES);
    } catch (error) {
      failed = true;
      goals[name] = unmeasured(null, `it failed: ${messageOf(error)}`);
    }
  }
  return { goals, failed };
}

/** Prints the report and ends the process. */
export function printReport(report: BenchReport, { json, failed }: { json: boolean; failed: boolean }): never {
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${table(report)}\n`);
  process.exit(failed ? 1 : 0);
}
