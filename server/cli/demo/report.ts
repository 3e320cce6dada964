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
  /** Of a liar: alone, or with another one who tells the same. */
  lies?: "alone" | "together";
  credit: number;
  accepted: number;
  refused: number;
}

/** What the coordinator's own auditor did. */
export interface DemoAudits {
  /** Units that it computed again. */
  audited: number;
  /** Units on which both accomplices told the same lie: a quorum alone would have taken it for the result. */
  agreedLies: number;
}

export interface DemoReport {
  jobs: DemoJob[];
  volunteers: DemoVolunteer[];
  audits: DemoAudits;
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
  const [alone, together] = (["alone", "together"] as const).map((lies) => liars.filter((liar) => liar.lies === lies));
  const { audited, agreedLies } = report.audits;
  return [
    ...report.jobs.map(({ name, units, verified }) => ({ says: `${name}: all ${units} units are verified`, holds: verified === units })),
    ...report.jobs.map(({ name, matchesReference }) => ({ says: `${name}: the answer is the public reference`, holds: matchesReference })),
    { says: "two honest volunteers worked", holds: honest.length === 2 && honest.every(({ accepted }) => accepted > 0) },
    { says: "no honest result was refused", holds: honest.every(({ refused: lost }) => lost === 0) && strangers === 0 },
    { says: `the liar was caught in ${refusedOf(alone)} results`, holds: alone?.length === 1 && refusedOf(alone) > 0 },
    {
      says: `the two accomplices told the same lie of ${agreedLies} units, which a quorum alone would have taken for the result; the auditor, which computed ${audited} units again, caught all of them`,
      holds: together?.length === 2 && agreedLies > 0 && audited >= agreedLies,
    },
    { says: "no liar has credit or anything accepted", holds: liars.every(({ credit, accepted }) => credit === 0 && accepted === 0) },
  ];
}

function refusedOf(volunteers: readonly DemoVolunteer[] = []): number {
  return volunteers.reduce((total, { refused }) => total + refused, 0);
}

export function printReport(report: DemoReport, claims: readonly Claim[], answers: ReadonlyMap<string, string>): void {
  printStyled(`\n${colours.bold("Jobs")}`);
  for (const { name, units, verified, executionsPerUnit } of report.jobs) {
    const executions = executionsPerUnit.toFixed(2);
    print(`  ${name.padEnd(18)} ${verified} of ${units} units verified, ${executions} executions a unit   ${answers.get(name) ?? ""}`);
  }
  printStyled(`\n${colours.bold("Volunteers")}`);
  for (const { id, kind, lies, credit, accepted, refused } of report.volunteers) {
    print(
      `  ${id}  ${(lies === "together" ? "accomplice" : kind).padEnd(10)}  credit ${credit.toFixed(4).padStart(9)}  ${accepted} accepted, ${refused} refused`,
    );
  }
  printStyled(`\n${colours.bold("What holds")}`);
  for (const { says, holds } of claims) printStyled(`  ${holds ? colours.green("✓") : colours.red("✗")} ${says}`);
}
