/** A job whose volunteers never agree: what its owner is told while its units use up their replicas. */
import type { UnitIndex } from "../../shared/ids.ts";
import type { Job, OpenUnit } from "./state.ts";

/** Open units that are looked at, the oldest first: of a job that never agrees these are the ones that are stuck. */
const LOOKED_AT = 64;
/** Two answers differ where one volunteer cheats; of so many not two are equal when the kernel is at fault. */
const MIN_ANSWERS = 3;

/** Words for the job's status, or "" when no unit of the first few has many answers of which no two are equal. */
export function disagreement(job: Job): string {
  let looked = 0;
  for (const [unit, open] of job.open) {
    if (++looked > LOOKED_AT) break;
    const answers = differentAnswers(open);
    if (answers >= MIN_ANSWERS) return wordsOf(unit, answers);
  }
  return "";
}

/** Votes of the unit when no two of them are equal, else 0. */
function differentAnswers(open: OpenUnit): number {
  const votes = open.replicas.filter(({ counted }) => counted);
  return new Set(votes.map(({ digest }) => digest)).size === votes.length ? votes.length : 0;
}

function wordsOf(unit: UnitIndex, answers: number): string {
  const causes = "a race, floats that GPUs round differently, or reads and writes out of bounds";
  return `${answers} volunteers gave ${answers} different answers for unit ${unit}: look in the kernel for ${causes}`;
}
