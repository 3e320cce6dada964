/** A job whose volunteers do not agree: what its owner is told while its units use up their replicas, or while nobody is left to decide. */
import { counted } from "../../shared/counted.ts";
import type { UnitIndex } from "../../shared/ids.ts";
import { mayBeOne } from "./cluster.ts";
import type { HostFacts } from "./events.ts";
import { isAlike, isUnread } from "./likeness.ts";
import { meets } from "./needs.ts";
import type { CoreState, Job, OpenUnit, Replica } from "./state.ts";

/** Open units that are looked at, the oldest first: of a job that never agrees these are the ones that are stuck. */
const LOOKED_AT = 64;
/** Two answers differ where one volunteer cheats; of so many not two are equal when the kernel is at fault. */
const MIN_ANSWERS = 3;
/** One volunteer's numbers may not be finite where its GPU, or it, is at fault. */
const MIN_REFUSED = 2;

const CAUSES = "look in the kernel for a race, floats that GPUs round differently, or reads and writes out of bounds";
const TOLERANT_CAUSES =
  "look in the kernel for a race, or reads and writes out of bounds; or GPUs differ by more than its tolerance allows";
const FINITE =
  'NaN and infinities are refused: mend the kernel, or submit it anew with "nonFinite": "allow" in the output\'s compare, or in verify.compare';

/**
 * Words for the job's status, or "" when no unit of the first few has many answers of which no two are equal, nor different ones
 * that none of `volunteers`, those who are connected, could decide between.
 */
export function disagreement(state: CoreState, job: Job, volunteers: Iterable<HostFacts>): string {
  let stuck = "";
  let able: HostFacts[] | undefined;
  let looked = 0;
  const causes = job.spec.tolerant ? TOLERANT_CAUSES : CAUSES;
  for (const [unit, open] of job.open) {
    if (++looked > LOOKED_AT) break;
    const votes = open.replicas.filter(({ counted }) => counted);
    const refused = open.replicas.filter(({ digest }) => isAlike(open, digest, digest) === false && !isUnread(open, digest)).length;
    if (refused >= MIN_REFUSED) return `${counted(refused, "volunteer")} gave numbers for unit ${unit} that are not finite: ${FINITE}`;
    const answers = answersIn(open, votes);
    if (answers === votes.length && answers >= MIN_ANSWERS) return `${told(votes.length, answers, unit)}: ${causes}`;
    if (stuck !== "" || answers < 2 || open.hold === "due" || job.pages.holderCount(unit) > 0) continue;
    able ??= [...volunteers].filter((host) => meets(job.spec.requires, host));
    if (able.some((host) => isNew(state, job, host, open))) continue;
    stuck = `${told(votes.length, answers, unit)}, and nobody else who could decide is connected: one more volunteer has to come. If they go on to differ, ${causes}`;
  }
  return stuck;
}

/** Votes that are known to be unlike all that came before them. */
function answersIn(open: OpenUnit, votes: readonly Replica[]): number {
  if (!open.distances) return new Set(votes.map(({ digest }) => digest)).size;
  return votes.filter((vote, at) => votes.slice(0, at).every((before) => isAlike(open, before.digest, vote.digest) === false)).length;
}

/** Has no replica of the unit, and may not be one of those who have. */
function isNew(state: CoreState, job: Job, host: HostFacts, { replicas }: OpenUnit): boolean {
  return !replicas.some((replica: Replica) => mayBeOne(state, job, host, replica));
}

function told(votes: number, answers: number, unit: UnitIndex): string {
  return `${counted(votes, "volunteer")} gave ${counted(answers, "different answer")} for unit ${unit}`;
}
