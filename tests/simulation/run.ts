/** Entry of `npm run sim`: the production core among honest people and cheats, on a virtual clock. */
import { Command, InvalidArgumentError, Option } from "commander";
import { SAMPLE_SLICES, WHOLE_SHARE } from "../../server/core/sampling.ts";
import { DEFAULT_AUDIT_SHARE } from "../../server/core/state.ts";
import { NEWCOMER_SLICES } from "../../shared/checks.ts";
import { ADVERSARIES, SLICES } from "./adversaries.ts";
import { type Cell, runCell, SeedFailed } from "./cell.ts";
import { freshKeyLines } from "./fresh-keys.ts";
import type { Tier } from "./network.ts";
import { signOfLife } from "./sign-of-life.ts";

interface Options {
  tier: Tier;
  adversary: string;
  f: number;
  units: number;
  seed: number;
  seeds: number;
  seats: number;
  quorum: number;
  audit?: number;
  auditorMs: number;
  check?: boolean;
  json?: boolean;
  freshKeys?: boolean;
}

const number = (least: number, most: number, whole: boolean) => (text: string) => {
  const value = Number(text);
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value)))
    throw new InvalidArgumentError(`It is ${whole ? "a whole number" : "a number"} from ${least} to ${most}.`);
  return value;
};

const options = new Command("npm run sim --")
  .description("The production scheduler and verification among honest people and cheats, on a virtual clock.")
  .addOption(
    new Option(
      "--tier <tier>",
      "how results are verified; sampled: by an auditor that runs some slices again, or by the quorum while it is behind",
    )
      .choices(["quorum", "sampled"])
      .default("quorum"),
  )
  .addOption(new Option("--adversary <kind>", "who the cheats are").choices([...Object.keys(ADVERSARIES), "all"]).default("all"))
  .option("--f <share>", "share of hosts that cheat", number(0, 0.9, false), 0.1)
  .option("--units <n>", "units of a line, all seeds together", number(1, 1e9, true), 40_000)
  .option("--seed <n>", "the first seed", number(0, 2 ** 48, true), 1)
  .option("--seeds <n>", "independent runs of a line", number(1, 1e6, true), 8)
  .option("--seats <n>", "hosts at a time", number(3, 100_000, true), 100)
  .option("--quorum <n>", "replicas that must agree", number(1, 10, true), 2)
  .option("--audit <share>", "with an auditor that computes this share of agreements again", number(0, 1, false))
  .option("--auditor-ms <n>", "what a unit takes the auditor, ms; the median host takes 1000", number(1, 1e6, false), 200)
  .option("--check", "look at the invariants after each step: slow")
  .option("--json", "print one JSON line at the end")
  .addOption(
    new Option("--fresh-keys", "instead of all that: what two networks gain by keys that cost nothing").conflicts([
      "adversary",
      "audit",
      "json",
    ]),
  )
  .parse()
  .opts<Options>();

const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`);
if (options.freshKeys) for (const line of freshKeyLines()) say(line);
else simulate();

function simulate(): void {
  const all = Object.keys(ADVERSARIES).filter((name) => options.tier === "sampled" || !ADVERSARIES[name]?.isOfSlices);
  const names = options.adversary === "all" ? all : [options.adversary];
  const cells: Cell[] = [];
  let broken = 0;
  let trace = 0;
  const begun = process.cpuUsage();

  const isSampled = options.tier === "sampled";
  if (isSampled)
    say(
      `each unit computed once; ${SAMPLE_SLICES} of its ${SLICES} slices run again, ${NEWCOMER_SLICES} of a newcomer's, ${WHOLE_SHARE * 100} % of units whole`,
    );
  say(
    `quorum of ${options.quorum}${isSampled ? " while the auditor is behind" : ""}, ${options.seats} hosts at a time, ${options.f * 100} % of them cheats, ${options.seeds} seeds from ${options.seed}`,
  );
  const share = options.audit ?? (isSampled ? DEFAULT_AUDIT_SHARE : undefined);
  const audit = share === undefined ? null : { share, unitMs: options.auditorMs };
  say(audit ? `an auditor looks at ${audit.share * 100} % of agreements, ${audit.unitMs} ms a unit` : "no auditor");
  say(
    "accepted wrong: of units that became final; 95 % below: the rate is below this in 19 of 20 such runs. What it means is in docs/threat-model.md.",
  );
  for (const name of names) say(`${name.padEnd(13)}${ADVERSARIES[name]?.does}`);
  say(
    "adversary    work by cheats  executions/unit  accepted wrong  95 % below   honest refused  credit wrong  failed units  audited  auditor's part  honest proven wrong  cheats banned",
  );
  for (const adversary of names) {
    try {
      const { tier, f, units, seeds, seed: firstSeed, seats, quorum, check = false } = options;
      const cell = runCell(
        { tier, adversary, f, units, seeds, firstSeed, seats, quorum, audit, check },
        {
          onSeed: (each) => {
            trace = (Math.imul(trace, 31) + each) >>> 0;
          },
          onStep: signOfLife(adversary, units),
        },
      );
      cells.push(cell);
      say(lineOf(cell));
    } catch (error) {
      if (!(error instanceof SeedFailed)) throw error;
      broken++;
      say(`${adversary.padEnd(13)}✗ ${error.message}`);
    }
  }
  const { user, system } = process.cpuUsage(begun);
  const final = cells.reduce((sum, { units }) => sum + units, 0);
  const unitsPerSecond = Math.round(final / ((user + system) / 1e6));
  say(`${final.toLocaleString("en")} units, ${unitsPerSecond.toLocaleString("en")} a second of a core; trace ${trace.toString(16)}`);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ runs: cells, invariantsBroken: broken, unitsPerSecond, seed: options.seed, trace: trace.toString(16) })}\n`,
    );
  process.exitCode = broken === 0 ? 0 : 1;
}

function lineOf(cell: Cell): string {
  const rate = (value: number) => (value === 0 ? "0" : value.toExponential(1));
  const columns = [
    cell.adversary.padEnd(13),
    `${(100 * cell.workByCheats).toFixed(1)} %`.padStart(14),
    cell.executionsPerUnit.toFixed(3).padStart(17),
    rate(cell.acceptedWrong).padStart(16),
    rate(cell.acceptedWrong95).padStart(12),
    String(cell.honestRefused).padStart(17),
    rate(cell.creditWrong).padStart(14),
    String(cell.failed).padStart(14),
    `${(100 * cell.audited).toFixed(1)} %`.padStart(9),
    cell.auditorShare.toFixed(3).padStart(16),
    String(cell.honestProven).padStart(21),
    String(cell.banned).padStart(15),
  ];
  return columns.join("");
}
