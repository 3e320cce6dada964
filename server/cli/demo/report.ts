/** What the demo found: the line that `--json` ends with, and the same for people. */
import colours from "picocolors";
import { print, printStyled } from "../print.ts";

export interface DemoJob {
  name: string;
  units: number;
  verified: number;
  matchesReference: boolean;
  executionsPerUnit: number;
}

export interface DemoVolunteer {
  id: string;
  kind: "honest" | "liar";
  credit: number;
  accepted: number;
  refused: number;
}

export interface DemoReport {
  jobs: DemoJob[];
  volunteers: DemoVolunteer[];
  seconds: number;
}

interface Claim {
  says: string;
  holds: boolean;
}

/** What must be true for the demo to have succeeded; `strangers`: refused replicas that were not the liar's. */
export function claimsOf(report: DemoReport, strangers: number): Claim[] {
  const honest = report.volunteers.filter(({ kind }) => kind === "honest");
  const liars = report.volunteers.filter(({ kind }) => kind === "liar");
  const refused = liars.reduce((total, liar) => total + liar.refused, 0);
  return [
    ...report.jobs.map(({ name, units, verified }) => ({ says: `${name}: all ${units} units are verified`, holds: verified === units })),
    ...report.jobs.map(({ name, matchesReference }) => ({ says: `${name}: the answer is the public reference`, holds: matchesReference })),
    { says: "two honest volunteers worked", holds: honest.length === 2 && honest.every(({ accepted }) => accepted > 0) },
    { says: "no honest result was refused", holds: honest.every(({ refused: lost }) => lost === 0) && strangers === 0 },
    { says: `the liar was caught in ${refused} results`, holds: liars.length === 1 && refused > 0 },
    { says: "the liar has no credit and nothing accepted", holds: liars.every(({ credit, accepted }) => credit === 0 && accepted === 0) },
  ];
}

export function printReport(report: DemoReport, claims: readonly Claim[], answers: ReadonlyMap<string, string>): void {
  printStyled(`\n${colours.bold("Jobs")}`);
  for (const { name, units, verified, executionsPerUnit } of report.jobs) {
    const executions = executionsPerUnit.toFixed(2);
    print(`  ${name.padEnd(18)} ${verified} of ${units} units verified, ${executions} executions a unit   ${answers.get(name) ?? ""}`);
  }
  printStyled(`\n${colours.bold("Volunteers")}`);
  for (const { id, kind, credit, accepted, refused } of report.volunteers) {
    print(`  ${id}  ${kind.padEnd(6)}  credit ${credit.toFixed(4).padStart(9)}  ${accepted} accepted, ${refused} refused`);
  }
  printStyled(`\n${colours.bold("What holds")}`);
  for (const { says, holds } of claims) printStyled(`  ${holds ? colours.green("✓") : colours.red("✗")} ${says}`);
}
