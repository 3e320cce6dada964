/** Entry of `npm run sim`: the production core among honest people and cheats, on a virtual clock. */
import { Command, InvalidArgumentError, Option } from "commander";
import { SAMPLE_SLICES, WHOLE_SHARE } from "../../server/core/sampling.ts";
import { DEFAULT_AUDIT_SHARE } from "../../server/core/state.ts";
import { NEWCOMER_SLICES } from "../../shared/checks.ts";
import { ADVERSARIES, CHECKER_PRICE, SLICES } from "./adversaries.ts";
import { type Cell, runCell, SeedFailed } from "./cell.ts";
import { freshKeyLines } from "./fresh-keys.ts";
import type { AuditOptions } from "./network.ts";
import { tooFew } from "./scale.ts";
import { isBoinc, isCheckedAlone, TIERS, type Tier } from "./server.ts";
import { signOfLife } from "./sign-of-life.ts";

interface Options {
  tier: Tier;
  adversary: string;
  f: number[];
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

const share = number(0, 0.9, false);
const shares = (text: string) => text.split(",").map(share);

const program = new Command("npm run sim --")
  .description("The production scheduler and verification among honest people and cheats, on a virtual clock.")
  .addOption(
    new Option(
      "--tier <tier>",
      "how results are verified; tolerant: by a quorum of results that differ from machine to machine, within a tolerance; checker: by an auditor that runs the job's own checker over each result, sampled: by one that runs some slices again, or by the quorum while it is behind; boinc, boinc-adaptive: replication and adaptive replication as BOINC has them, to compare with",
    )
      .choices(TIERS)
      .default("quorum"),
  )
  .addOption(new Option("--adversary <kind>", "who the cheats are").choices([...Object.keys(ADVERSARIES), "all"]).default("all"))
  .option("--f <shares>", "share of hosts that cheat; several, as 0.01,0.1, have a table each", shares, [0.1])
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
  .parse();
const options = program.opts<Options>();

const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`);
if (isBoinc(options.tier) && (options.audit !== undefined || options.check))
  program.error(`error: with --tier ${options.tier} there is no auditor (--audit), and no invariant of ours to look at (--check).`);
if (options.freshKeys) for (const line of freshKeyLines()) say(line);
else simulate();

function simulate(): void {
  const all = Object.keys(ADVERSARIES).filter((name) => isMet(name, options.tier));
  const names = options.adversary === "all" ? all : [options.adversary];
  const auditShare = options.audit ?? (isCheckedAlone(options.tier) ? DEFAULT_AUDIT_SHARE : undefined);
  const audit = auditShare === undefined ? null : { share: auditShare, unitMs: options.auditorMs };
  const run = { cells: [] as Cell[], broken: 0, trace: 0 };
  const begun = process.cpuUsage();
  for (const line of introduction(audit)) say(line);
  for (const name of names) say(`${name.padEnd(13)}${ADVERSARIES[name]?.does}`);
  for (const f of options.f) {
    say(`${f * 100} % of hosts cheat`);
    say(
      "adversary    work by cheats  executions/unit  accepted wrong  95 % below   honest refused  credit wrong  failed units  audited  auditor's part  honest proven wrong  cheats banned",
    );
    for (const adversary of names) {
      try {
        const { tier, units, seeds, seed: firstSeed, seats, quorum, check = false } = options;
        const cell = runCell(
          { tier, adversary, f, units, seeds, firstSeed, seats, quorum, audit, check },
          {
            onSeed: (each) => {
              run.trace = (Math.imul(run.trace, 31) + each) >>> 0;
            },
            onStep: signOfLife(adversary, units),
          },
        );
        run.cells.push(cell);
        say(lineOf(cell));
      } catch (error) {
        if (!(error instanceof SeedFailed)) throw error;
        run.broken++;
        say(`${adversary.padEnd(13)}✗ ${error.message}`);
      }
    }
  }
  const { user, system } = process.cpuUsage(begun);
  const final = run.cells.reduce((sum, { units }) => sum + units, 0);
  const unitsPerSecond = Math.round(final / ((user + system) / 1e6));
  const trace = run.trace.toString(16);
  say(`${final.toLocaleString("en")} units, ${unitsPerSecond.toLocaleString("en")} a second of a core; trace ${trace}`);
  const few = tooFew(options.units, options.seeds, options.seats);
  if (few) say(few);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ runs: run.cells, invariantsBroken: run.broken, unitsPerSecond, seed: options.seed, trace })}\n`,
    );
  process.exitCode = run.broken === 0 ? 0 : 1;
}

/** Others are as one that is. */
function isMet(name: string, tier: Tier): boolean {
  const { isOfSlices = false, isOfChecker = false } = ADVERSARIES[name] ?? {};
  return (tier === "sampled" || !isOfSlices) && (tier === "checker" || !isOfChecker);
}

function introduction(audit: AuditOptions | null): string[] {
  const { tier, quorum, seats, seeds, seed } = options;
  return [
    ...(tier === "checker"
      ? [
          `each unit computed once; its checker judges the result for ${CHECKER_PRICE} of an execution, ${WHOLE_SHARE * 100} % of units are computed whole`,
        ]
      : []),
    ...(tier === "sampled"
      ? [
          `each unit computed once; ${SAMPLE_SLICES} of its ${SLICES} slices run again, ${NEWCOMER_SLICES} of a newcomer's, ${WHOLE_SHARE * 100} % of units whole`,
        ]
      : []),
    ...(tier === "tolerant"
      ? ["results differ from machine to machine, all of them within the tolerance, and are compared as they come"]
      : []),
    ...(isBoinc(tier) ? [`a model of BOINC's ${tier === "boinc" ? "replication" : "adaptive replication"}, not our coordinator`] : []),
    `quorum of ${quorum}${isCheckedAlone(tier) ? " while the auditor is behind" : ""}, ${seats} hosts at a time, ${seeds} seeds from ${seed}`,
    audit ? `an auditor looks at ${audit.share * 100} % of agreements, ${audit.unitMs} ms a unit` : "no auditor",
    "accepted wrong: of units that became final; 95 % below: the rate is below this in 19 of 20 such runs. What it means is in docs/threat-model.md.",
  ];
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
