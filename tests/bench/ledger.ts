/** Checks that what was acknowledged is what the coordinator has: a bench of a server that loses work measures nothing. */
import type { Static } from "typebox";
import type { VolunteerListSchema } from "../../shared/api.ts";
import type { Tally } from "./crowd.ts";
import { CREDIT_PER_UNIT, type Owner, QUORUM, statusOf } from "./job.ts";

export interface Acknowledged {
  /** Replicas that were answered by `recorded`. */
  replicas: number;
  /** Units that are final. */
  final: number;
}

/**
 * Compares everything that was done on `owner`'s coordinator, all of it in `jobs`, with what the jobs have. Throws when a
 * result was answered otherwise than `recorded`, or when a sum differs.
 */
export async function checkJobs(
  owner: Owner,
  jobs: readonly number[],
  tallies: readonly Pick<Tally, "submitted" | "verdicts">[],
): Promise<Acknowledged> {
  const replicas = sum(tallies.map((tally) => tally.verdicts.recorded));
  const statuses = await Promise.all(jobs.map((job) => statusOf(owner, job)));
  expectSame("results submitted, and acknowledged as recorded", sum(tallies.map((tally) => tally.submitted)), replicas);
  expectSame("replicas acknowledged, and counted by the jobs", replicas, sum(statuses.map((status) => status.replicas.counted)));
  return { replicas, final: sum(statuses.map(({ units }) => units.final)) };
}

/** Compares what was acknowledged with the volunteers' totals; good for as many volunteers as the API lists, 1,000. */
export async function checkCredit(owner: Owner, { replicas, final }: Acknowledged): Promise<void> {
  const response = await fetch(`${owner.url}/api/volunteers`);
  if (!response.ok) throw new Error(`the volunteers could not be read: ${response.status}`);
  const { volunteers } = (await response.json()) as Static<typeof VolunteerListSchema>;
  const credit = (kind: "final" | "escrow") => sum(volunteers.map((volunteer) => volunteer.credit[kind]));
  expectSame("replicas acknowledged, and in the volunteers' totals", replicas, sum(volunteers.map(({ units }) => units.submitted)));
  expectSame("credit of final units, and of the volunteers", final * QUORUM * CREDIT_PER_UNIT, credit("final"));
  expectSame("credit of open replicas, and in escrow", (replicas - final * QUORUM) * CREDIT_PER_UNIT, credit("escrow"));
}

function expectSame(what: string, one: number, other: number): void {
  if (one !== other) throw new Error(`the counts do not add up: ${what}: ${one} and ${other}`);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
