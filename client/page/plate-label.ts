/** The picture's facts in words, for whoever does not see it. */
import { count } from "./numbers.ts";
import { finalOf, isLent, mineOf, momentOf, type Situation, waitingOf } from "./situation.ts";
import { settledWord } from "./tier-words.ts";

export function plateLabel(situation: Situation): string {
  const { job } = situation;
  if (!job) return "No job to show";
  const counts: [number, string][] = [
    [mineOf(situation), "yours"],
    [runningOf(situation), "running"],
    [waitingOf(situation), "waiting"],
  ];
  const own = counts.filter(([value]) => value > 0).map(([value, word]) => `${count(value)} ${word}`);
  return [`${count(finalOf(situation))} of ${count(job.units.total)} units ${settledWord(job)}`, ...own].join(", ");
}

/** What makes the label another one at once: another job or moment, the squares are known, the first of one's own is there or the last is gone. */
export function labelKey(situation: Situation): string {
  const { job, seen } = situation;
  const own = [mineOf(situation), runningOf(situation), waitingOf(situation)].map((value) => value > 0);
  return [job?.id, job?.state, seen?.job, momentOf(situation).kind, ...own].join(" ");
}

function runningOf(situation: Situation): number {
  return isLent(situation) ? (situation.donor?.running ?? 0) : 0;
}
