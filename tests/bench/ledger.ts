/** Checks that what was acknowledged is what the coordinator has: a bench of a server that loses work measures nothing. */
import type { Static } from "typebox";
import type { VolunteerListSchema } from "../../shared/api.ts";
import type { Tally } from "./crowd.ts";
import { CREDIT_PER_UNIT, type Owner, QUORUM, statusOf } from "./job.ts";

export interface Ledger {
  /** Replicas that were acknowledged as recorded. */
  acknowledged: number;
  /** Units that are final. */
  final: number;
  /** Credit of all volunteers, final. */
  credit: number;
}

/**
 * Compares the sums of everything that was done on `owner`'s coordinator, all of it in `jobs`, with what it says. Throws
 * when a result was answered otherwise than `recorded`, or when a sum differs.
 */
export async function checkLedger(owner: Owner, jobs: readonly number[], tallies: readonly Tally[]): Promise<Ledger> {
  const submitted = sum(tallies.map((tally) => tally.submitted));
  const acknowledged = sum(tallies.map((tally) => tally.verdicts.recorded));
  const statuses = await Promise.all(jobs.map((job) => statusOf(owner, job)));
  const final = sum(statuses.map(({ units }) => units.final));
  const response = await fetch(`${owner.url}/api/volunteers`);
  if (!response.ok) throw new Error(`the volunteers could not be read: ${response.status}`);
  const { volunteers } = (await response.json()) as Static<typeof VolunteerListSchema>;
  const credit = sum(volunteers.map((volunteer) => volunteer.credit.final));
  const escrow = sum(volunteers.map((volunteer) => volunteer.credit.escrow));
  expectSame("results submitted, and acknowledged as recorded", submitted, acknowledged);
  expectSame("replicas acknowledged, and counted by the jobs", acknowledged, sum(statuses.map(({ replicas }) => replicas.counted)));
  expectSame("replicas acknowledged, and in the volunteers' totals", acknowledged, sum(volunteers.map(({ units }) => units.submitted)));
  expectSame("credit of final units, and of the volunteers", final * QUORUM * CREDIT_PER_UNIT, credit);
  expectSame("credit of open replicas, and in escrow", (acknowledged - final * QUORUM) * CREDIT_PER_UNIT, escrow);
  return { acknowledged, final, credit };
}

function expectSame(what: string, one: number, other: number): void {
  if (one !== other) throw new Error(`the counts do not add up: ${what}: ${one} and ${other}`);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
